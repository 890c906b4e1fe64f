package health

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Room is what is left on a disk, in bytes.
type Room struct{ Free, All uint64 }

// RoomIn looks at the disk of a folder.
func RoomIn(dir string) (Room, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return Room{}, fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	return Room{Free: s.Bavail * uint64(s.Bsize), All: s.Blocks * uint64(s.Bsize)}, nil
}

// Disk says whether there is room in the data folder: less than a tenth is a warning, less than 2% or 500 MB a failure, because
// the next large mail may not fit.
func Disk(dir string, look func(dir string) (Room, error)) Check {
	return One(func(context.Context) Part {
		r, err := look(dir)
		if err != nil {
			return Failure("disk", "health.disk.unknown", err)
		}
		left, all := Size(r.Free), Size(r.All)
		switch {
		case r.Free < 500<<20 || r.Free*50 < r.All:
			return Failure("disk", "health.disk.failed", left, all)
		case r.Free*10 < r.All:
			return Warning("disk", "health.disk.warn", left, all)
		}
		return Well("disk", "health.disk.ok", left, all)
	})
}

// Size is bytes as people say them.
func Size(n uint64) string {
	const unit = 1 << 10
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/unit, 0
	for v >= unit && i < 4 {
		v /= unit
		i++
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGTP"[i])
}

const (
	jump   = 2 * time.Minute // the clock's step that is worth a word
	jumped = time.Hour       // how long it is talked about
	ahead  = 5 * time.Minute // how far files may lie in the future: other machines' clocks differ too
)

// Clock watches the machine's clock: whether it jumps, and whether files were written in its future, which says that it was
// set back. Order does not depend on it, but times that people read and what falls due do.
type Clock struct {
	Now     func() time.Time     // the wall clock
	Elapsed func() time.Duration // of a clock that only goes on, since the start
	Dir     string               // the data folder

	mu   sync.Mutex
	wall time.Time
	mono time.Duration
	at   time.Time // of the last jump, by the clock after it
	step time.Duration
}

// NewClock watches the real clock, with the files of a data folder for witnesses.
func NewClock(dir string) *Clock {
	begin := time.Now()
	return &Clock{Now: time.Now, Elapsed: func() time.Duration { return time.Since(begin) }, Dir: dir}
}

// Check looks at the clock now.
func (c *Clock) Check(context.Context) []Part {
	now := c.Now().Round(0) // without the reading that only goes on
	file, newest := c.newest()
	if newest.Sub(now) > ahead {
		return []Part{Failure("clock", "health.clock.behind", now.UTC().Format(time.DateTime), filepath.Base(file), newest.UTC().Format(time.DateTime))}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	mono := c.Elapsed()
	if !c.wall.IsZero() {
		if step := now.Sub(c.wall) - (mono - c.mono); step > jump || step < -jump {
			c.at, c.step = now, step
		}
	}
	c.wall, c.mono = now, mono
	if since := now.Sub(c.at); c.step != 0 && since >= 0 && since < jumped {
		return []Part{{Name: "clock", State: Warn, Words: Words{"health.clock.jumped", []any{c.step.Round(time.Second), c.at.UTC().Format(time.DateTime)}}, Since: c.at}}
	}
	return []Part{Well("clock", "health.clock.ok", now.UTC().Format(time.DateTime))}
}

// newest is the file of the data folder that was written last.
func (c *Clock) newest() (file string, at time.Time) {
	for _, name := range []string{"desk.db", "desk.db-wal", "blobs.db", "blobs.db-wal", "secret.key"} {
		path := filepath.Join(c.Dir, name)
		if info, err := os.Stat(path); err == nil && info.ModTime().After(at) {
			file, at = path, info.ModTime()
		}
	}
	return file, at
}
