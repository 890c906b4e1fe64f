package health

import (
	"context"
	"os"
	"slices"
	"syscall"
	"time"
)

const (
	fewFiles   = 4096                   // each visitor who is there holds a connection
	syncs      = 21                     // how often the disk is asked to make something durable
	slowSync   = 30 * time.Millisecond  // each commit takes two of these at most
	stuckSync  = 300 * time.Millisecond // then agents wait for their own words
	syncedSize = 4096                   // bytes
)

// OpenFiles says whether the system lets the program hold as many connections as a busy day brings.
func OpenFiles() Check { return openFiles(syscall.Getrlimit) }

func openFiles(limit func(int, *syscall.Rlimit) error) Check {
	return One(func(context.Context) Part {
		var l syscall.Rlimit
		if err := limit(syscall.RLIMIT_NOFILE, &l); err != nil {
			return Warning("files", "health.files.unknown", err)
		}
		if l.Max < fewFiles { // Go raises the soft limit to the hard one by itself
			return Warning("files", "health.files.few", l.Max)
		}
		return Well("files", "health.files.ok", l.Max)
	})
}

// DiskSpeed measures how long the disk of a folder takes to make a page durable, in the middle of 21 tries, with a file that is removed
// again. It takes as long as the disk does, so it is for the doctor.
func DiskSpeed(dir string) Check {
	return diskSpeed(dir, (*os.File).Sync, time.Now)
}

func diskSpeed(dir string, sync func(*os.File) error, now func() time.Time) Check {
	return One(func(ctx context.Context) Part {
		f, err := os.CreateTemp(dir, ".speed-")
		if err != nil {
			return Failure("speed", "health.speed.failed", dir, err)
		}
		defer f.Close()
		_ = os.Remove(f.Name()) // at once: a kill leaves nothing behind
		var took []time.Duration
		for i := 0; i < syncs && ctx.Err() == nil; i++ {
			begun := now()
			_, err := f.WriteAt(make([]byte, syncedSize), 0)
			if err == nil {
				err = sync(f)
			}
			if err != nil {
				return Failure("speed", "health.speed.failed", dir, err)
			}
			took = append(took, now().Sub(begun))
		}
		if len(took) == 0 {
			return Failure("speed", "health.speed.failed", dir, ctx.Err())
		}
		slices.Sort(took)
		middle := took[len(took)/2].Round(10 * time.Microsecond)
		switch {
		case middle > stuckSync:
			return Failure("speed", "health.speed.stuck", middle)
		case middle > slowSync:
			return Warning("speed", "health.speed.slow", middle)
		}
		return Well("speed", "health.speed.ok", middle)
	})
}
