package desk

import "testing"

// What a customer on the blacklist writes is kept, in one place, and nobody hears of it: no event tells the streams, the rules or the queue.
func TestWhatIsSetAsideDisturbsNobody(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	v := s.visitor()
	s.must(s.Blacklist(ctx, s.alice, v.Customer(), "spam"))
	last, err := s.LastEvent(ctx)
	s.must(err)
	first, err := s.Receive(ctx, v, Incoming{InboxID: s.widget.ID, Text: "buy"})
	s.must(err)
	next, err := s.Receive(ctx, v, Incoming{InboxID: s.widget.ID, Text: "buy now"})
	s.must(err)
	if !first.Blocked || !next.Blocked || first.ConversationID != next.ConversationID {
		t.Errorf("kept as %+v and %+v", first, next)
	}
	if now, err := s.LastEvent(ctx); err != nil || now != last {
		t.Errorf("events %v were told: %v", s.names(first.ConversationID), err)
	}
	if c, err := s.CurrentConversation(ctx, v, v.Customer(), s.widget.ID); err != nil || c != nil {
		t.Errorf("he has a chat: %+v, %v", c, err)
	}
	if said, _, err := s.CustomerMessages(ctx, v, s.widget.ID, 0, 10); err != nil || len(said) != 2 || !said[0].Began.IsZero() {
		t.Errorf("he reads %d messages: %v", len(said), err)
	}
}
