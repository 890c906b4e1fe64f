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
	up := time.Hour
	clock := EvenClock(func() time.Duration { return up })
	begun := clock()
	if d := time.Since(begun); d < -time.Second || d > time.Minute {
		t.Errorf("it begins %v away", d)
	}
	if up += time.Minute; clock().Sub(begun) != time.Minute {
		t.Errorf("after a minute it is %v further", clock().Sub(begun))
	}
}

// The desk is started again while the clock is wrong, and again when it is right. Sessions live as long as they would have.
func TestAStartWithAnotherClock(t *testing.T) {
	const boot, another = "a", "b"
	for name, c := range map[string]struct {
		boot   string
		up     time.Duration // since the machine began, at the second start; the first was after an hour
		wall   time.Duration // by which the clock has gone on meanwhile
		lives  bool
		jumped time.Duration
		rested time.Duration
	}{
		"nothing was set":                            {boot, 2 * time.Hour, time.Hour, true, 0, 0},
		"a year ahead":                               {boot, 2 * time.Hour, 365*24*time.Hour + time.Hour, true, 365 * 24 * time.Hour, 0},
		"two hours back":                             {boot, 2 * time.Hour, -time.Hour, true, -2 * time.Hour, 0},
		"it stood still too long, however set":       {boot, 14 * time.Hour, time.Minute, false, time.Minute - 13*time.Hour, 0},
		"another start of the machine":               {another, time.Minute, time.Hour, true, 0, time.Hour},
		"another start, too late":                    {another, time.Minute, 13 * time.Hour, false, 0, 13 * time.Hour},
		"another start, with a clock from the works": {another, time.Minute, -20 * 365 * 24 * time.Hour, true, -20 * 365 * 24 * time.Hour, 0},
		"a container that tells less than before":    {boot, time.Minute, time.Hour, true, 0, time.Hour},
		"a machine that tells nothing":               {"", 0, time.Hour, true, 0, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := open(t), t.Context()
			begun := s.now
			passed, err := s.KeepTime(ctx, System, func() time.Time { return s.now }, Machine{boot, time.Hour})
			s.must(err)
			if passed != (Passed{}) {
				t.Errorf("at the first start %+v", passed)
			}
			token, _, err := s.LogIn(ctx, System, Credentials{Email: "alice@tea.example", Password: "longjing before rain"})
			s.must(err)
			s.now = begun.Add(c.wall)
			passed, err = s.KeepTime(ctx, System, func() time.Time { return s.now }, Machine{c.boot, c.up})
			s.must(err)
			if want := (Passed{c.jumped, c.rested}); passed != want {
				t.Errorf("it thinks %+v, want %+v", passed, want)
			}
			if _, _, err := s.Session(ctx, System, token); (err == nil) != c.lives {
				t.Errorf("her session: %v", err)
			}
			swept, err := s.Expire(ctx, System)
			s.must(err)
			if swept.Sessions != map[bool]int64{true: 0, false: 1}[c.lives] {
				t.Errorf("%d sessions were swept away", swept.Sessions)
			}
			// And the clock is set right, and the desk started once more.
			s.must(s.NoteTime(ctx, System, Machine{boot, 100 * time.Hour}))
			s.now = begun.Add(2 * time.Hour)
			_, err = s.KeepTime(ctx, System, func() time.Time { return s.now }, Machine{boot, 100*time.Hour + time.Minute})
			s.must(err)
			if _, _, err := s.Session(ctx, System, token); (err == nil) != c.lives {
				t.Errorf("her session, once it is right: %v", err)
			}
		})
	}
}
