package desk

import "testing"

func TestDeleteAgent(t *testing.T) {
	s := open(t)
	ctx := t.Context()
	c := s.say(s.visitor(), "Is there tea?").ConversationID
	_, err := s.Join(ctx, s.bo, c)
	s.must(err)
	if err := s.DeleteAgent(ctx, s.alice, s.bo.Agent()); !IsConflict(err) {
		t.Fatalf("with an open conversation: %v", err)
	}
	_, err = s.CloseConversation(ctx, s.bo, c)
	s.must(err)
	if err := s.DeleteAgent(ctx, s.bo, s.alice.Agent()); err == nil {
		t.Fatal("an agent removed another")
	}
	if err := s.DeleteAgent(ctx, s.alice, s.alice.Agent()); !IsConflict(err) {
		t.Fatalf("oneself: %v", err)
	}
	token, err := s.CreateToken(ctx, s.bo, s.bo.Agent(), "script")
	s.must(err)
	before, err := s.Agent(ctx, s.alice, s.bo.Agent())
	s.must(err)
	s.must(s.DeleteAgent(ctx, s.alice, s.bo.Agent()))
	if _, err := s.Agent(ctx, s.alice, s.bo.Agent()); !IsNotFound(err) {
		t.Errorf("he is still there: %v", err)
	}
	if _, err := s.AgentByToken(ctx, System, token); err == nil {
		t.Error("his token still opens the door")
	}
	if err := s.DeleteAgent(ctx, s.alice, s.bo.Agent()); !IsNotFound(err) {
		t.Errorf("a second time: %v", err)
	}
	again, err := s.CreateAgent(ctx, s.alice, NewAgent{Email: before.Email, Name: "Bo", Role: Crew})
	s.must(err)
	if again.ID == before.ID {
		t.Error("his address brought him back")
	}
}
