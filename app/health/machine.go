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
	jump     = 2 * time.Minute // the clock's step that is worth a word
	jumped   = time.Hour       // how long it must go on evenly before it is believed again
	leap     = 24 * time.Hour  // a step by which what was to be kept could be taken away
	leapt    = 24 * time.Hour  // and how long it must go on evenly after that
	longRest = 30 * 24 * time.Hour
	ahead    = 5 * time.Minute // how far files may lie in the future: other machines' clocks differ too
)

// Clock watches the machine's clock: whether it jumps, and whether files were written in its future, which says that it was
// set back. Order does not depend on it, but times that people read and what falls due do.
type Clock struct {
	Now     func() time.Time     // the wall clock
	Elapsed func() time.Duration // of a clock that only goes on, since the start
	Dir     string               // the data folder

	mu       sync.Mutex
	begun    bool
	last     time.Time     // what the wall clock said when Elapsed began, by the last look
	believed time.Time     // likewise, as far as it is believed
	trusted  time.Time     // likewise, for what cannot be undone
	at       time.Time     // of the last jump, by the clock after it
	mono     time.Duration // Elapsed then
}

// NewClock watches the real clock, with the files of a data folder for witnesses. elapsed only goes on, while the machine sleeps too.
func NewClock(dir string, elapsed func() time.Duration) *Clock {
	begun := elapsed()
	return &Clock{Now: time.Now, Elapsed: func() time.Duration { return elapsed() - begun }, Dir: dir}
}

// Began tells of what happened before the start: by how much the clock has jumped since the last process noted it, and how long the desk
// rested by the clock where nobody knows better. A rest of more than a month is taken for a jump: who knows whether it is true.
func (c *Clock) Began(step, rest time.Duration) {
	if step == 0 && rest > longRest {
		step = rest
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.mono = c.read()
	c.begun, c.last = true, c.at.Add(-c.mono)
	c.believed, c.trusted = c.last.Add(-step), c.last.Add(-step)
}

// read leaves out the reading of the wall clock that only goes on.
func (c *Clock) read() (now time.Time, mono time.Duration) { return c.Now().Round(0), c.Elapsed() }

// look compares the two clocks.
func (c *Clock) look() (now time.Time) {
	now, mono := c.read()
	begin := now.Add(-mono)
	if !c.begun {
		c.begun, c.last, c.believed, c.trusted = true, begin, begin, begin
	}
	if begin.Sub(c.last).Abs() > jump {
		c.at, c.mono = now, mono
	}
	c.last = begin
	// It was corrected a little, is back where it was, or has gone on evenly since.
	if begin.Sub(c.believed).Abs() <= jump || mono-c.mono >= jumped {
		c.believed = begin
	}
	if begin.Sub(c.trusted).Abs() <= leap || mono-c.mono >= leapt {
		c.trusted = begin
	}
	return now
}

// Trusted says whether the clock may decide what is so old that it is taken away for good: whether it has not leapt by more than a day,
// or has gone on evenly for a day since.
func (c *Clock) Trusted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.last.Equal(c.trusted)
}

// Check looks at the clock now.
func (c *Clock) Check(context.Context) []Part {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.look()
	if file, newest := c.newest(); newest.Sub(now) > ahead {
		return []Part{Failure("clock", "health.clock.behind", now.UTC().Format(time.DateTime), filepath.Base(file), newest.UTC().Format(time.DateTime))}
	}
	if step := c.last.Sub(c.believed); step != 0 {
		key := map[bool]string{true: "health.clock.jumped", false: "health.clock.back"}[step > 0]
		return []Part{{Name: "clock", State: Warn, Words: Words{key, []any{Span(step.Abs()), c.at.UTC().Format(time.DateTime)}}, Since: c.at}}
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
