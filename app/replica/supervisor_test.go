package replica

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

func TestStatus(t *testing.T) {
	data, desk, files := small(t, 5)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var carries atomic.Bool
	s := &Supervisor{Exe: exe, Args: []string{"replicate", data, ""}, Config: load(t, "", data), trimEvery: time.Millisecond, Trim: func() {
		if carries.Load() {
			t.Error("trimmed while a child carries")
		}
	}}
	release, err := lock(filepath.Join(data, ".replicate.lock")) // until it goes, no child can be further than its start
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if st := s.Status(); st.Running || !st.LastSync.IsZero() || len(st.Databases) != 2 {
		t.Errorf("at the start: %+v", st)
	}
	release()
	until(t, func() bool { return !s.Status().LastSync.IsZero() })
	carries.Store(true)
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
	carries.Store(false)
	s.current().cmd.Process.Kill()
	until(t, func() bool { return s.Status().Restarts > 0 })
	if err := s.Sync(context.Background()); err != nil && !errors.Is(err, ErrDown) {
		t.Errorf("a sync while nothing runs: %v", err)
	}
	until(t, func() bool { return s.Status().Running })
	if err := errors.Join(desk.Close(), files.Close(), s.Stop()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// A program that never becomes ready is started again with longer and longer pauses, and Stop still stops.
func TestBackOff(t *testing.T) {
	data := t.TempDir()
	trimmed := make(chan bool, 1)
	s := &Supervisor{Exe: "/bin/false", Config: load(t, "", data), trimEvery: time.Millisecond, Trim: func() {
		select {
		case trimmed <- true:
		default:
		}
	}}
	begun := time.Now()
	s.Start()
	until(t, func() bool { return s.Status().Restarts >= 3 })
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
	<-trimmed // nobody else keeps the log short
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

// While no child runs the desk writes on and its log is emptied: the next child must see that it has missed something.
func TestNothingIsLostWhileNoChildRuns(t *testing.T) {
	ctx := context.Background()
	data, desk, files := small(t, 300)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, "", data)
	carry := func() {
		t.Helper()
		s := &Supervisor{Exe: exe, Args: []string{"replicate", data, ""}, Config: c}
		s.Start()
		until(t, func() bool { return s.Sync(ctx) == nil })
		s.current().cmd.Process.Kill() // no last flush
		until(t, func() bool { return s.Status().Restarts > 0 })
		s.Stop()
	}
	more := func(n int) {
		t.Helper()
		for range n {
			if _, err := message(ctx, desk, files); err != nil {
				t.Fatal(err)
			}
		}
	}
	total := 300
	for _, n := range []int{1, 40, 400} { // less than, about, and more than what the log had before
		carry()
		more(n)
		for _, db := range []interface{ Truncate(context.Context) error }{desk, files.DB()} {
			until(t, func() bool { return db.Truncate(ctx) == nil }) // the killed child's locks go with it
		}
		more(n)
		total += 2 * n
		carry()
		other := load(t, "", t.TempDir())
		for i := range other.Databases {
			other.Databases[i].Target = c.Databases[i].Target
		}
		if _, err := Restore(ctx, other, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if got := len(restored(t, other.Data)); got != total {
			t.Errorf("%d of %d messages are in the replica", got, total)
		}
	}
}
