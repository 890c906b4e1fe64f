package replica

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestStatus(t *testing.T) {
	data, desk, files := small(t, 5)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var calls []string
	call := func(s string) func() {
		return func() {
			mu.Lock()
			defer mu.Unlock()
			calls = append(calls, s)
		}
	}
	s := &Supervisor{Exe: exe, Args: []string{"replicate", data, ""}, Config: load(t, "", data), OnUp: call("up"), OnDown: call("down")}
	s.Start()
	if st := s.Status(); st.Running || !st.LastSync.IsZero() || len(st.Databases) != 2 {
		t.Errorf("at the start: %+v", st)
	}
	until(t, func() bool { return !s.Status().LastSync.IsZero() })
	before := time.Now()
	if err := s.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	st := s.Status()
	if !st.Running || st.Since.IsZero() || st.LastError != "" || st.Restarts != 0 || !st.SameDisk || st.LastSync.Before(before) {
		t.Errorf("while it runs: %+v", st)
	}
	for i, d := range st.Databases {
		if d.Name != names[i] || d.TXID == 0 || d.Err != "" || d.Behind > time.Since(before) || st.Where[i] == "" {
			t.Errorf("%+v at %s", d, st.Where[i])
		}
	}
	s.current().cmd.Process.Kill()
	until(t, func() bool { return s.Status().Restarts == 1 })
	if err := s.Sync(context.Background()); err != nil && !errors.Is(err, ErrDown) {
		t.Errorf("a sync while nothing runs: %v", err)
	}
	until(t, func() bool { return s.Status().Running })
	if err := errors.Join(desk.Close(), files.Close(), s.Stop()); err != nil {
		t.Errorf("stop: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"up", "down", "up"}; !slices.Equal(calls, want) {
		t.Errorf("called %v, want %v", calls, want)
	}
}

// A program that never becomes ready is started again with longer and longer pauses, and Stop still stops.
func TestBackOff(t *testing.T) {
	data := t.TempDir()
	s := &Supervisor{Exe: "/bin/false", Config: load(t, "", data), OnUp: func() { t.Error("up") }, OnDown: func() { t.Error("down") }}
	begun := time.Now()
	s.Start()
	until(t, func() bool { return s.Status().Restarts == 3 })
	if took := time.Since(begun); took < 3*firstPause {
		t.Errorf("three times in %v", took)
	}
	st := s.Status()
	if st.Running || st.LastError == "" || st.Databases[0].Behind < 3*firstPause {
		t.Errorf("%+v", st)
	}
	if err := s.Sync(context.Background()); !errors.Is(err, ErrDown) {
		t.Errorf("sync: %v", err)
	}
	s.Stop()
}

func TestFreshIsToldOnceAndAgainAfterAFault(t *testing.T) {
	data := t.TempDir()
	told := 0
	do := func() error { told++; return nil }
	if err := Fresh(data, do); err != nil || told != 0 {
		t.Errorf("not restored, and told %d times, %v", told, err)
	}
	write(t, filepath.Join(data, freshMark), "")
	if err := Fresh(data, func() error { return os.ErrClosed }); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	for range 2 {
		if err := Fresh(data, do); err != nil {
			t.Error(err)
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
