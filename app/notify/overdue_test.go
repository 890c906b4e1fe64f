package notify

import (
	"testing"
	"time"

	"deskbell/app/desk"
)

func TestWhoWaitsTooLong(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := s.say("where is my tea?")
	_, err := s.Join(ctx, s.bo, id)
	s.must(err)
	remind := func(after time.Duration) {
		t.Helper()
		s.mu.Lock()
		s.offset = after
		s.mu.Unlock()
		s.must(s.n.Remind(ctx))
		s.must(New(s.Desk, s.n.Options).Remind(ctx)) // as after a restart
	}
	const once = "Maria has waited too long for your reply"
	remind(4 * time.Minute)
	s.wantTold(s.bo)
	remind(6 * time.Minute)
	remind(7 * time.Minute)
	s.wantTold(s.bo, once)
	s.wantTold(s.alice)
	c, err := s.Conversation(ctx, desk.System, id)
	s.must(err)
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "on its way"})
	s.must(err)
	remind(20 * time.Minute)
	s.wantTold(s.bo, once)
	again := func() {
		t.Helper()
		_, err := s.Receive(ctx, desk.AsCustomer(c.CustomerID), desk.Incoming{InboxID: s.widget.ID, Text: "and the cup?"})
		s.must(err)
	}
	again()
	remind(26 * time.Minute)
	s.wantTold(s.bo, once, once)
	_, err = s.Reply(ctx, s.bo, id, desk.Draft{Text: "too"})
	s.must(err)
	how, err := s.Handling(ctx, s.alice)
	s.must(err)
	how.RemindOverdue = false
	s.must(s.ChangeHandling(ctx, s.alice, how))
	again()
	remind(60 * time.Minute)
	s.wantTold(s.bo, once, once)
}
