package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// shop is a tea shop with two agents and a widget: the fixture of the tests here.
type shop struct {
	*Desk
	t      testing.TB
	alice  Actor // admin
	bo     Actor
	widget *Inbox
	now    time.Time
}

func open(t testing.TB) *shop {
	t.Helper()
	s := unchecked(t)
	t.Cleanup(func() {
		if err := s.Check(context.Background()); err != nil {
			t.Errorf("the desk does not keep its promises: %v", err)
		}
	})
	return s
}

// unchecked is a shop that may break its promises.
func unchecked(t testing.TB) *shop {
	t.Helper()
	d, err := Open(t.Context(), t.TempDir(), Key{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if d.Hashing != hard {
		t.Errorf("passwords are hashed by %+v", d.Hashing)
	}
	d.Hashing = Hashing{Passes: 1, KiB: 8}
	s := &shop{Desk: d, t: t, now: time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)}
	d.Clock = func() time.Time { return s.now }
	alice, err := d.SetUp(t.Context(), System, Setup{Company: Company{Name: "西湖茶社", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	s.must(err)
	s.alice = alice.Actor()
	s.bo = s.agent("Bo", Crew)
	s.widget, err = d.SaveInbox(t.Context(), s.alice, SavedInbox{Channel: Webchat, Name: "Shop widget", Enabled: true, Settings: Widget{}})
	s.must(err)
	return s
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) agent(name string, role Role, teams ...TeamID) Actor {
	s.t.Helper()
	a, err := s.CreateAgent(context.Background(), s.alice, NewAgent{Email: name + "@tea.example", Name: name, Role: role, Password: "oolong and more " + name, TeamIDs: teams})
	s.must(err)
	return a.Actor()
}

func (s *shop) visitor() Actor {
	s.t.Helper()
	_, c, err := s.Enter(context.Background(), System, Visit{URL: "https://shop.example/"})
	s.must(err)
	return AsCustomer(c.ID)
}

func (s *shop) say(v Actor, text string) *Received {
	s.t.Helper()
	m, err := s.Receive(context.Background(), v, Incoming{InboxID: s.widget.ID, Text: text})
	s.must(err)
	return m
}

func (s *shop) names(id ConversationID) (names []EventName) {
	s.t.Helper()
	events, err := s.EventsAfter(context.Background(), System, 0, 1000)
	s.must(err)
	for _, e := range events {
		if e.ConversationID == id {
			names = append(names, e.Name)
		}
	}
	return names
}

func TestChatBothWays(t *testing.T) {
	s, ctx := open(t), t.Context()
	li := s.visitor()
	m := s.say(li, "你好，今年的明前龙井到货了吗？")
	if _, err := s.Reply(ctx, s.bo, m.ConversationID, Draft{Text: "early"}); !errors.Is(err, Conflict("error.join_first")) {
		t.Errorf("a reply before joining: %v", err)
	}
	c, err := s.Conversation(ctx, s.bo, m.ConversationID)
	s.must(err)
	if c.Status != "waiting" || c.Unread != 1 || c.Joined {
		t.Errorf("before joining: %+v", c)
	}
	c, err = s.Join(ctx, s.bo, c.ID)
	s.must(err)
	if c.Status != "open" || c.AssigneeID != s.bo.Agent() || !c.Joined {
		t.Errorf("after joining: %+v", c)
	}
	_, err = s.Reply(ctx, s.bo, c.ID, Draft{Text: "昨天刚到。", ClientID: "x1"})
	s.must(err)
	again, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "昨天刚到。", ClientID: "x1"})
	s.must(err)
	_, err = s.Reply(ctx, s.bo, c.ID, Draft{Text: "he asked last year too", Internal: true})
	s.must(err)
	_, err = s.CloseConversation(ctx, s.bo, c.ID)
	s.must(err)
	theirs, _, err := s.CustomerMessages(ctx, li, s.widget.ID, 0, 50)
	s.must(err)
	ours, _, err := s.Messages(ctx, s.bo, c.ID, MessageList{Limit: 50})
	s.must(err)
	kinds := func(list []*Message) (out string) {
		for _, m := range list {
			out += fmt.Sprintf("%d %s %s %s|", m.Seq, m.Kind, m.Direction, m.Visibility)
		}
		return out
	}
	if got, want := kinds(theirs), "1 text in public|2 event out public|3 text out public|5 event out public|"; got != want {
		t.Errorf("the visitor sees %s\nwant %s", got, want)
	}
	if got, want := kinds(ours), "1 text in public|2 event out public|3 text out public|4 text out internal|5 event out public|"; got != want {
		t.Errorf("the agent sees %s\nwant %s", got, want)
	}
	if again.Seq != 3 {
		t.Errorf("the same client id made message %d", again.Seq)
	}
	want := fmt.Sprint([]EventName{ConversationCreated, MessageReceived, MessageNoted, ConversationJoined, MessageSent, MessageWhispered, MessageNoted, ConversationClosed})
	if got := fmt.Sprint(s.names(c.ID)); got != want {
		t.Errorf("events %s\nwant %s", got, want)
	}
	if next := s.say(li, "再问一下"); next.ConversationID == c.ID {
		t.Error("a closed chat went on")
	}
}

func TestTheSameMessageIsStoredOnce(t *testing.T) {
	s, ctx := open(t), t.Context()
	li := s.visitor()
	var wg sync.WaitGroup
	ids := make([]MessageID, 40)
	for i := range ids {
		wg.Go(func() {
			m, err := s.Receive(ctx, li, Incoming{InboxID: s.widget.ID, Text: "hello", ClientID: "one"})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = m.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("ids %v", ids)
		}
	}
	if other := s.say(s.visitor(), "hello"); other.ID == ids[0] {
		t.Error("another visitor's message is not his own")
	}
}

func TestOthersSeeNothing(t *testing.T) {
	s, ctx := open(t), t.Context()
	m := s.say(s.visitor(), "secret")
	stranger := s.visitor()
	if _, err := s.Conversation(ctx, stranger, m.ConversationID); !errors.Is(err, NotFound) {
		t.Errorf("conversation: %v", err)
	}
	if _, _, err := s.Messages(ctx, stranger, m.ConversationID, MessageList{Limit: 10}); !errors.Is(err, NotFound) {
		t.Errorf("messages: %v", err)
	}
	if _, err := s.Message(ctx, stranger, m.ID); !errors.Is(err, NotFound) {
		t.Errorf("message: %v", err)
	}
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []AgentID{s.alice.Agent()}})
	s.must(err)
	_, err = s.Assign(ctx, s.alice, m.ConversationID, team.ID, 0)
	s.must(err)
	if _, err := s.Conversation(ctx, s.bo, m.ConversationID); !errors.Is(err, NotFound) {
		t.Errorf("an agent of no such team: %v", err)
	}
	if list, _, err := s.Conversations(ctx, s.bo, ConversationList{Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("his list: %d, %v", len(list), err)
	}
	if list, _, err := s.Conversations(ctx, s.alice, ConversationList{Limit: 10}); err != nil || len(list) != 1 {
		t.Errorf("the admin's list: %d, %v", len(list), err)
	}
}

func TestSetUpWorksOnce(t *testing.T) {
	d, err := Open(t.Context(), t.TempDir(), Key{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 20 {
		wg.Go(func() {
			_, err := d.SetUp(t.Context(), System, Setup{Company: Company{Name: "Tea", Locale: "en", TimeZone: "UTC"}, Name: "A", Email: fmt.Sprintf("a%d@tea.example", i), Password: "longjing before rain"})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, Conflict("error.already_set_up")) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d admins", won)
	}
}

func TestLogIn(t *testing.T) {
	s, ctx := open(t), t.Context()
	in := Credentials{Email: "ALICE@tea.example", Password: "longjing before rain", IP: "127.0.0.1"}
	token, a, err := s.LogIn(ctx, System, in)
	s.must(err)
	if a.Name != "Alice" {
		t.Errorf("logged in as %s", a.Name)
	}
	session, _, err := s.Session(ctx, System, token)
	s.must(err)
	in.Password += "x"
	_, _, wrong := s.LogIn(ctx, System, in)
	_, _, unknown := s.LogIn(ctx, System, Credentials{Email: "nobody@tea.example", Password: "x", IP: "127.0.0.1"})
	if wrong == nil || unknown == nil || wrong.Error() != unknown.Error() {
		t.Errorf("wrong %v, unknown %v", wrong, unknown)
	}
	s.must(s.EndSession(ctx, a.Actor(), session.ID))
	if _, _, err := s.Session(ctx, System, token); !errors.Is(err, Unauthorized) {
		t.Errorf("after log out: %v", err)
	}
	s.now = s.now.Add(time.Hour)
	in.Password = "longjing before rain"
	token, _, err = s.LogIn(ctx, System, in)
	s.must(err)
	s.now = s.now.Add(idleFor + time.Minute)
	if _, _, err := s.Session(ctx, System, token); !errors.Is(err, Unauthorized) {
		t.Errorf("after 12 idle hours: %v", err)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	s, ctx := open(t), t.Context()
	refused := 0
	for range 60 {
		if _, _, err := s.LogIn(ctx, System, Credentials{Email: "nobody@tea.example", Password: "x", IP: "127.0.0.9"}); errors.Is(err, &Error{Kind: KindTooMany, Key: "error.too_many_logins"}) {
			refused++
		}
	}
	if refused < 45 {
		t.Errorf("only %d of 60 tries were refused", refused)
	}
	s.now = s.now.Add(time.Minute)
	if _, _, err := s.LogIn(ctx, System, Credentials{Email: "alice@tea.example", Password: "longjing before rain", IP: "127.0.0.9"}); err != nil {
		t.Errorf("the owner, a minute later: %v", err)
	}
}

func TestPasswords(t *testing.T) {
	for password, ok := range map[string]bool{
		"short77": false, "password1234": false, "aaaaaaaaaaaa": false, "alice@tea.example": false, "woaini1314520": false,
		" leading space": true, "🍵🍵 tea for two 🫖": true, "Wz8#kq!mmv2e": true,
	} {
		var c check
		checkPassword(&c, password, "alice@tea.example")
		if got := c.err() == nil; got != ok {
			t.Errorf("%q: accepted %v, want %v", password, got, ok)
		}
	}
	long := "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!?0123456789 and the end counts too"
	hash := hard.hash(long)
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("it is kept as %s", hash)
	}
	if hard.verify(hash, long[:72]) || !hard.verify(hash, long) {
		t.Error("a password was cut at 72 bytes")
	}
}

// until waits for something that other goroutines do.
func (s *shop) until(what string, is func() bool) {
	s.t.Helper()
	for limit := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			s.t.Fatalf("%s: not within a minute", what)
		}
	}
}

func TestFollowersMissNothing(t *testing.T) {
	s := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var seen []EventID
	failed := 0
	done := make(chan error, 1)
	go func() {
		done <- s.Follow(ctx, "test", func(_ context.Context, e Event) error {
			mu.Lock()
			defer mu.Unlock()
			if e.Name == MessageReceived && failed < 2 {
				failed++
				return errors.New("not now")
			}
			seen = append(seen, e.ID)
			return nil
		})
	}()
	for range 20 {
		s.say(s.visitor(), "hello")
	}
	deadline, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	s.until("the follower", func() bool { _, begun := s.followers.Load("test"); return begun })
	s.must(s.Settle(deadline))
	cancel()
	s.must(<-done)
	for i, id := range seen {
		if id != EventID(i+1) {
			t.Fatalf("event %d came as number %d", id, i+1)
		}
	}
	last, err := s.LastEvent(t.Context())
	s.must(err)
	if EventID(len(seen)) != last {
		t.Errorf("%d of %d events", len(seen), last)
	}
}

func TestPresence(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo := s.bo.Agent()
	is := func(want string) {
		t.Helper()
		a, err := s.Agent(ctx, System, bo)
		s.must(err)
		if a.Presence != want {
			t.Errorf("%s, want %s", a.Presence, want)
		}
	}
	is("offline")
	if _, err := s.SetPresence(ctx, s.alice, bo, "online"); !errors.Is(err, Conflict("error.agent_offline", "Bo")) {
		t.Errorf("an offline agent was forced online: %v", err)
	}
	s.must(s.Connected(ctx, System, bo, true))
	is("online")
	_, err := s.SetPresence(ctx, s.bo, bo, "busy")
	s.must(err)
	s.must(s.Connected(ctx, System, bo, false))
	is("offline")
	s.must(s.Connected(ctx, System, bo, true))
	is("busy")
	_, err = s.SetPresence(ctx, s.alice, bo, "online")
	s.must(err)
	is("online")
	if _, err := s.SetPresence(ctx, s.bo, s.alice.Agent(), "away"); !errors.Is(err, Forbidden) {
		t.Errorf("an agent changed an admin's presence: %v", err)
	}
	s.must(s.NobodyConnected(ctx, System))
	is("offline")
}
