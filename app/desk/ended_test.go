package desk

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestEnded: an agent finds what he served, an admin all, each by what is asked for, and the one by one along the key.
func TestEnded(t *testing.T) {
	s, ctx := open(t), t.Context()
	team := func(name string, member Actor) TeamID {
		k, err := s.SaveTeam(ctx, s.alice, Team{Name: name, Assignment: "collaboration", MemberIDs: []AgentID{member.Agent()}})
		s.must(err)
		return k.ID
	}
	chen := s.agent("Chen", Crew)
	sales, export := team("Sales", s.bo), team("Export", chen)
	tag, err := s.SaveTag(ctx, s.alice, Tag{Name: "Late"})
	s.must(err)
	other, err := s.SaveTag(ctx, s.alice, Tag{Name: "Kind"})
	s.must(err)
	var ids []ConversationID
	for n := range 6 {
		v := s.visitor()
		name := fmt.Sprint("李雷", n)
		_, err := s.ChangeCustomer(ctx, s.alice, v.Customer(), CustomerChange{Name: &name})
		s.must(err)
		m := s.say(v, "Where is my tea?")
		c, err := s.Assign(ctx, s.alice, m.ConversationID, sales, s.bo.Agent())
		s.must(err)
		_, err = s.Reply(ctx, s.bo, c.ID, Draft{Text: "On its way"})
		s.must(err)
		if n == 1 { // Bo hands it to the other team: he served it, and does not see it until it is over
			_, err = s.Transfer(ctx, s.alice, c.ID, Handover{TeamID: export, AgentID: chen.Agent()})
			s.must(err)
			if _, err := s.Conversation(ctx, s.bo, c.ID); !errors.Is(err, NotFound) {
				t.Errorf("Bo sees what he gave away: %v", err)
			}
		}
		if n == 2 {
			s.must(s.Summarise(ctx, s.alice, c.ID, []TagID{tag.ID, other.ID}, "sent again"))
			s.must(s.Summarise(ctx, s.alice, c.ID, []TagID{other.ID}, "sent again"))
		}
		if n < 5 {
			_, err = s.CloseConversation(ctx, s.alice, c.ID)
			s.must(err)
		}
		ids = append(ids, c.ID)
		s.now = s.now.Add(time.Hour)
	}
	find := func(by Actor, l EndedList) (got []ConversationID) {
		t.Helper()
		for l.Limit = 2; ; {
			list, next, err := s.Ended(ctx, by, l)
			s.must(err)
			for _, e := range list {
				got = append(got, e.ID)
			}
			if l.Before = next; next == "" {
				return got
			}
		}
	}
	for name, q := range map[string]struct {
		by   Actor
		list EndedList
		want []int
	}{
		"all of an admin": {s.alice, EndedList{}, []int{4, 3, 2, 1, 0}}, "Bo's": {s.bo, EndedList{}, []int{4, 3, 2, 1, 0}}, "Chen's": {chen, EndedList{}, []int{1}},
		"of an agent": {s.alice, EndedList{AgentID: chen.Agent()}, []int{1}}, "an agent asks for another": {chen, EndedList{AgentID: s.bo.Agent()}, []int{1}},
		"of a team": {s.alice, EndedList{TeamID: export}, []int{1}}, "handed on": {s.alice, EndedList{Transferred: "yes"}, []int{1}}, "not": {s.bo, EndedList{Transferred: "no"}, []int{4, 3, 2, 0}},
		"tagged": {s.bo, EndedList{Tagged: "with"}, []int{2}}, "untagged": {s.bo, EndedList{Tagged: "without", To: s.now.Add(-4 * time.Hour)}, []int{1, 0}},
		"this tag": {s.alice, EndedList{TagIDs: []TagID{99, other.ID}}, []int{2}}, "a tag that it had": {s.alice, EndedList{TagIDs: []TagID{tag.ID}}, nil},
		"a name": {s.alice, EndedList{Query: "雷3"}, []int{3}}, "a number": {s.alice, EndedList{Query: " #" + ids[3].String(), From: s.now.Add(time.Hour)}, []int{3}}, "an id": {s.alice, EndedList{ID: ids[3]}, []int{3}}, "another's id": {chen, EndedList{ID: ids[3]}, nil}, "one that is open": {s.alice, EndedList{ID: ids[5]}, nil},
		"since": {s.alice, EndedList{From: s.now.Add(-3 * time.Hour)}, []int{4, 3}}, "a channel": {s.alice, EndedList{Channel: Email}, nil}, "called back": {s.alice, EndedList{Type: "callback"}, nil},
	} {
		var want []ConversationID
		for _, n := range q.want {
			want = append(want, ids[n])
		}
		if got := find(q.by, q.list); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	list, _, err := s.Ended(ctx, s.bo, EndedList{Tagged: "with", Limit: 9})
	s.must(err)
	if e := list[0]; e.Messages != 2 || !slices.Equal(e.Agents, []string{s.bo.Name}) || !slices.Equal(e.Tags, []string{"Kind"}) || e.Remark != "sent again" || e.Replied.IsZero() || e.Connected.IsZero() {
		t.Errorf("it shows %+v", e)
	}
	if _, err := s.Conversation(ctx, s.bo, ids[1]); err != nil {
		t.Errorf("Bo does not see what he served: %v", err)
	}
	if _, _, err := s.Ended(ctx, AsCustomer(1), EndedList{Limit: 9}); !errors.Is(err, Forbidden) {
		t.Errorf("a customer: %v", err)
	}
	s.handsOn(ids[1], sales)
}

// handsOn: what a closed chat was about goes to somebody in a new chat.
func (s *shop) handsOn(id ConversationID, team TeamID) {
	t, ctx := s.t, s.t.Context()
	made, err := s.HandOn(ctx, s.alice, id, Handover{TeamID: team, AgentID: s.bo.Agent()})
	s.must(err)
	if made.ID == id || made.LinkedID != id || made.AssigneeID != s.bo.Agent() || made.TeamID != team || made.Status != "open" {
		t.Errorf("the new one is %+v", made)
	}
	var conflict *Error
	if _, err := s.HandOn(ctx, s.alice, id, Handover{}); !errors.As(err, &conflict) || conflict.Key != "error.customer_has_open" {
		t.Errorf("while that is open: %v", err)
	}
	if _, err := s.HandOn(ctx, s.alice, made.ID, Handover{}); !errors.As(err, &conflict) || conflict.Key != "error.not_closed" {
		t.Errorf("one that is open: %v", err)
	}
	_, err = s.CloseConversation(ctx, s.bo, made.ID)
	s.must(err)
	list, _, err := s.Ended(ctx, s.bo, EndedList{Type: "callback", Limit: 9})
	s.must(err)
	if len(list) != 1 || !list[0].Callback || list[0].Transfers != 0 {
		t.Errorf("called back: %+v", list)
	}
	waits, err := s.HandOn(ctx, s.alice, id, Handover{})
	s.must(err)
	if waits.Status != "waiting" || waits.AssigneeID != 0 || waits.LinkedID != id {
		t.Errorf("it waits in its team: %+v", waits)
	}
	s.must(s.Check(ctx))
}
