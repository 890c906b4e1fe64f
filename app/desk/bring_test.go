package desk

import (
	"errors"
	"slices"
	"testing"
)

func TestInviteAColleague(t *testing.T) {
	s, ctx := open(t), t.Context()
	chen := s.agent("Chen", Crew)
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent()}})
	s.must(err)
	id := s.say(s.visitor(), "hello").ConversationID
	_, err = s.Assign(ctx, s.alice, id, team.ID, 0)
	s.must(err)
	if _, err := s.Bring(ctx, s.bo, id, chen.Agent()); !errors.Is(err, Conflict("error.join_first")) {
		t.Errorf("before he is in it himself: %v", err)
	}
	if _, err := s.Bring(ctx, chen, id, chen.Agent()); !errors.Is(err, NotFound) {
		t.Errorf("into what he does not see: %v", err)
	}
	_, err = s.Join(ctx, s.bo, id)
	s.must(err)
	var e *Error
	if _, err := s.Bring(ctx, s.bo, id, 999); !errors.As(err, &e) || e.Kind != KindInvalid {
		t.Errorf("nobody: %v", err)
	}
	readers := func() (names []string) {
		list, err := s.Readers(ctx, s.bo, id)
		s.must(err)
		for _, a := range list {
			names = append(names, a.Name)
		}
		return names
	}
	if got := readers(); !slices.Equal(got, []string{"Alice"}) {
		t.Errorf("before he is brought in, a whisper can name %v", got)
	}
	c, err := s.Bring(ctx, s.bo, id, chen.Agent())
	s.must(err)
	if got := readers(); !slices.Equal(got, []string{"Alice", "Chen"}) {
		t.Errorf("afterwards %v", got)
	}
	if c.AssigneeID != s.bo.Agent() {
		t.Errorf("it is served by %d", c.AssigneeID)
	}
	n := len(s.names(id))
	_, err = s.Bring(ctx, s.bo, id, chen.Agent())
	s.must(err)
	if names := s.names(id); len(names) != n || names[n-1] != ConversationJoined {
		t.Errorf("the log has %v", names)
	}
	_, err = s.Reply(ctx, chen, id, Draft{Text: "hi"})
	s.must(err)
	list, _, err := s.Messages(ctx, chen, id, MessageList{Limit: 10})
	s.must(err)
	if m := list[len(list)-2]; m.Meta.Facts["agent"] != "Chen" || m.Meta.Facts["by"] != "Bo" {
		t.Errorf("the line says %v", m.Meta.Facts)
	}
	_, err = s.CloseConversation(ctx, s.bo, id)
	s.must(err)
	if _, err := s.Bring(ctx, s.bo, id, s.alice.Agent()); !errors.Is(err, Conflict("error.conversation_closed")) {
		t.Errorf("into a closed one: %v", err)
	}
}
