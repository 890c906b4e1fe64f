package notify

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// begun is when each test begins.
var begun = time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)

// shop is a tea shop whose agents are told things.
type shop struct {
	*desk.Desk
	t               *testing.T
	n               *Notify
	views           *view.Views
	offset          time.Duration
	alice, bo, chen desk.Actor // Alice is the admin
	widget          *desk.Inbox
	mu              sync.Mutex
	looking         map[desk.AgentID]bool
}

func open(t *testing.T) *shop {
	ctx := t.Context()
	s := &shop{t: t, looking: map[desk.AgentID]bool{}}
	var err error
	s.Desk, err = desk.Open(ctx, t.TempDir(), desk.Key{1}, slog.New(slog.DiscardHandler))
	s.must(err)
	s.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	t.Cleanup(func() {
		s.must(s.Check(context.Background()))
		s.Close()
	})
	s.Clock = func() time.Time {
		s.mu.Lock()
		defer s.mu.Unlock()
		return begun.Add(s.offset)
	}
	a, err := s.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "Tea", Locale: "en", TimeZone: "UTC"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	s.must(err)
	s.alice = a.Actor()
	s.bo, s.chen = s.agent("Bo"), s.agent("Chen")
	s.widget, err = s.SaveInbox(ctx, s.alice, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop widget", Enabled: true, Settings: desk.Widget{}})
	s.must(err)
	assets, err := view.NewAssets(fstest.MapFS{})
	s.must(err)
	s.views, err = view.New(os.DirFS("../../views"), assets)
	s.must(err)
	s.n = New(s.Desk, Options{Translate: s.views.T, Looking: func(id desk.AgentID) bool { return s.looking[id] }})
	return s
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) agent(name string) desk.Actor {
	s.t.Helper()
	a, err := s.CreateAgent(s.t.Context(), s.alice, desk.NewAgent{Email: name + "@tea.example", Name: name, Role: desk.Crew, Password: "oolong and more " + name})
	s.must(err)
	return a.Actor()
}

func (s *shop) say(text string) desk.ConversationID {
	s.t.Helper()
	name := "Maria"
	_, c, err := s.Enter(s.t.Context(), desk.System, desk.Visit{Profile: desk.CustomerChange{Name: &name}})
	s.must(err)
	m, err := s.Receive(s.t.Context(), desk.AsCustomer(c.ID), desk.Incoming{InboxID: s.widget.ID, Text: text})
	s.must(err)
	return m.ConversationID
}

// tell reads the whole log twice: the second time nobody hears anything new.
func (s *shop) tell() {
	s.t.Helper()
	for range 2 {
		events, err := s.EventsAfter(s.t.Context(), desk.System, 0, 1000)
		s.must(err)
		for _, e := range events {
			s.must(s.n.React(s.t.Context(), e))
		}
	}
}

// told are the sentences of an agent, the oldest first.
func (s *shop) told(by desk.Actor) (list []string) {
	s.t.Helper()
	all, _, err := s.Notifications(s.t.Context(), by, desk.NotificationList{Limit: 100})
	s.must(err)
	for _, n := range all {
		sentence, more := n.Say(func(key string, args ...any) string { return s.views.T("en", key, args...) })
		list = append([]string{strings.TrimSpace(sentence + " " + more)}, list...)
	}
	return list
}

func (s *shop) wantTold(by desk.Actor, want ...string) {
	s.t.Helper()
	if got := s.told(by); fmt.Sprint(got) != fmt.Sprint(want) {
		s.t.Errorf("%s was told\n  %q, want\n  %q", by.Name, got, want)
	}
}

func TestWhoIsTold(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, desk.Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []desk.AgentID{s.bo.Agent()}})
	s.must(err)
	id := s.say("hello")
	_, err = s.Assign(ctx, s.alice, id, team.ID, s.bo.Agent())
	s.must(err)
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "@Chen cannot see this, @Alice can; mail a@bo.example, @Boris", Internal: true})
	s.must(err)
	_, err = s.Bring(ctx, s.bo, id, s.chen.Agent())
	s.must(err)
	_, err = s.Assign(ctx, s.bo, id, team.ID, s.alice.Agent())
	s.must(err)
	_, err = s.ChangeAgent(ctx, s.alice, s.chen.Agent(), desk.AgentChange{Capacity: new(3)})
	s.must(err)
	s.tell()
	// The whisper was read after Chen had been brought in: by then he may see it.
	s.wantTold(s.bo, "Alice assigned Maria to you")
	s.wantTold(s.alice, "Bo mentioned you in a whisper: Maria", "Bo transferred Maria to you")
	s.wantTold(s.chen, "Bo mentioned you in a whisper: Maria", "Bo invited you to the conversation with Maria", "Alice changed your capacity to 3")
	s.must(s.ReadNotificationsOf(ctx, s.chen, id))
	if n, err := s.UnreadNotifications(ctx, s.chen); n != 1 || err != nil {
		t.Errorf("after opening the conversation %d are unread, %v", n, err)
	}
	mine, _, err := s.Notifications(ctx, s.bo, desk.NotificationList{Limit: 1})
	s.must(err)
	if _, err := s.ReadNotification(ctx, s.chen, mine[0].ID); !desk.IsNotFound(err) {
		t.Errorf("Chen read what Bo was told: %v", err)
	}
}

func TestNobodyHearsOfWhatHeMayNotSee(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, desk.Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []desk.AgentID{s.bo.Agent()}})
	s.must(err)
	id := s.say("hello")
	_, err = s.Assign(ctx, s.alice, id, team.ID, s.bo.Agent())
	s.must(err)
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "@Chen look", Internal: true})
	s.must(err)
	s.tell()
	s.wantTold(s.chen)
}

func TestMentions(t *testing.T) {
	agents := []*desk.Agent{{ID: 1, Name: "Bo"}, {ID: 2, Name: "Bo Lin"}, {ID: 3, Name: "陈晨"}}
	for text, want := range map[string]string{
		"@Bo look": "[1]", "@bo lin, look": "[2]", "@Bob": "[]", "ask @陈晨看一下": "[3]", "@@Bo and @陈晨": "[1 3]", "me@bo.example": "[1]", "no": "[]", "@": "[]",
	} {
		ids := []desk.AgentID{}
		for _, a := range mentioned(text, agents) {
			ids = append(ids, a.ID)
		}
		if got := fmt.Sprint(ids); got != want {
			t.Errorf("%q names %s, want %s", text, got, want)
		}
	}
}

func TestAdminsAreToldOfTheDesk(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.must(s.PartChanged(ctx, desk.System, "disk", "", true))
	s.must(s.PartChanged(ctx, desk.System, "disk", "", true))
	s.must(s.PartChanged(ctx, desk.System, "disk", "", false))
	s.must(s.Released(ctx, desk.System, "1.0"))
	s.must(s.Released(ctx, desk.System, "1.1"))
	s.must(s.Released(ctx, desk.System, "1.1"))
	s.tell()
	disk := s.views.T("en", "health.part.disk")
	s.wantTold(s.alice, disk+" is not working", disk+" is working again", "Deskbell was updated to version 1.1")
	s.wantTold(s.bo, "Deskbell was updated to version 1.1")
}

func TestNotices(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, desk.Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []desk.AgentID{s.bo.Agent()}})
	s.must(err)
	file, err := s.Upload(ctx, s.alice, "plan.txt", strings.NewReader("a plan"))
	s.must(err)
	if _, err := s.SendNotice(ctx, s.bo, desk.Notice{Subject: "a", Text: "b"}); err == nil {
		t.Error("an agent sent a notice")
	}
	if _, err := s.SendNotice(ctx, s.alice, desk.Notice{Text: "b"}); err == nil {
		t.Error("a notice without a subject went out")
	}
	n, err := s.SendNotice(ctx, s.alice, desk.Notice{Subject: "Tasting", Text: "at four", TeamIDs: []desk.TeamID{team.ID}, FileID: file.ID})
	s.must(err)
	s.wantTold(s.bo, "Tasting: a notice from Alice")
	s.wantTold(s.chen)
	if _, err := s.File(ctx, s.bo, file.ID); err != nil {
		t.Errorf("Bo opens the attachment: %v", err)
	}
	if _, err := s.File(ctx, s.chen, file.ID); !desk.IsNotFound(err) {
		t.Errorf("Chen opens the attachment: %v", err)
	}
	if _, err := s.Notice(ctx, s.chen, n.ID); !desk.IsNotFound(err) {
		t.Errorf("Chen opens the notice: %v", err)
	}
	_, err = s.SendNotice(ctx, s.alice, desk.Notice{Subject: "All", Text: "hands"})
	s.must(err)
	s.wantTold(s.chen, "All: a notice from Alice")
	s.wantTold(s.alice)
}

// What nothing else could tell goes out by mail: once, together, and only to those whom no push reaches.
func TestMailInstead(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, err := s.SaveInbox(ctx, s.alice, desk.SavedInbox{Channel: desk.Email, Name: "Tea", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	s.must(err)
	for i := range 12 {
		_, err := s.SendNotice(ctx, s.alice, desk.Notice{Subject: fmt.Sprint("News ", i), Text: "x"})
		s.must(err)
	}
	s.must(s.ChangeProfile(ctx, s.chen, desk.Profile{Name: "Chen", Preferences: desk.Preferences{MailAfter: -1}}))
	mails := func() []*desk.SystemMail {
		s.must(s.n.Mail(ctx))
		list, err := s.SystemMails(ctx, s.alice, 0, 10)
		s.must(err)
		return list
	}
	if got := mails(); len(got) != 0 {
		t.Fatalf("at once: %+v", got)
	}
	s.offset = 31 * time.Minute
	s.looking[s.bo.Agent()] = true
	if got := mails(); len(got) != 0 {
		t.Fatalf("to one who looks: %+v", got)
	}
	s.looking[s.bo.Agent()] = false
	got := mails()
	if len(got) != 1 || got[0].AgentID != s.bo.Agent() || got[0].Words.Args[0] != "12" || !strings.Contains(got[0].Words.Args[1], "News 11") || !strings.Contains(got[0].Words.Args[1], "and 2 more") {
		t.Fatalf("the mail is %+v", got)
	}
	_, err = s.SendNotice(ctx, s.alice, desk.Notice{Subject: "More", Text: "x"})
	s.must(err)
	s.offset = 65 * time.Minute
	if got := mails(); len(got) != 1 {
		t.Errorf("two within an hour: %d", len(got))
	}
	s.offset = 100 * time.Minute
	if got := mails(); len(got) != 2 || got[0].Words.Args[0] != "1" {
		t.Errorf("an hour later: %+v", got[0])
	}
}

func TestQuietHours(t *testing.T) {
	s, ctx := open(t), t.Context()
	for clock, want := range map[string]bool{"21:59": false, "22:00": true, "03:00": true, "07:00": false} {
		at, err := time.Parse(time.DateOnly+" 15:04", "2026-04-13 "+clock)
		s.must(err)
		s.offset = at.Sub(begun)
		quiet, err := s.IsQuiet(ctx, desk.System, &desk.Agent{Preferences: desk.Preferences{QuietFrom: "22:00", QuietTo: "07:00"}})
		s.must(err)
		if quiet != want {
			t.Errorf("at %s it is quiet: %v", clock, quiet)
		}
	}
	if err := s.ChangeProfile(ctx, s.bo, desk.Profile{Name: "Bo", Preferences: desk.Preferences{QuietFrom: "late", QuietTo: "07:00"}}); err == nil {
		t.Error("a time that is none was taken")
	}
}

// A planned answer that does not go out is told to its writer, and to an admin when he is gone.
func TestAPlannedAnswerThatWasStopped(t *testing.T) {
	s, ctx := open(t), t.Context()
	dan := s.agent("Dan")
	for _, one := range []struct{ writer, closer desk.Actor }{{s.bo, s.alice}, {s.chen, s.chen}, {dan, s.alice}} {
		c := s.say("hello")
		_, err := s.Join(ctx, one.writer, c)
		s.must(err)
		_, _, err = s.Submit(ctx, one.writer, c, desk.Draft{Text: "as promised"}, desk.When{At: s.Clock().Add(24 * time.Hour)})
		s.must(err)
		_, err = s.CloseConversation(ctx, one.closer, c)
		s.must(err)
	}
	s.must(s.DeleteAgent(ctx, s.alice, dan.Agent()))
	s.tell()
	s.wantTold(s.bo, "A reply to Maria that Bo had planned was not sent The conversation was closed.")
	s.wantTold(s.chen) // he knows
	s.wantTold(s.alice, "A reply to Maria that Dan had planned was not sent The conversation was closed.")
}
