package desk

import (
	"testing"
	"time"
)

// Whose customer waits for an agent who has gone is back in the queue after the time that the company lets him: not before, not
// while a colleague is there, and never where it does not want it.
func TestChatsOfAgentsWhoHaveGone(t *testing.T) {
	s, ctx := open(t), t.Context()
	mei := s.agent("Mei", Crew)
	here := func(on bool, all ...Actor) {
		for _, a := range all {
			s.must(s.Connected(ctx, System, a.Agent(), on))
		}
	}
	here(true, s.bo, mei)
	taken := func(text string, by ...Actor) ConversationID {
		id := s.say(s.visitor(), text).ConversationID
		for _, a := range by {
			_, err := s.Join(ctx, a, id)
			s.must(err)
		}
		return id
	}
	alone, both, answered := taken("hi", s.bo), taken("hi", s.bo, mei), taken("hi", s.bo)
	_, err := s.Reply(ctx, s.bo, answered, Draft{Text: "hello"})
	s.must(err)
	returns := func(what string, want int) {
		t.Helper()
		n, err := s.ReturnForsaken(ctx, System)
		s.must(err)
		if n != want {
			t.Errorf("%s: %d are back in the queue, want %d", what, n, want)
		}
	}
	is := func(id ConversationID, status string, agent AgentID) {
		t.Helper()
		if c, err := s.Conversation(ctx, s.alice, id); err != nil || c.Status != status || c.AssigneeID != agent {
			t.Errorf("it is %s, of agent %d, want %s of %d: %v", c.Status, c.AssigneeID, status, agent, err)
		}
	}
	how, err := s.Handling(ctx, s.alice)
	s.must(err)
	if how.ReturnAfter != 0 {
		t.Errorf("at first they come back after %d minutes", how.ReturnAfter)
	}
	how.ReturnAfter = 10
	s.must(s.ChangeHandling(ctx, s.alice, how))
	s.now = s.now.Add(time.Hour)
	returns("Bo is there and only slow", 0)
	here(false, s.bo)
	if c, err := s.Conversation(ctx, s.alice, alone); err != nil || !c.AssigneeAway {
		t.Errorf("it is not said that Bo is away: %v", err)
	}
	s.now = s.now.Add(9 * time.Minute)
	returns("he may come back", 0)
	here(true, s.bo)
	here(false, s.bo)
	s.now = s.now.Add(9 * time.Minute)
	returns("he was there in between", 0)
	s.must(s.NobodyConnected(ctx, System))
	here(true, mei)
	s.now = s.now.Add(9 * time.Minute)
	returns("after a start everybody has the full time to come back", 0)
	how.ReturnAfter = 0 // as at first
	s.must(s.ChangeHandling(ctx, s.alice, how))
	s.now = s.now.Add(time.Minute)
	returns("the company does not want it", 0)
	how.ReturnAfter = 10
	s.must(s.ChangeHandling(ctx, s.alice, how))
	returns("he has gone", 1)
	is(alone, "waiting", 0)
	is(both, "open", s.bo.Agent()) // Mei is there
	is(answered, "open", s.bo.Agent())
	returns("it is done once", 0)
	if names := s.names(alone); names[len(names)-1] != ConversationAssigned {
		t.Errorf("the log says %v", names)
	}
	if _, err := s.ReturnForsaken(ctx, s.alice); err != Forbidden {
		t.Errorf("an admin: %v", err)
	}
	how.ReturnAfter = 1441
	if err := s.ChangeHandling(ctx, s.alice, how); !IsInvalid(err) {
		t.Errorf("more than a day: %v", err)
	}
}

// Only of who has gone is it said: a rule that gives a chat to another team takes it from somebody who is there.
func TestARuleSaysOfNobodyThatHeHasGone(t *testing.T) {
	s, ctx := open(t), t.Context()
	sales, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration"})
	s.must(err)
	for _, team := range []TeamID{0, sales.ID} {
		id := s.say(s.visitor(), "hi").ConversationID
		_, err := s.Join(ctx, s.bo, id)
		s.must(err)
		s.must(s.Write(ctx, System, func(tx *Tx) error {
			c, err := tx.conversation(ctx, System, id)
			if err != nil {
				return err
			}
			return tx.assign(ctx, c, team, 0)
		}))
		list, _, err := s.Messages(ctx, s.alice, id, MessageList{Limit: 1})
		s.must(err)
		if gone := list[0].Meta.Facts["gone"]; list[0].Text != string(ConversationAssigned) || (gone == "Bo") != (team == 0) {
			t.Errorf("into team %d: %s says that %v has gone", team, list[0].Text, gone)
		}
	}
}

// Who is disabled leaves his chats: a colleague in it has it, or it waits.
func TestADisabledAgentLeavesHisChats(t *testing.T) {
	s, ctx := open(t), t.Context()
	mei := s.agent("Mei", Crew)
	alone, both := s.say(s.visitor(), "hi").ConversationID, s.say(s.visitor(), "hi").ConversationID
	for _, j := range []struct {
		by Actor
		id ConversationID
	}{{s.bo, alone}, {s.bo, both}, {mei, both}} {
		_, err := s.Join(ctx, j.by, j.id)
		s.must(err)
	}
	off := false
	_, err := s.ChangeAgent(ctx, s.alice, s.bo.Agent(), AgentChange{Enabled: &off})
	s.must(err)
	for id, want := range map[ConversationID]struct {
		status string
		agent  AgentID
	}{alone: {"waiting", 0}, both: {"open", mei.Agent()}} {
		c, err := s.Conversation(ctx, s.alice, id)
		s.must(err)
		if c.Status != want.status || c.AssigneeID != want.agent {
			t.Errorf("conversation %d is %s of agent %d, want %s of %d", id, c.Status, c.AssigneeID, want.status, want.agent)
		}
	}
}
