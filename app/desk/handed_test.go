package desk

import (
	"slices"
	"testing"
)

// What a colleague has handed over stands apart until its new agent has read that he has it.
func TestHandedOver(t *testing.T) {
	s, ctx := open(t), t.Context()
	first, second := s.say(s.visitor(), "hi").ConversationID, s.say(s.visitor(), "hello").ConversationID
	for _, id := range []ConversationID{first, second} {
		_, err := s.Join(ctx, s.bo, id)
		s.must(err)
		_, err = s.Transfer(ctx, s.bo, id, Handover{AgentID: s.alice.Agent()})
		s.must(err)
		s.must(s.Notify(ctx, System, NewNotification{To: []AgentID{s.alice.Agent()}, Category: "conversation", What: "transferred", ConversationID: id, EventID: EventID(id)}))
	}
	list := func(l ConversationList) (ids []ConversationID) {
		t.Helper()
		l.Kind, l.View, l.Limit = "chat", "all", 50
		all, _, err := s.Conversations(ctx, s.alice, l)
		s.must(err)
		for _, c := range all {
			ids = append(ids, c.ID)
		}
		return ids
	}
	handed := func(by Actor, want ...ConversationID) {
		t.Helper()
		got, err := s.Handed(ctx, by)
		s.must(err)
		if !slices.Equal(got, want) {
			t.Errorf("handed over are %v, want %v", got, want)
		}
	}
	handed(s.alice, second, first)
	handed(s.bo)
	s.must(s.ReadNotificationsOf(ctx, s.alice, second))
	handed(s.alice, first)
	if only, but := list(ConversationList{Only: []ConversationID{first}}), list(ConversationList{But: []ConversationID{first}}); !slices.Equal(only, []ConversationID{first}) || !slices.Equal(but, []ConversationID{second}) {
		t.Errorf("the list has %v, and without it %v", only, but)
	}
	if none := list(ConversationList{Only: []ConversationID{}}); none != nil {
		t.Errorf("of none it has %v", none)
	}
	_, err := s.CloseConversation(ctx, s.alice, first)
	s.must(err)
	handed(s.alice)
}
