package desk

import (
	"testing"
	"time"
)

// The views of those who wait say what their numbers say, and move as time passes though nothing happens.
func TestWhoWaits(t *testing.T) {
	s, ctx := open(t), t.Context()
	one, two := s.visitor(), s.visitor()
	id := s.say(one, "hello").ConversationID
	s.now = s.now.Add(time.Minute)
	other := s.say(two, "hi").ConversationID
	_, err := s.Join(ctx, s.bo, other)
	s.must(err)
	is := func(unserved, pending, soon, overdue int, moves time.Duration) {
		t.Helper()
		n, err := s.Counts(ctx, s.bo, "chat")
		s.must(err)
		if n.Unserved != unserved || n.Pending != pending || n.Soon != soon || n.Overdue != overdue {
			t.Errorf("counted are %+v", n)
		}
		if in := n.Moves.Sub(s.now); moves == 0 && !n.Moves.IsZero() || moves != 0 && in != moves {
			t.Errorf("they move in %v, want %v", in, moves)
		}
		for view, want := range map[string]int{"unserved": unserved, "pending": pending, "soon": soon, "overdue": overdue} {
			list, _, err := s.Conversations(ctx, s.bo, ConversationList{Kind: "chat", View: view, Limit: 10})
			if s.must(err); len(list) != want {
				t.Errorf("%s lists %d, want %d", view, len(list), want)
			}
		}
	}
	is(1, 1, 0, 0, 2*time.Minute)
	s.now = s.now.Add(2 * time.Minute)
	is(1, 1, 1, 0, time.Minute)
	s.now = s.now.Add(2 * time.Minute)
	is(1, 1, 1, 1, time.Minute)
	_, err = s.Reply(ctx, s.bo, other, Draft{Text: "yes"})
	s.must(err)
	is(1, 0, 0, 1, 0)
	s.must(s.ChangeHandling(ctx, s.alice, Handling{SoonAfter: 4, OverdueAfter: 10}))
	is(1, 0, 1, 0, 5*time.Minute)
	h, err := s.Handling(ctx, s.bo)
	s.must(err)
	if got := h.Wait(s.now.Add(-4*time.Minute), s.now); got != "soon" || h.Wait(time.Time{}, s.now) != "" {
		t.Errorf("four minutes are %q", got)
	}
	_, err = s.CloseConversation(ctx, s.alice, id)
	s.must(err)
	is(0, 0, 0, 0, 0)
}
