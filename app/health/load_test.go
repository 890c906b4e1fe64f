package health

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestOpenFiles(t *testing.T) {
	for max, want := range map[uint64]State{1024: Warn, 4096: OK, 1 << 20: OK} {
		limit := func(_ int, l *syscall.Rlimit) error { l.Max = max; return nil }
		if p := openFiles(limit)(t.Context())[0]; p.State != want {
			t.Errorf("%d files: %+v", max, p)
		}
	}
	if p := OpenFiles()(t.Context())[0]; p.Words.Key == "health.files.unknown" {
		t.Errorf("here: %+v", p)
	}
}

func TestDiskSpeed(t *testing.T) {
	dir := t.TempDir()
	clock := time.Date(2026, 4, 12, 6, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	for took, want := range map[time.Duration]string{slowSync: "health.speed.ok", slowSync + time.Millisecond: "health.speed.slow", stuckSync + time.Millisecond: "health.speed.stuck"} {
		if p := diskSpeed(dir, func(*os.File) error { clock = clock.Add(took); return nil }, now)(t.Context())[0]; p.Words.Key != want {
			t.Errorf("%v: %+v", took, p)
		}
	}
	if p := diskSpeed(dir, func(*os.File) error { return errors.New("input/output error") }, now)(t.Context())[0]; p.State != Failed {
		t.Errorf("a broken disk: %+v", p)
	}
	if p := DiskSpeed(dir + "/gone")(t.Context())[0]; p.State != Failed {
		t.Errorf("a folder that is not there: %+v", p)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// Nobody waits for the disk when it is asked too late.
func TestDiskSpeedTooLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p := DiskSpeed(t.TempDir())(ctx)[0]; p.State != Failed {
		t.Errorf("%+v", p)
	}
}
