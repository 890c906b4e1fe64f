package desk

import (
	"context"
	"fmt"
	"sync"
	"testing"
)

// How far all followers have come is on disk after one save; a follower that begins again goes on from there.
func TestCursorsAreSavedTogether(t *testing.T) {
	s := open(t)
	names := []string{"one", "two", "three"}
	kept := func() (list []EventID) {
		t.Helper()
		for _, name := range names {
			var id EventID
			if err := s.db.Readers().QueryRow("select coalesce((select event_id from cursors where name = ?), 0)", name).Scan(&id); err != nil {
				t.Fatal(err)
			}
			list = append(list, id)
		}
		return list
	}
	var mu sync.Mutex
	seen := map[string][]EventID{}
	follow := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, name := range names {
			running.Go(func() {
				err := s.Follow(ctx, name, func(_ context.Context, e Event) error {
					mu.Lock()
					defer mu.Unlock()
					seen[name] = append(seen[name], e.ID)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		for _, name := range names {
			s.until("follower "+name, func() bool { _, begun := s.followers.Load(name); return begun })
		}
		s.must(s.Settle(t.Context()))
		return func() { cancel(); running.Wait() }
	}
	last := func() EventID {
		id, err := s.LastEvent(t.Context())
		s.must(err)
		return id
	}
	want := func(what string, id EventID) {
		t.Helper()
		if got := fmt.Sprint(kept()); got != fmt.Sprint([]EventID{id, id, id}) {
			t.Errorf("%s the cursors are %s, want %d each", what, got, id)
		}
	}

	s.say(s.visitor(), "hello")
	stop := follow()
	s.cursors.save(t.Context(), s.Desk, true)
	want("after one save", last())
	s.say(s.visitor(), "again")
	s.must(s.Settle(t.Context()))
	stop()
	want("at the end of the followers", last())

	s.say(s.visitor(), "and again")
	follow()()
	for _, name := range names {
		for i, id := range seen[name] {
			if id != EventID(i+1) {
				t.Fatalf("follower %s took event %d as number %d", name, id, i+1)
			}
		}
		if EventID(len(seen[name])) != last() {
			t.Errorf("follower %s took %d of %d events", name, len(seen[name]), last())
		}
	}
}
