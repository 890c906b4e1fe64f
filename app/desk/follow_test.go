package desk

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// A run that fails comes again one by one: the event at fault is set aside, and the others are taken once more.
func TestFollowersByRunsLeaveOnlyTheFaultOut(t *testing.T) {
	was := pauses
	pauses = nil
	defer func() { pauses = was }()
	s := open(t)
	ctx, stop := context.WithCancel(t.Context())
	for i := range 5 {
		s.say(s.visitor(), fmt.Sprint("message ", i))
	}
	last, err := s.LastEvent(ctx)
	s.must(err)
	bad, done := last-2, make(chan error, 1)
	taken := map[EventID]bool{}
	go func() {
		done <- s.FollowAll(ctx, "runs", func(_ context.Context, run []Event) error {
			for _, e := range run {
				if e.ID == bad {
					return errors.New("cannot be digested")
				}
				taken[e.ID] = true
			}
			return nil
		})
	}()
	s.until("the follower at the end", func() bool {
		f, ok := s.followers.Load("runs")
		return ok && EventID(f.(*follower).progress.Load()) == last
	})
	stop()
	s.must(<-done)
	for id := EventID(1); id <= last; id++ {
		if taken[id] == (id == bad) {
			t.Errorf("event %d: taken %v", id, taken[id])
		}
	}
	var aside EventID
	s.must(s.db.Readers().QueryRow("select event_id from set_aside_events where follower = 'runs'").Scan(&aside))
	if aside != bad {
		t.Errorf("event %d was set aside, want %d", aside, bad)
	}
}
