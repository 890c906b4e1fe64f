package desk

import (
	"errors"
	"testing"
)

func TestACustomerIsCalledBack(t *testing.T) {
	s, ctx := open(t), t.Context()
	v, c := s.served()
	if _, err := s.CallBack(ctx, s.bo, v.Customer()); !errors.Is(err, Conflict("error.customer_has_open")) {
		t.Errorf("while a chat is open: %v", err)
	}
	if _, err := s.CallBack(ctx, s.bo, s.visitor().Customer()); !errors.Is(err, Conflict("error.no_chat_to_call")) {
		t.Errorf("one who never wrote: %v", err)
	}
	_, err := s.CloseConversation(ctx, s.bo, c.ID)
	s.must(err)
	made, err := s.CallBack(ctx, s.bo, v.Customer())
	s.must(err)
	if made.ID == c.ID || made.Status != "open" || made.AssigneeID != s.bo.Agent() || !made.Joined {
		t.Errorf("called back: %+v", made)
	}
	if names := s.names(made.ID); names[0] != ConversationCreated || names[2] != ConversationCalledBack {
		t.Errorf("the log has %v", names)
	}
	_, err = s.Reply(ctx, s.bo, made.ID, Draft{Text: "I have found it"})
	s.must(err)
	if got := s.say(v, "great"); got.ConversationID != made.ID {
		t.Errorf("the answer went to %d", got.ConversationID)
	}
	_, err = s.CloseConversation(ctx, s.bo, made.ID)
	s.must(err)
	s.must(s.Blacklist(ctx, s.alice, v.Customer(), "spam"))
	if _, err := s.CallBack(ctx, s.bo, v.Customer()); !errors.Is(err, Conflict("error.customer_blacklisted")) {
		t.Errorf("one on the blacklist: %v", err)
	}
}
