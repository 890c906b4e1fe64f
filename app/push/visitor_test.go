package push

import (
	"net/http"
	"testing"
	"time"

	"deskbell/app/desk"
)

// ask gives a visitor a browser, and a conversation with Alice.
func (s *shop) ask(name string) (*browser, desk.Actor, desk.ConversationID) {
	s.t.Helper()
	v := s.visitor(name)
	b := newBrowser(s.t, s.push.Key)
	sub := b.subscription()
	sub.Locale = "en"
	s.must(s.push.SubscribeVisitor(s.t.Context(), v, s.widget.ID, sub))
	id := s.say(v, "is the tea fresh?")
	_, err := s.Join(s.t.Context(), s.alice, id)
	s.must(err)
	return b, v, id
}

func (s *shop) answer(id desk.ConversationID, text string, internal bool) *desk.Message {
	s.t.Helper()
	m, err := s.Reply(s.t.Context(), s.alice, id, desk.Draft{Text: text, Internal: internal})
	s.must(err)
	return m
}

func TestAVisitorIsToldOfAnswersOnce(t *testing.T) {
	s := open(t)
	b, _, id := s.ask("李梅")
	other, _, _ := s.ask("Otto")
	s.answer(id, "It is.", false)
	s.answer(id, "only for colleagues", true)
	s.answer(id, "Picked\nin April.", false)
	s.wait(together)
	got := only(t, b.shown())
	if got.Title != "西湖茶社" || got.Body != "Picked in April." || got.Tag != "conversation-"+id.String() || got.topic != got.Tag || got.URL != "/chat/"+s.widget.PublicID || got.Unread != 2 || got.Lang != "en" {
		t.Errorf("pushed %+v", got)
	}
	if got := other.shown(); len(got) != 0 {
		t.Errorf("another visitor gets %+v", got)
	}
	s.wait(together)
	if got := b.shown(); len(got) != 0 {
		t.Errorf("once more: %+v", got)
	}
}

func TestWhoLooksIsToldWhenHeHasGone(t *testing.T) {
	s := open(t)
	here := true
	s.push.Visiting = func(desk.CustomerID, desk.InboxID) bool { return here }
	b, v, id := s.ask("李梅")
	s.answer(id, "seen", false)
	s.wait(together)
	s.must(s.Read(t.Context(), v, id, 1<<62))
	s.answer(id, "not seen", false)
	s.wait(lookAgain)
	if got := b.shown(); len(got) != 0 {
		t.Errorf("while he looks: %+v", got)
	}
	here = false
	s.wait(lookAgain)
	if got := only(t, b.shown()); got.Body != "not seen" {
		t.Errorf("after he left: %+v", got)
	}
	m := s.answer(id, "a slip", false)
	s.must(s.Recall(t.Context(), s.alice, m.ID))
	s.answer(id, "read elsewhere", false)
	s.must(s.Read(t.Context(), v, id, 1<<62))
	s.wait(together)
	s.answer(id, "long ago", false)
	s.must(s.Settle(t.Context()))
	s.now.Add((tooOld + time.Second).Milliseconds())
	s.wait(0)
	if got := b.shown(); len(got) != 0 {
		t.Errorf("what needs nobody: %+v", got)
	}
	if n := s.count("visitor_pushes"); n != 0 {
		t.Errorf("%d still wait", n)
	}
}

func TestAVisitorsBrowserThatIsGoneIsForgotten(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		s := open(t)
		b, _, id := s.ask("李梅")
		b.answer(http.StatusServiceUnavailable)
		s.answer(id, "hello", false)
		s.wait(together)
		if s.count("visitor_browsers") != 1 || s.count("visitor_pushes") != 1 {
			t.Error("it is not tried again")
		}
		b.answer(status)
		s.wait(10 * time.Second)
		if s.count("visitor_browsers") != 0 || s.count("visitor_pushes") != 0 {
			t.Errorf("after %d it is still there", status)
		}
	}
}

func TestAVisitorsSubscriptions(t *testing.T) {
	s, ctx := open(t), t.Context()
	b, v, id := s.ask("李梅")
	sub := b.subscription()
	sub.Endpoint = "ftp://push.example"
	if err := s.push.SubscribeVisitor(ctx, v, s.widget.ID, sub); err == nil {
		t.Error("a wrong address was taken")
	}
	if err := s.push.SubscribeVisitor(ctx, s.bo, s.widget.ID, b.subscription()); err == nil {
		t.Error("an agent is a visitor")
	}
	sub = b.subscription()
	s.must(s.push.SubscribeVisitor(ctx, v, s.widget.ID, sub))
	s.must(s.push.SubscribeVisitor(ctx, v, s.widget.ID, sub))
	if n := s.count("visitor_browsers"); n != 2 {
		t.Errorf("%d browsers, want 2", n)
	}
	s.answer(id, "for one pair of eyes", false)
	s.must(s.Settle(ctx))
	otto := s.visitor("Otto") // sits down at the same machine
	s.must(s.push.SubscribeVisitor(ctx, otto, s.widget.ID, sub))
	s.must(s.push.UnsubscribeVisitor(ctx, v, sub.Endpoint)) // not his any more
	s.wait(together)
	if got := b.shown(); len(got) != 1 {
		t.Errorf("%d pushes, want the one for the browser that is still his: %+v", len(got), got)
	}
	s.must(s.push.UnsubscribeVisitor(ctx, otto, sub.Endpoint))
	for range perVisitor + 2 {
		s.must(s.push.SubscribeVisitor(ctx, v, s.widget.ID, b.subscription()))
	}
	if n := s.count("visitor_browsers"); n != perVisitor {
		t.Errorf("%d browsers of one visitor", n)
	}
}
