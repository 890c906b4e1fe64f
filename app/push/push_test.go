package push

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
)

func TestWhoWaitsIsToldToAll(t *testing.T) {
	s := open(t)
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	id := s.say(s.visitor("李梅"), "你好，明前龙井到货了吗？")
	s.wait(together)
	p := only(t, bo.shown())
	if p.Title != "李梅 is waiting" || p.Body != "你好，明前龙井到货了吗？" || p.URL != "/conversations/"+id.String() || p.Unread != 1 || p.Lang != "en" {
		t.Errorf("Bo gets %+v", p)
	}
	if p.Tag != "conversation-"+id.String() || p.topic != p.Tag || p.urgency != "high" || p.ttl != "86400" {
		t.Errorf("the push service is told %+v", p)
	}
	if p := only(t, alice.shown()); p.Title != "李梅 正在等待接入" || p.Lang != "zh-CN" {
		t.Errorf("Alice gets %+v", p)
	}
}

func TestMessagesWithinThreeSecondsAreOne(t *testing.T) {
	s := open(t)
	bo := s.browser(s.bo)
	li := s.visitor("李梅")
	for i := range 5 {
		s.say(li, fmt.Sprintf("line %d", i))
		s.wait(500 * time.Millisecond)
	}
	if got := bo.shown(); len(got) != 0 {
		t.Fatalf("too early: %+v", got)
	}
	s.wait(500 * time.Millisecond)
	if p := only(t, bo.shown()); p.Body != "line 4" || p.Unread != 1 {
		t.Errorf("got %+v", p)
	}
	s.say(li, "and one more")
	s.wait(together)
	if p := only(t, bo.shown()); p.Body != "and one more" {
		t.Errorf("got %+v", p)
	}
}

func TestOnlyThoseInItHearOfTheNextMessage(t *testing.T) {
	s, ctx := open(t), t.Context()
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	li := s.visitor("李梅")
	id := s.say(li, "hello")
	s.wait(0)
	_, err := s.Join(ctx, s.bo, id)
	s.must(err)
	s.wait(together)
	if a, b := alice.shown(), bo.shown(); len(a)+len(b) != 0 {
		t.Errorf("he has joined already: %+v %+v", a, b)
	}
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "good morning"})
	s.must(err)
	s.say(li, "two tins please")
	s.wait(together)
	if p := only(t, bo.shown()); p.Title != "李梅" || p.Body != "two tins please" {
		t.Errorf("Bo gets %+v", p)
	}
	if got := alice.shown(); len(got) != 0 {
		t.Errorf("Alice is not in it, and gets %+v", got)
	}
}

func TestNothingForThoseWhoLook(t *testing.T) {
	s := open(t)
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	s.look(s.bo, true)
	li := s.visitor("李梅")
	s.say(li, "hello")
	s.wait(time.Second)
	s.look(s.alice, true) // she opened the console while it was on its way
	s.wait(together)
	if a, b := alice.shown(), bo.shown(); len(a)+len(b) != 0 {
		t.Errorf("got %+v %+v", a, b)
	}
	if n := s.count("pushes"); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestWhispersAndAnswersArePushedToNobody(t *testing.T) {
	s, ctx := open(t), t.Context()
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	id := s.say(s.visitor("李梅"), "hello")
	for _, by := range []desk.Actor{s.alice, s.bo} {
		_, err := s.Join(ctx, by, id)
		s.must(err)
	}
	_, err := s.Reply(ctx, s.bo, id, desk.Draft{Text: "a whisper", Internal: true})
	s.must(err)
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "an answer"})
	s.must(err)
	s.wait(together)
	if a, b := alice.shown(), bo.shown(); len(a)+len(b) != 0 {
		t.Errorf("got %+v %+v", a, b)
	}
}

func TestATeamsQueueIsItsOwn(t *testing.T) {
	s, ctx := open(t), t.Context()
	alice, bo := s.browser(s.alice), s.browser(s.bo)
	team, err := s.SaveTeam(ctx, s.alice, desk.Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []desk.AgentID{s.alice.Agent()}})
	s.must(err)
	_, err = s.SaveInbox(ctx, s.alice, desk.SavedInbox{ID: s.widget.ID, Channel: desk.Webchat, Name: "Shop widget", Enabled: true, TeamID: team.ID, Settings: desk.Widget{}})
	s.must(err)
	id := s.say(s.visitor("李梅"), "hello")
	s.wait(together)
	only(t, alice.shown())
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("Bo is not of the team, and gets %+v", got)
	}
	_, err = s.Assign(ctx, s.alice, id, team.ID, s.bo.Agent())
	s.must(err)
	s.wait(together)
	if p := only(t, bo.shown()); p.Title != "Assigned to you: 李梅" {
		t.Errorf("got %+v", p)
	}
	// What he may not see any more is not told, although it was noted.
	s.must(s.push.React(ctx, desk.Event{ID: 1 << 40, At: s.Clock(), Name: desk.ConversationAssigned, ConversationID: id, SubjectID: int64(s.bo.Agent())}))
	_, err = s.Leave(ctx, s.bo, id)
	s.must(err)
	s.wait(together)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("after he left: %+v", got)
	}
}

func TestAMailIsANewTicket(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo := s.browser(s.bo)
	box, err := s.SaveInbox(ctx, s.alice, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	s.must(err)
	mail := desk.Incoming{InboxID: box.ID, Ticket: &desk.NewTicket{Subject: "A broken\r\n lid", Origin: "mail"}, Identity: desk.Identity{Channel: desk.Email, ExternalID: "mei@post.example"}, Customer: desk.Customer{Email: "mei@post.example"}, Text: "It came broken.", ExternalID: "1@post.example"}
	m, err := s.Receive(ctx, desk.System, mail)
	s.must(err)
	s.wait(together)
	if p := only(t, bo.shown()); p.Title != "New ticket #1: A broken lid" || p.Body != "It came broken." || p.URL != "/tickets/1" || p.urgency != "normal" {
		t.Errorf("got %+v", p)
	}
	mail.ConversationID, mail.Ticket, mail.ExternalID, mail.Meta.Auto = m.ConversationID, nil, "2@post.example", true
	_, err = s.Receive(ctx, desk.System, mail)
	s.must(err)
	s.wait(together)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("an automatic mail disturbs: %+v", got)
	}
}

func TestOldNewsIsNoNews(t *testing.T) {
	s := open(t)
	bo := s.browser(s.bo)
	s.say(s.visitor("李梅"), "hello")
	events, err := s.EventsAfter(t.Context(), desk.System, 0, 1000)
	s.must(err)
	s.wait(together)
	only(t, bo.shown())
	s.now.Add(tooOld.Milliseconds())
	for _, e := range events {
		s.must(s.push.React(t.Context(), e))
	}
	s.wait(together)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("a replay pushed %+v", got)
	}
	s.say(s.visitor("Wu"), "hello") // and what could not be sent for two minutes
	s.wait(tooOld + time.Second)
	if got := bo.shown(); len(got) != 0 {
		t.Errorf("after two minutes: %+v", got)
	}
}

func TestGoneBrowsersAreForgotten(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		s := open(t)
		bo, other := s.browser(s.bo), s.browser(s.bo)
		bo.answer(status)
		s.say(s.visitor("李梅"), "hello")
		s.wait(together)
		if n := s.count("push_subscriptions"); n != 1 {
			t.Errorf("%d: %d browsers are left, want 1", status, n)
		}
		only(t, other.shown())
	}
}

func TestTroubleIsKeptAndTriedAgain(t *testing.T) {
	s := open(t)
	bo := s.browser(s.bo)
	bo.answer(http.StatusBadGateway)
	s.say(s.visitor("李梅"), "hello")
	s.wait(together)
	list, err := s.push.Browsers(t.Context(), s.bo)
	s.must(err)
	if len(list) != 1 || !strings.HasPrefix(list[0].Error, "502 ") || list[0].Service != "127.0.0.1" {
		t.Errorf("his browsers: %+v", list)
	}
	bo.answer(http.StatusCreated)
	s.wait(10 * time.Second)
	only(t, bo.shown())
	if list, _ = s.push.Browsers(t.Context(), s.bo); list[0].Error != "" {
		t.Errorf("after a good one: %+v", list)
	}
	bo.answer(http.StatusForbidden)
	s.say(s.visitor("Wu"), "hello")
	s.wait(together)
	if n := s.count("pushes"); n != 0 {
		t.Error("what is refused for good is tried again")
	}
}

func TestRunSends(t *testing.T) {
	s := open(t)
	s.real.Store(true)
	bo := s.browser(s.bo)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.push.Run(ctx) }()
	begin := time.Now()
	s.say(s.visitor("李梅"), "hello")
	for len(bo.peek()) == 0 {
		if time.Since(begin) > time.Minute {
			t.Fatal("nothing came")
		}
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(begin); took < together-100*time.Millisecond {
		t.Errorf("after %v", took)
	}
	cancel()
	s.must(<-ended)
}

// What came of a push cannot be written down: it is not sent again and again meanwhile, and written down later.
func TestAPushThatCannotBeNotedIsNotSentTwice(t *testing.T) {
	s, ctx := open(t), t.Context()
	bo := s.browser(s.bo)
	sql := func(text string) {
		s.must(s.Write(ctx, desk.System, func(tx *desk.Tx) error { _, err := tx.Exec(text); return err }))
	}
	sql("create temp trigger full before delete on main.pushes begin select raise(abort, 'disk is full'); end")
	s.say(s.visitor("李梅"), "hello")
	settle, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s.must(s.Settle(settle))
	s.now.Add(together.Milliseconds())
	for range 3 {
		if _, err := s.push.Send(ctx); err == nil || !strings.Contains(err.Error(), "note what came of a push") {
			t.Errorf("nobody hears of it: %v", err)
		}
	}
	sql("drop trigger full")
	_, err := s.push.Send(ctx)
	s.must(err)
	if p := only(t, bo.shown()); p.Body != "hello" {
		t.Errorf("got %+v", p)
	}
	if n := s.count("pushes"); n != 0 {
		t.Errorf("%d still wait", n)
	}
}
