package desk

import (
	"strings"
	"testing"
	"time"
)

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

// What he had planned to answer is not lost: it stands where it was to go out, and becomes the draft of whoever takes it over.
func TestWhatARemovedAgentHadPlanned(t *testing.T) {
	s, ctx := open(t), t.Context()
	c := s.mailed()
	file, err := s.Upload(ctx, s.bo, "pot.txt", strings.NewReader("a pot"))
	s.must(err)
	_, p, err := s.Submit(ctx, s.bo, c.ID, Draft{Text: "We send a new one", FileIDs: []string{file.ID}}, When{At: s.now.Add(24 * time.Hour)})
	s.must(err)
	_, err = s.CloseConversation(ctx, s.bo, c.ID)
	s.must(err)
	s.must(s.DeleteAgent(ctx, s.alice, s.bo.Agent()))
	list := s.planned(c.ID)
	if len(list) != 1 || list[0].State != "stopped" || list[0].Cause != "planned.removed" || !list[0].Orphan || list[0].AgentName != "Bo" || len(list[0].Files) != 1 {
		t.Fatalf("of his answer stands %+v", list)
	}
	chen := s.agent("Chen", Crew)
	if _, err := s.SendPlanned(ctx, chen, p.ID); err == nil {
		t.Error("somebody else spoke in his name")
	}
	_, err = s.Withdraw(ctx, chen, p.ID, false)
	s.must(err)
	k, err := s.Drafted(ctx, chen, c.ID)
	if err != nil || k.Text != "We send a new one" || len(k.Files) != 1 {
		t.Fatalf("taken over was %+v %v", k, err)
	}
	s.now = s.now.Add(25 * time.Hour)
	s.due()
	if _, _, err = s.Submit(ctx, chen, c.ID, k.Draft, When{}); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Minute)
	s.due()
	if said := s.said(c.ID); len(said) != 1 {
		t.Errorf("it said %q", said)
	}
	if list := s.planned(c.ID); len(list) > 0 {
		t.Errorf("still there: %+v", list[0])
	}
}
