package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/replica"
)

const (
	upkeepSoon  = 2 * time.Minute    // after the start it looks for the first time whether something is due
	upkeepEvery = 10 * time.Minute   // and then so often
	firstUpkeep = 15 * time.Minute   // after the desk was set up, so that trying it out makes no backups
	quietHour   = 3                  // of the company's clock: when upkeep is done that can wait
	dailyAfter  = 22 * time.Hour     // the last one must be so old
	atOnceAfter = 36 * time.Hour     // and one so old does not wait for the quiet hour
	lateAfter   = 50 * time.Hour     // then somebody must look
	lateStart   = time.Hour          // but what became late while the desk stood still, it may first make up for
	retryAfter  = time.Hour          // after one that failed
	upkeepLimit = 6 * time.Hour      // one that takes longer is given up
	backupStamp = "20060102T150405Z" // in the file's name, UTC
)

// keeper makes a backup and a drill every day, and on demand. Both are done by a process of their own.
type keeper struct {
	a       *App
	since   time.Time
	running [2]atomic.Bool // backup, drill
}

func newKeeper(a *App) *keeper { return &keeper{a: a, since: a.Desk.Clock()} }

func (k *keeper) busy(kind desk.UpkeepKind) *atomic.Bool {
	if kind == desk.Drill {
		return &k.running[1]
	}
	return &k.running[0]
}

// run does what is due until ctx ends. While the clock is in doubt it waits.
func (k *keeper) run(ctx context.Context) error {
	next := time.NewTimer(upkeepSoon)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
			next.Reset(upkeepEvery)
		}
		if k.a.clock.Check(ctx)[0].State != health.OK {
			continue
		}
		for _, kind := range []desk.UpkeepKind{desk.Backup, desk.Drill} {
			due, err := k.due(ctx, kind)
			if err != nil {
				return err
			}
			if due {
				k.do(ctx, kind)
			}
		}
	}
}

// due says whether it is time for a kind of upkeep.
func (k *keeper) due(ctx context.Context, kind desk.UpkeepKind) (bool, error) {
	if kind == desk.Backup {
		if s, err := k.a.Desk.Safekeeping(ctx, desk.System); err != nil || !s.Backups {
			return false, err
		}
	}
	last, well, err := k.a.Desk.LastUpkeep(ctx, desk.System, kind)
	if err != nil {
		return false, err
	}
	company, err := k.a.Desk.Company(ctx, desk.System)
	if err != nil {
		return false, err
	}
	zone, err := time.LoadLocation(company.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	begun, err := k.begun(ctx)
	return dueAt(k.a.Desk.Clock().In(zone), begun, last, well), err
}

// begun is since when there is something to keep; zero: there is nothing yet. A demo's past is made up.
func (k *keeper) begun(ctx context.Context) (time.Time, error) {
	if k.a.Config.Demo {
		return k.since, nil
	}
	return k.a.Desk.SetUpAt(ctx, desk.System)
}

// dueAt decides by the company's clock, when the desk was set up, the last time, and the last time that went well. One that went well tomorrow
// was noted by a clock that was ahead: nobody knows how old it is.
func dueAt(now, begun time.Time, last desk.Upkeep, well time.Time) bool {
	switch {
	case last.At.IsZero():
		return !begun.IsZero() && now.Sub(begun) >= firstUpkeep
	case last.Fault != "" && now.Sub(last.At).Abs() < retryAfter:
		return false
	case last.Fault != "" || now.Sub(well) >= atOnceAfter || well.Sub(now) >= dailyAfter:
		return true
	}
	return now.Sub(well) >= dailyAfter && now.Hour() == quietHour
}

// Upkeep begins a backup or a drill now, unless one runs; Upkeeping tells of its end.
func (a *App) Upkeep(_ context.Context, by desk.Actor, kind desk.UpkeepKind) error {
	if err := by.Can(desk.ManageCompany); err != nil {
		return err
	}
	if a.Config.Exe == "" || kind != desk.Backup && kind != desk.Drill {
		return desk.NotFound
	}
	if !a.closing.Load() {
		a.parts.Go(func() { a.keeper.do(a.running, kind) })
	}
	return nil
}

// Upkeeping says whether one runs.
func (a *App) Upkeeping(kind desk.UpkeepKind) bool { return a.keeper.busy(kind).Load() }

// do does it and notes how it went.
func (k *keeper) do(ctx context.Context, kind desk.UpkeepKind) {
	busy := k.busy(kind)
	if !busy.CompareAndSwap(false, true) {
		return
	}
	defer busy.Store(false)
	k.a.Config.clearWork(k.a.Log)
	u, gone := desk.Upkeep{Kind: kind, At: k.a.Desk.Clock()}, []string(nil)
	limited, cancel := context.WithTimeout(ctx, upkeepLimit)
	defer cancel()
	var err error
	if kind == desk.Drill {
		err = k.drill(limited, &u)
	} else {
		gone, err = k.backup(limited, &u)
	}
	if ctx.Err() != nil {
		return // the desk ends; the next one begins anew
	}
	u.Took = k.a.Desk.Clock().Sub(u.At)
	if err != nil {
		u.Fault = err.Error()
		k.a.Log.Error("upkeep", "kind", kind, "error", err)
	} else {
		k.a.Log.Info("upkeep", "kind", kind, "took", u.Took.Round(time.Millisecond), "bytes", u.Bytes, "file", u.File)
	}
	if err := k.a.Desk.NoteUpkeep(ctx, desk.System, u, gone); err != nil {
		k.a.Log.Error("note the upkeep", "kind", kind, "error", err)
	}
}

// clearWork removes what was half made when a process was killed: it would take the room that the next needs.
func (c Config) clearWork(log *slog.Logger) {
	for _, dir := range []string{c.Data, c.Backups} {
		if err := replica.ClearWork(dir); err != nil {
			log.Error("remove what was left half made", "folder", dir, "error", err)
		}
	}
}

func (k *keeper) drill(ctx context.Context, u *desk.Upkeep) error {
	c := k.a.Config
	if err := room(c.Data, 1, c.Data); err != nil {
		return err
	}
	found, err := replica.RunDrill(ctx, c.Exe, c.ReplicateArgs())
	if err != nil {
		return err
	}
	for _, db := range found.Databases {
		u.Bytes += db.Size
		u.Messages += db.Rows["messages"]
	}
	return k.compare(ctx, u, found)
}

// compare holds what the replica gave back against the log: it may lack the last moments, and nothing else.
func (k *keeper) compare(ctx context.Context, u *desk.Upkeep, found replica.Drilled) error {
	for _, db := range found.Databases {
		if db.Name != replica.DeskName {
			continue
		}
		want, err := k.a.Desk.EventsUntil(ctx, desk.System, u.At.Add(-behindLimit))
		if err == nil && db.Rows["events"] < want {
			err = fmt.Errorf("the replica holds %d of the %d events that are older than %v", db.Rows["events"], want, behindLimit)
		}
		return err
	}
	return errors.New("the replica holds no messages")
}

// backup writes and checks one file, and removes those that are kept no longer.
func (k *keeper) backup(ctx context.Context, u *desk.Upkeep) (gone []string, err error) {
	c := k.a.Config
	if err := os.MkdirAll(c.Backups, 0o700); err != nil {
		return nil, fmt.Errorf("DESKBELL_BACKUPS=%q: %w", c.Backups, err)
	}
	if err := room(c.Backups, 3, c.Data); err != nil { // the copies, the packed file, and reading it again
		return nil, err
	}
	name := "deskbell-" + u.At.UTC().Format(backupStamp) + ".tar.gz"
	path := filepath.Join(c.Backups, name)
	cmd := exec.CommandContext(ctx, c.Exe, "backup", "--data", c.Data, "--check", path)
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		os.Remove(path) // what cannot be read again is no backup
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	u.File, u.Bytes = name, info.Size()
	keep, err := k.a.Desk.Safekeeping(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	return thin(c.Backups, name, keep)
}

// thin removes the backups that are kept no longer, and answers their names. Nothing is newer than the one that was just made: those of a later
// time were made by a clock that was ahead, and are taken for the oldest.
func thin(dir, just string, keep desk.Safekeeping) (gone []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "deskbell-*.tar.gz"))
	if err != nil {
		return nil, err
	}
	made := func(path string) (time.Time, error) {
		return time.Parse("deskbell-"+backupStamp+".tar.gz", filepath.Base(path))
	}
	files = slices.DeleteFunc(files, func(path string) bool { // not ours
		_, err := made(path)
		return err != nil
	})
	ahead := func(path string) int {
		if filepath.Base(path) > just {
			return 1
		}
		return 0
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Or(ahead(a)-ahead(b), strings.Compare(b, a)) })
	weeks := map[[2]int]bool{}
	for i, path := range files {
		at, _ := made(path)
		year, week := at.ISOWeek()
		newest := !weeks[[2]int{year, week}]
		if i < keep.Daily || newest && len(weeks) < keep.Weekly {
			weeks[[2]int{year, week}] = true
			continue
		}
		if err := os.Remove(path); err != nil {
			return gone, err
		}
		gone = append(gone, filepath.Base(path))
	}
	return gone, nil
}

// room refuses to fill the disk of dir: what is to be done may need so many times the databases.
func room(dir string, times uint64, data string) error {
	var need uint64
	for _, name := range []string{replica.DeskName, replica.BlobsName} {
		if info, err := os.Stat(filepath.Join(data, name)); err == nil {
			need += times * uint64(info.Size())
		}
	}
	left, err := health.RoomIn(dir)
	if err == nil && left.Free < need+need/4 {
		err = fmt.Errorf("%s has %d MB left, and this may need %d MB", dir, left.Free>>20, (need+need/4)>>20)
	}
	return err
}

// upkept tells of the last backup and the last drill.
func (a *App) upkept(ctx context.Context) (parts []health.Part) {
	if a.Config.Exe == "" {
		return nil
	}
	safe, err := a.Desk.Safekeeping(ctx, desk.System)
	if err != nil {
		return nil // the database's own part tells
	}
	begun, err := a.keeper.begun(ctx)
	if err != nil || begun.IsZero() {
		return nil // there is nothing to keep yet
	}
	for _, kind := range []desk.UpkeepKind{desk.Backup, desk.Drill} {
		if kind == desk.Backup && !safe.Backups {
			parts = append(parts, health.Warning("backup", "health.backup.off"))
			continue
		}
		last, well, err := a.Desk.LastUpkeep(ctx, desk.System, kind)
		if err == nil {
			parts = append(parts, upkeepPart(upkeepNow{a.Desk.Clock(), a.keeper.since, begun}, kind, last, well))
		}
	}
	return parts
}

// upkeepWords are what is said of each kind: before the first, when it is due, when it did not come about for days; when none ever went
// well, when the last did not, and when it is late.
var upkeepWords = map[desk.UpkeepKind]struct{ soon, due, missed, never, lapsed, late string }{
	desk.Backup: {"health.backup.soon", "health.backup.due", "health.backup.missed", "health.backup.never", "health.backup.lapsed", "health.backup.late"},
	desk.Drill:  {"health.drill.soon", "health.drill.due", "health.drill.missed", "health.drill.never", "health.drill.lapsed", "health.drill.late"},
}

// upkeepNow is when upkeep is judged: when the program started, and when the desk was set up.
type upkeepNow struct{ now, started, begun time.Time }

func upkeepPart(at upkeepNow, kind desk.UpkeepKind, last desk.Upkeep, well time.Time) health.Part {
	name, words, ago := string(kind), upkeepWords[kind], health.Moment(at.now.Sub(well))
	first := at.begun.Add(firstUpkeep) // when the first is due
	switch {
	case last.At.IsZero() && at.now.Before(first):
		return health.Well(name, words.soon, health.Span(first.Sub(at.now)))
	case last.At.IsZero() && at.now.Sub(first) < lateAfter:
		return health.Well(name, words.due)
	case last.At.IsZero():
		return health.Warning(name, words.missed, health.Span(at.now.Sub(first)))
	case last.Fault != "" && well.IsZero():
		return health.Failure(name, words.never, last.Fault)
	case last.Fault != "":
		return health.Failure(name, words.lapsed, last.Fault, ago)
	case at.now.Sub(well) > lateAfter && at.now.Sub(at.started) < lateStart:
		return health.Warning(name, words.late, ago)
	case at.now.Sub(well) > lateAfter:
		return health.Failure(name, words.late, ago)
	case kind == desk.Drill:
		return health.Well(name, "health.drill.done", ago, last.Messages, health.Moment(last.Took))
	}
	return health.Well(name, "health.backup.done", ago, health.Size(uint64(last.Bytes)), health.Moment(last.Took))
}
