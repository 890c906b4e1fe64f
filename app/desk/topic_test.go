package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTopicsAreATreeWithBounds(t *testing.T) {
	s, ctx := open(t), t.Context()
	parent := TopicID(0)
	var chain []TopicID
	for level := range TopicLevels {
		made, err := s.SaveTopic(ctx, s.alice, Topic{Name: fmt.Sprintf("Level %d", level+1), ParentID: parent})
		s.must(err)
		parent = made.ID
		chain = append(chain, made.ID)
	}
	refused := func(name, want string, in Topic) {
		t.Helper()
		var e *Error
		if _, err := s.SaveTopic(ctx, s.alice, in); !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Key != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	refused("an eleventh level", "fault.topic_too_deep", Topic{Name: "too deep", ParentID: parent})
	refused("below itself", "fault.topic_in_itself", Topic{ID: chain[0], Name: "Level 1", ParentID: chain[3]})
	refused("no name", "fault.name_missing", Topic{Name: " "})
	refused("an unknown parent", "fault.topic_unknown", Topic{Name: "x", ParentID: 999})
	refused("the same name", "fault.name_taken", Topic{Name: "level 1"})
	for i := range TopicRoots - 1 {
		_, err := s.SaveTopic(ctx, s.alice, Topic{Name: fmt.Sprintf("Root %d", i)})
		s.must(err)
	}
	refused("a 31st on the first level", "fault.too_many_first_topics", Topic{Name: "one more"})
	if _, err := s.SaveTopic(ctx, s.bo, Topic{Name: "x"}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	if err := s.DeleteTopic(ctx, s.alice, chain[0]); !errors.Is(err, Conflict("error.topic_has_more")) {
		t.Errorf("one with others below: %v", err)
	}
	s.must(s.DeleteTopic(ctx, s.alice, chain[TopicLevels-1]))
	var b strings.Builder
	for i := range TopicsMax {
		fmt.Fprintf(&b, "  Sub %d\n", i)
	}
	if _, err := s.ImportTopics(ctx, s.alice, "Level 1\n"+b.String()); kindOfError(err) != KindInvalid {
		t.Errorf("a 1001st: %v", err)
	}
	list, err := s.Topics(ctx, s.bo)
	s.must(err)
	if len(list) != TopicLevels-1+TopicRoots-1 {
		t.Errorf("%d topics: an import that was refused must leave none", len(list))
	}
}

func TestImportTopics(t *testing.T) {
	s, ctx := open(t), t.Context()
	text := "订单\n  物流\n    延误\n  退货\nProducts\n\tTea\n"
	for _, want := range []int{6, 0} {
		if n, err := s.ImportTopics(ctx, s.alice, text); err != nil || n != want {
			t.Errorf("%d were added, %v; want %d", n, err, want)
		}
	}
	if _, err := s.ImportTopics(ctx, s.alice, "A\n      B"); kindOfError(err) != KindInvalid {
		t.Errorf("a jump of levels: %v", err)
	}
	list, err := s.Topics(ctx, s.alice)
	s.must(err)
	if len(list) != 6 || list[2].Path != "订单 / 物流 / 延误" || list[2].Depth != 3 {
		t.Errorf("the tree is %+v", list)
	}
	s.must(s.MoveTopic(ctx, s.alice, list[3].ID, TopicPlace{Step: "up"}))
	if list, _ = s.Topics(ctx, s.alice); list[1].Name != "退货" {
		t.Errorf("after raising, the first below is %s", list[1].Name)
	}
}

func TestTicketsByTopicAndOrder(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(3)
	_, err := s.ImportTopics(ctx, s.alice, "Orders\n  Late\nOther")
	s.must(err)
	topics, err := s.Topics(ctx, s.alice)
	s.must(err)
	low, urgent := "low", "urgent"
	_, err = s.ChangeTicket(ctx, s.bo, ids[0], TicketChange{TopicID: &topics[1].ID, Priority: &urgent})
	s.must(err)
	_, err = s.ChangeTicket(ctx, s.bo, ids[1], TicketChange{TopicID: &topics[2].ID, Priority: &low})
	s.must(err)
	none := TopicID(99)
	if _, err = s.ChangeTicket(ctx, s.bo, ids[1], TicketChange{TopicID: &none}); kindOfError(err) != KindInvalid {
		t.Errorf("a topic that is none: %v", err)
	}
	numbers := func(l ConversationList) (got []TicketID) {
		l.Kind, l.Limit = "ticket", 1 // so that the cursor is tried, too
		for {
			list, next, err := s.Conversations(ctx, s.bo, l)
			s.must(err)
			for _, c := range list {
				got = append(got, c.Ticket.ID)
			}
			if l.Before = next; next == "" {
				return got
			}
		}
	}
	for name, try := range map[string]struct {
		l    ConversationList
		want string
	}{
		"a topic with those below": {ConversationList{TopicID: topics[0].ID}, fmt.Sprint(ids[:1])}, "a topic": {ConversationList{TopicID: topics[2].ID}, fmt.Sprint(ids[1:2])},
		"by priority": {ConversationList{Sort: "priority"}, fmt.Sprint([]TicketID{ids[0], ids[2], ids[1]})}, "the oldest": {ConversationList{Sort: "oldest"}, fmt.Sprint(ids)},
		"of nobody": {ConversationList{Unassigned: true, Sort: "created"}, fmt.Sprint([]TicketID{ids[2], ids[1], ids[0]})}, "from notes": {ConversationList{Origin: "note"}, "[]"},
		"since": {ConversationList{From: s.now.Add(time.Hour)}, "[]"}, "until": {ConversationList{To: s.now}, "[]"},
	} {
		if got := fmt.Sprint(numbers(try.l)); got != try.want {
			t.Errorf("%s: %s, want %s", name, got, try.want)
		}
	}
}

func TestTopicsMove(t *testing.T) {
	s, ctx := open(t), t.Context()
	_, err := s.ImportTopics(ctx, s.alice, "A\n  a1\n  a2\nB\n  b1\nC")
	s.must(err)
	ids := map[string]TopicID{}
	list, err := s.Topics(ctx, s.alice)
	s.must(err)
	for _, p := range list {
		ids[p.Name] = p.ID
	}
	tree := func() string {
		list, err := s.Topics(ctx, s.alice)
		s.must(err)
		var b strings.Builder
		for _, p := range list {
			fmt.Fprintf(&b, "%d%s ", p.Depth, p.Name)
		}
		return strings.TrimSpace(b.String())
	}
	for _, m := range []struct {
		name string
		to   TopicPlace
		want string
	}{
		{"A", TopicPlace{Step: "up"}, "1A 2a1 2a2 1B 2b1 1C"}, // leads nowhere
		{"C", TopicPlace{Step: "down"}, "1A 2a1 2a2 1B 2b1 1C"},
		{"A", TopicPlace{Step: "in"}, "1A 2a1 2a2 1B 2b1 1C"},
		{"A", TopicPlace{Step: "out"}, "1A 2a1 2a2 1B 2b1 1C"},
		{"A", TopicPlace{Step: "sideways"}, "1A 2a1 2a2 1B 2b1 1C"},
		{"a1", TopicPlace{Step: "down"}, "1A 2a2 2a1 1B 2b1 1C"},
		{"B", TopicPlace{Step: "up"}, "1B 2b1 1A 2a2 2a1 1C"},
		{"A", TopicPlace{Step: "in"}, "1B 2b1 2A 3a2 3a1 1C"},
		{"A", TopicPlace{Step: "down"}, "1B 2b1 2A 3a2 3a1 1C"},
		{"a2", TopicPlace{Step: "out"}, "1B 2b1 2A 3a1 2a2 1C"},
		{"A", TopicPlace{Step: "out"}, "1B 2b1 2a2 1A 2a1 1C"},
		{"C", TopicPlace{ParentID: ids["A"], Before: ids["a1"]}, "1B 2b1 2a2 1A 2C 2a1"},
		{"b1", TopicPlace{ParentID: ids["A"]}, "1B 2a2 1A 2C 2a1 2b1"},
		{"A", TopicPlace{Before: ids["B"]}, "1A 2C 2a1 2b1 1B 2a2"},
	} {
		s.must(s.MoveTopic(ctx, s.alice, ids[m.name], m.to))
		if got := tree(); got != m.want {
			t.Errorf("%s to %+v: %s, want %s", m.name, m.to, got, m.want)
		}
	}
	before := tree()
	for name, to := range map[string]TopicPlace{"below itself": {ParentID: ids["C"]}, "an unknown parent": {ParentID: 99}, "before no sibling": {Before: ids["C"]}} {
		if err := s.MoveTopic(ctx, s.alice, ids["A"], to); kindOfError(err) != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = s.SaveTopic(ctx, s.alice, Topic{Name: "c", ParentID: ids["B"]})
	s.must(err)
	if err := s.MoveTopic(ctx, s.alice, ids["C"], TopicPlace{ParentID: ids["B"]}); kindOfError(err) != KindInvalid {
		t.Errorf("beside one of its name: %v", err)
	}
	if err := s.MoveTopic(ctx, s.bo, ids["C"], TopicPlace{}); !errors.Is(err, Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	if err := s.MoveTopic(ctx, s.alice, 99, TopicPlace{}); !errors.Is(err, NotFound) {
		t.Errorf("none: %v", err)
	}
	if got := tree(); got != before+" 2c" {
		t.Errorf("what was refused left %s", got)
	}
}
