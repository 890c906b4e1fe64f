package desk

import "testing"

// Whoever has the chat open is in the view Online, until he goes or it is closed: however it is found out, and how many are here.
func TestOnline(t *testing.T) {
	t.Run("asked one by one", func(t *testing.T) { testOnline(t, false) })
	t.Run("of those who are here", func(t *testing.T) { testOnline(t, true) })
	t.Run("of too many", func(t *testing.T) {
		defer func(n int) { rare = n }(rare)
		rare = 0
		testOnline(t, true)
	})
}

func testOnline(t *testing.T, told bool) {
	s, ctx := open(t), t.Context()
	away := map[CustomerID]bool{}
	s.Watching = func(c CustomerID, _ InboxID) bool { return !away[c] }
	mei, lei, tao := s.visitor(), s.visitor(), s.visitor() // Tao only looks around
	if told {
		s.Visiting = func() (list []Here) {
			for _, v := range []Actor{mei, lei, tao, mei} {
				if !away[v.Customer()] {
					list = append(list, Here{v.Customer(), s.widget.ID}, Here{v.Customer(), s.widget.ID + 1})
				}
			}
			return list
		}
	}
	first, second := s.say(mei, "hi").ConversationID, s.say(lei, "hello").ConversationID
	shows := func(what string, want ...ConversationID) {
		t.Helper()
		l := ConversationList{Kind: "chat", View: "online", Limit: 50}
		list, _, err := s.Conversations(ctx, s.bo, l)
		s.must(err)
		n, err := s.CountUpTo(ctx, s.bo, l, CountMost)
		s.must(err)
		if len(list) != len(want) || n != len(want) {
			t.Fatalf("%s: %d in the list, %d counted, want %v", what, len(list), n, want)
		}
		for i, c := range list {
			if c.ID != want[i] {
				t.Errorf("%s: %v stands at %d, want %v", what, c.ID, i, want[i])
			}
		}
	}
	shows("both are here", second, first)
	away[lei.Customer()] = true
	shows("one has left", first)
	_, err := s.CloseConversation(ctx, s.alice, first)
	s.must(err)
	shows("the other's chat is closed")
	away[lei.Customer()] = false
	shows("he came back", second)
}
