package routing

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskbell/app/desk"
)

// shop is a desk with its routing behind it.
type shop struct {
	*desk.Desk
	t      testing.TB
	admin  desk.Actor
	widget *desk.Inbox
	heard  atomic.Int64 // the last event that routing has taken
	at     atomic.Int64 // the clock, in milliseconds
	tick   atomic.Int64 // how far it goes on each time that it is asked
	agents map[string]desk.Actor
}

func open(t testing.TB) *shop {
	t.Helper()
	s := unrouted(t)
	r := New(s.Desk)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- s.Follow(ctx, "routing", func(ctx context.Context, e desk.Event) error {
			err := r.React(ctx, e)
			if err == nil {
				s.heard.Store(int64(e.ID))
			}
			return err
		})
	}()
	t.Cleanup(func() {
		stop()
		s.must(<-done)
	})
	return s
}

// unrouted is a desk whose routing hears nothing.
func unrouted(t testing.TB) *shop {
	t.Helper()
	d, err := desk.Open(t.Context(), t.TempDir(), desk.Key{1}, slog.New(slog.DiscardHandler))
	s := &shop{Desk: d, t: t, agents: map[string]desk.Actor{}}
	s.must(err)
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	s.at.Store(time.Date(2026, 4, 13, 2, 0, 0, 0, time.UTC).UnixMilli()) // a Monday, 10:00 in Hangzhou
	s.tick.Store(1)
	d.Clock = func() time.Time { return time.UnixMilli(s.at.Add(s.tick.Load())) }
	admin, err := d.SetUp(t.Context(), desk.System, desk.Setup{Company: desk.Company{Name: "西湖茶社", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	s.must(err)
	s.admin = admin.Actor()
	s.widget, err = d.SaveInbox(t.Context(), s.admin, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	s.must(err)
	t.Cleanup(func() { s.must(d.Close()) })
	return s
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// settle waits until routing has heard everything, also what it did itself.
func (s *shop) settle() {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		last, err := s.LastEvent(context.Background())
		s.must(err)
		if int64(last) == s.heard.Load() {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("routing stands at event %d of %d", s.heard.Load(), last)
		}
	}
}

// agent is one who is online.
func (s *shop) agent(name string, capacity int) desk.Actor {
	s.t.Helper()
	ctx := context.Background()
	a, err := s.CreateAgent(ctx, s.admin, desk.NewAgent{Email: name + "@tea.example", Name: name, Role: desk.Crew})
	s.must(err)
	_, err = s.ChangeAgent(ctx, s.admin, a.ID, desk.AgentChange{Capacity: &capacity})
	s.must(err)
	s.must(s.Connected(ctx, desk.System, a.ID, true))
	s.agents[name] = a.Actor()
	return a.Actor()
}

func (s *shop) team(name, assignment string, members ...desk.Actor) *desk.Team {
	s.t.Helper()
	in := desk.Team{Name: name, Assignment: assignment}
	for _, m := range members {
		in.MemberIDs = append(in.MemberIDs, m.Agent())
	}
	t, err := s.SaveTeam(context.Background(), s.admin, in)
	s.must(err)
	return t
}

func (s *shop) bind(team desk.TeamID, change ...func(*desk.Routing)) {
	s.t.Helper()
	rules := desk.Routing{Order: desk.Bindings, DefaultTeamID: team}
	for _, c := range change {
		c(&rules)
	}
	s.must(s.SaveRouting(context.Background(), s.admin, rules, nil))
}

// writes is a new visitor's first message.
func (s *shop) writes(visit desk.Visit) desk.ConversationID {
	s.t.Helper()
	ctx := context.Background()
	visit.InboxID = s.widget.ID
	_, c, err := s.Enter(ctx, desk.System, visit)
	s.must(err)
	m, err := s.Receive(ctx, desk.AsCustomer(c.ID), desk.Incoming{InboxID: s.widget.ID, Text: "你好"})
	s.must(err)
	return m.ConversationID
}

// with tells who has a conversation, "" when it waits.
func (s *shop) with(id desk.ConversationID) string {
	s.t.Helper()
	c, err := s.Conversation(context.Background(), desk.System, id)
	s.must(err)
	if c.Status == "waiting" {
		return ""
	}
	return c.AssigneeName
}

func (s *shop) is(id desk.ConversationID, name string) {
	s.t.Helper()
	s.settle()
	if got := s.with(id); got != name {
		s.t.Errorf("conversation %d is with %q, want %q", id, got, name)
	}
}

func TestQueueMovesWhenSomebodyGetsRoom(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo, mei := s.agent("Bo", 1), s.agent("Mei", 0)
	s.bind(s.team("Tea", "auto", bo, mei).ID)
	first := s.writes(desk.Visit{})
	if got := s.with(first); got != "Bo" { // without waiting for anything: in the transaction that stored the message
		t.Errorf("the first message found %q", got)
	}
	second, third, fourth, fifth, sixth := s.writes(desk.Visit{}), s.writes(desk.Visit{}), s.writes(desk.Visit{}), s.writes(desk.Visit{}), s.writes(desk.Visit{})
	s.is(second, "")
	one := 1
	_, err := s.ChangeAgent(ctx, s.admin, mei.Agent(), desk.AgentChange{Capacity: &one})
	s.must(err)
	s.is(second, "Mei") // 0 to 1
	_, err = s.CloseConversation(ctx, bo, first)
	s.must(err)
	s.is(third, "Bo")
	tao := s.agent("Tao", 3)
	s.is(fourth, "")
	_, err = s.ChangeAgent(ctx, s.admin, tao.Agent(), desk.AgentChange{TeamIDs: &[]desk.TeamID{1}})
	s.must(err)
	s.is(fourth, "Tao") // joined the team
	s.is(fifth, "Tao")
	s.is(sixth, "Tao")
	_, err = s.SetPresence(ctx, tao, tao.Agent(), "busy")
	s.must(err)
	seventh := s.writes(desk.Visit{})
	s.is(seventh, "")
	_, err = s.SetPresence(ctx, tao, tao.Agent(), "online")
	s.must(err)
	s.is(seventh, "") // he is full
	_, err = s.Assign(ctx, tao, fifth, 0, bo.Agent())
	s.must(err)
	s.is(seventh, "Tao")
	s.is(fifth, "Bo") // by hand, over his capacity
}

func TestVIPGoFirst(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo := s.agent("Bo", 0)
	s.bind(s.team("Tea", "auto", bo).ID)
	first, second := s.writes(desk.Visit{}), s.writes(desk.Visit{})
	c, err := s.Conversation(ctx, s.admin, second)
	s.must(err)
	vip, one := true, 1
	_, err = s.ChangeCustomer(ctx, s.admin, c.CustomerID, desk.CustomerChange{VIP: &vip})
	s.must(err)
	_, err = s.ChangeAgent(ctx, s.admin, bo.Agent(), desk.AgentChange{Capacity: &one})
	s.must(err)
	s.is(second, "Bo")
	s.is(first, "")
}

// What happened has not been heard yet when a conversation is placed: whoever waits before it is served first all the same.
func TestNobodyIsPassedInTheQueue(t *testing.T) {
	s, ctx := unrouted(t), t.Context()
	r := New(s.Desk)
	bo := s.agent("Bo", 0)
	s.bind(s.team("Tea", "auto", bo).ID)
	want := func(who string, ids ...desk.ConversationID) {
		t.Helper()
		for _, id := range ids {
			if got := s.with(id); got != who {
				t.Errorf("conversation %d is with %q, want %q", id, got, who)
			}
		}
	}
	room := func(n int) {
		t.Helper()
		_, err := s.ChangeAgent(ctx, s.admin, bo.Agent(), desk.AgentChange{Capacity: &n})
		s.must(err)
	}
	first, second, third := s.writes(desk.Visit{}), s.writes(desk.Visit{}), s.writes(desk.Visit{})
	c, err := s.Conversation(ctx, s.admin, third)
	s.must(err)
	vip := true
	_, err = s.ChangeCustomer(ctx, s.admin, c.CustomerID, desk.CustomerChange{VIP: &vip})
	s.must(err)
	room(1)
	s.must(r.React(ctx, desk.Event{Name: desk.ConversationCreated, ConversationID: first}))
	want("Bo", third)
	want("", first, second)
	room(2)
	fourth := s.writes(desk.Visit{})
	want("Bo", first)
	want("", second, fourth)
	room(4)
	fifth := s.writes(desk.Visit{})
	want("Bo", second, fourth)
	want("", fifth)
	room(5)
	want("Bo", s.writes(desk.Visit{Agent: "Bo"})) // whom the page names goes before everything
}

func TestTheFairShare(t *testing.T) {
	s := open(t)
	var all []desk.Actor
	for i := range 4 {
		all = append(all, s.agent(fmt.Sprint("A", i), 50))
	}
	s.bind(s.team("Tea", "auto", all...).ID)
	share := map[string]int{}
	for range 40 {
		share[s.with(s.writes(desk.Visit{}))]++
	}
	for _, a := range all {
		if share[a.Name] != 10 {
			t.Errorf("shares %v", share)
			break
		}
	}
}

func TestNamedAgent(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo, mei := s.agent("Bo", 1), s.agent("Mei", 5)
	team := s.team("Tea", "auto", bo, mei)
	s.bind(team.ID)
	for range 3 {
		s.is(s.writes(desk.Visit{Agent: "bo@tea.example"}), "Bo") // judge overload is off: over his capacity
	}
	s.bind(team.ID, func(r *desk.Routing) { r.JudgeOverload = true })
	waits := s.writes(desk.Visit{Agent: "Bo"})
	s.is(waits, "")
	s.is(s.writes(desk.Visit{Agent: "nobody of this name"}), "Mei")
	_, err := s.SetPresence(ctx, bo, bo.Agent(), "offline")
	s.must(err)
	s.is(waits, "Mei") // he went home: it is his team's

	lu := s.agent("Lu", 0) // in no team, and full
	his := s.writes(desk.Visit{Agent: "Lu"})
	queue, err := s.Queue(ctx, lu, desk.QueueList{})
	s.must(err)
	if len(queue) != 1 || queue[0].ID != his || !s.lists(lu, his) {
		t.Errorf("%d wait in Lu's queue; what waits for him is in his list: %v", len(queue), s.lists(lu, his))
	}
}

func TestGrabHasOneWinner(t *testing.T) {
	s, ctx := open(t), t.Context()
	var crew []desk.Actor
	for i := range 8 {
		crew = append(crew, s.agent(fmt.Sprint("A", i), 10))
	}
	outsider := s.agent("Outsider", 10)
	s.bind(s.team("Tea", "grab", crew...).ID)
	for range 20 {
		id := s.writes(desk.Visit{})
		var wins, losses atomic.Int64
		var wg sync.WaitGroup
		for _, a := range crew {
			wg.Go(func() {
				_, err := s.Join(ctx, a, id)
				if err == nil {
					wins.Add(1)
				} else if e, ok := err.(*desk.Error); ok && e.Key == "error.grabbed" {
					losses.Add(1)
				}
			})
		}
		wg.Wait()
		if wins.Load() != 1 || losses.Load() != 7 {
			t.Fatalf("%d winners, %d told who was faster", wins.Load(), losses.Load())
		}
		c, err := s.Conversation(ctx, s.admin, id)
		s.must(err)
		for _, a := range crew {
			if _, err := s.Conversation(ctx, a, id); (err == nil) != (a.Agent() == c.AssigneeID) {
				t.Errorf("%s sees it: %v; it is %s's", a.Name, err, c.AssigneeName)
			}
			if s.lists(a, id) != (a.Agent() == c.AssigneeID) {
				t.Errorf("it stands in %s's list: %v; it is %s's", a.Name, s.lists(a, id), c.AssigneeName)
			}
		}
		if _, err := s.Join(ctx, outsider, id); err != desk.NotFound {
			t.Errorf("an outsider: %v", err)
		}
	}
}

// lists says whether a conversation stands in an agent's list of all.
func (s *shop) lists(by desk.Actor, id desk.ConversationID) bool {
	s.t.Helper()
	list, _, err := s.Conversations(s.t.Context(), by, desk.ConversationList{Kind: "chat", View: "all", Limit: 200})
	s.must(err)
	return slices.ContainsFunc(list, func(c *desk.Conversation) bool { return c.ID == id })
}

func TestOnlyInWorkHours(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo := s.agent("Bo", 5)
	late, err := s.SaveSchedule(ctx, s.admin, desk.Schedule{Name: "Afternoon", Week: [7][]desk.Span{1: {{From: 14 * 60, To: 18 * 60}}}}, true)
	s.must(err)
	team := s.team("Tea", "auto", bo)
	team.ScheduleID = late.ID
	_, err = s.SaveTeam(ctx, s.admin, *team)
	s.must(err)
	s.bind(team.ID, func(r *desk.Routing) { r.OnlyOpen = true })
	id := s.writes(desk.Visit{})
	s.is(id, "")
	s.at.Add((4 * time.Hour).Milliseconds()) // 14:00
	s.must((&Routing{s.Desk}).pullAll(ctx, desk.Event{}))
	s.is(id, "Bo")
}

func TestFullQueue(t *testing.T) {
	s, ctx := open(t), t.Context()
	team := s.team("Tea", "auto")
	s.bind(team.ID, func(r *desk.Routing) { r.QueueLimit, r.QueueSentence = 2, "茶农都在采茶" })
	first := s.writes(desk.Visit{})
	s.writes(desk.Visit{})
	_, c, err := s.Enter(ctx, desk.System, desk.Visit{})
	s.must(err)
	_, err = s.Receive(ctx, desk.AsCustomer(c.ID), desk.Incoming{InboxID: s.widget.ID, Text: "hello?"})
	if e, ok := err.(*desk.Error); !ok || e.Kind != desk.KindConflict || e.Key != "error.queue_full_because" || e.Args[0] != "茶农都在采茶" {
		t.Errorf("the third: %v", err)
	}
	_, err = s.CloseConversation(ctx, s.admin, first)
	s.must(err)
	s.writes(desk.Visit{})
}
