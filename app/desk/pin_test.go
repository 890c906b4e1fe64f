package desk

import (
	"errors"
	"testing"
)

func TestPins(t *testing.T) {
	s, ctx := open(t), t.Context()
	var ids []ConversationID
	for range pinsMost + 1 {
		ids = append(ids, s.say(s.visitor(), "hi").ConversationID)
	}
	list := func(by Actor, l ConversationList) (got []ConversationID) {
		t.Helper()
		l.Kind, l.Limit = "chat", 200
		all, _, err := s.Conversations(ctx, by, l)
		s.must(err)
		for _, c := range all {
			got = append(got, c.ID)
		}
		return got
	}
	s.must(s.Pin(ctx, s.bo, ids[3], true))
	s.must(s.Pin(ctx, s.bo, ids[3], true))
	if got := list(s.bo, ConversationList{Pinned: true}); len(got) != 1 || got[0] != ids[3] {
		t.Errorf("pinned %v", got)
	}
	if got := list(s.bo, ConversationList{Unpinned: true}); len(got) != pinsMost {
		t.Errorf("%d others", len(got))
	}
	if got := list(s.alice, ConversationList{Pinned: true}); len(got) != 0 {
		t.Errorf("a colleague sees them pinned: %v", got)
	}
	for _, id := range ids[:pinsMost] {
		s.must(s.Pin(ctx, s.bo, id, true))
	}
	if err := s.Pin(ctx, s.bo, ids[pinsMost], true); !errors.Is(err, Conflict("error.pins_full")) {
		t.Errorf("one more: %v", err)
	}
	s.must(s.Pin(ctx, s.bo, ids[0], false))
	if on, err := s.Pinned(ctx, s.bo, ids[0]); on || err != nil {
		t.Errorf("after it was taken away: %v, %v", on, err)
	}
	names := s.names(ids[0])
	if names[len(names)-1] != ConversationPinned {
		t.Errorf("the log ends with %v", names)
	}
	if team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Export", Assignment: "collaboration"}); err == nil {
		_, err = s.Assign(ctx, s.alice, ids[0], team.ID, 0)
		s.must(err)
	}
	if err := s.Pin(ctx, s.bo, ids[0], true); !errors.Is(err, NotFound) {
		t.Errorf("what he does not see: %v", err)
	}
	if err := s.Pin(ctx, s.visitor(), ids[1], true); !errors.Is(err, Forbidden) {
		t.Errorf("a visitor: %v", err)
	}
}

// TestCountsUnderFilters: the numbers beside the views are those of the lists under the same filters.
func TestCountsUnderFilters(t *testing.T) {
	s, ctx := open(t), t.Context()
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Tea", Assignment: "collaboration", MemberIDs: []AgentID{s.bo.Agent()}})
	s.must(err)
	other, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Webchat, Name: "Second", Enabled: true, Settings: Widget{}})
	s.must(err)
	for i := range 5 {
		id := s.say(s.visitor(), "hi").ConversationID
		if i < 2 {
			_, err = s.Assign(ctx, s.alice, id, team.ID, 0)
			s.must(err)
		}
	}
	_, err = s.Receive(ctx, s.visitor(), Incoming{InboxID: other.ID, Text: "hi"})
	s.must(err)
	for _, l := range []ConversationList{{}, {TeamID: team.ID}, {InboxID: other.ID}, {TeamID: team.ID, InboxID: other.ID}, {Channel: Webchat}} {
		l.Kind, l.Limit = "chat", 200
		n, err := s.CountsOf(ctx, s.bo, l)
		s.must(err)
		for view, want := range map[string]int{"all": n.All, "waiting": n.Waiting, "unserved": n.Unserved} {
			l.View = view
			list, _, err := s.Conversations(ctx, s.bo, l)
			s.must(err)
			if len(list) != want {
				t.Errorf("%s of team %d and inbox %d: %d, the number says %d", view, l.TeamID, l.InboxID, len(list), want)
			}
		}
	}
}
