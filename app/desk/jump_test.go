package desk

import (
	"fmt"
	"testing"
	"time"
)

// The machine's clock is set two hours back, and then a year ahead, in the middle of a talk. Both sides keep one order, the
// list has what was written last above, the log goes on where it was, and nobody is logged out.
func TestTheClockJumps(t *testing.T) {
	s, ctx := open(t), t.Context()
	even := s.now
	s.Steady = func() time.Time { return even }
	token, _, err := s.LogIn(ctx, System, Credentials{Email: "alice@tea.example", Password: "longjing before rain"})
	s.must(err)
	li, wu := s.visitor(), s.visitor()
	last, err := s.LastEvent(ctx)
	s.must(err)
	from, said, talks := last, 0, map[ConversationID]bool{}
	talk := func(when string) {
		t.Helper()
		for _, v := range []Actor{li, wu, li} {
			s.now, even = s.now.Add(time.Second), even.Add(time.Second)
			m := s.say(v, fmt.Sprint("message ", said))
			said++
			talks[m.ConversationID] = true
			list, _, err := s.Conversations(ctx, s.alice, ConversationList{Kind: "chat", View: "all", Limit: 10})
			s.must(err)
			if list[0].ID != m.ConversationID {
				t.Errorf("%s: the list does not begin with what was written last", when)
			}
		}
		if _, _, err := s.Session(ctx, System, token); err != nil {
			t.Errorf("%s: she is logged out: %v", when, err)
		}
		swept, err := s.Expire(ctx, System)
		s.must(err)
		if swept.Sessions != 0 {
			t.Errorf("%s: her session was swept away", when)
		}
	}
	begun := s.now
	talk("before")
	s.now = begun.Add(-2 * time.Hour)
	talk("two hours back")
	s.now = begun.AddDate(1, 0, 0)
	talk("a year ahead")
	for id := range talks {
		list, _, err := s.Messages(ctx, s.alice, id, MessageList{Limit: 100})
		s.must(err)
		for i, m := range list {
			if m.Seq != int64(i+1) {
				t.Errorf("message %d has the place %d", i, m.Seq)
			}
		}
	}
	events, err := s.EventsAfter(ctx, System, from, 1000)
	s.must(err)
	told := 0
	for _, e := range events {
		if e.ID <= last {
			t.Errorf("event %d comes after %d", e.ID, last)
		}
		if last = e.ID; e.Name == MessageReceived {
			told++
		}
	}
	if told != said {
		t.Errorf("the log tells of %d messages, of %d", told, said)
	}
	even = even.Add(idleFor + time.Minute) // it counts what really passes
	if _, _, err := s.Session(ctx, System, token); err == nil {
		t.Error("a session that was not used for half a day goes on")
	}
}

func TestAnEvenClock(t *testing.T) {
	clock := EvenClock()
	if d := time.Since(clock()); d < -time.Second || d > time.Minute {
		t.Errorf("it begins %v away", d)
	}
	if a, b := clock(), clock(); b.Before(a) {
		t.Error("it goes back")
	}
}
