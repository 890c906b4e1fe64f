package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/replica"
	"deskbell/app/sqlite"
)

const (
	upgradePrefix = "upgrade-" // of the folders with what was there before an upgrade
	upgradesKept  = 3
)

// openDesk opens the databases.
func (a *App) openDesk(ctx context.Context, key desk.Key) error {
	c := a.Config
	var err error
	if a.Desk, err = c.open(ctx, key, a.Log); err != nil {
		return err
	}
	a.Desk.ErasureList = filepath.Join(c.Data, "erasures.jsonl")
	if err = a.Desk.CheckKey(ctx, desk.System); errors.Is(err, desk.ErrOtherKey) {
		from := "secret.key"
		if c.SecretKey != "" {
			from = "DESKBELL_SECRET_KEY"
		}
		err = fmt.Errorf("%s: %w than this: put the right one back; %s", from, err, keyLost)
	}
	if err != nil {
		return err
	}
	passed, err := a.Desk.KeepTime(ctx, desk.System, desk.EvenClock(uptime), thisMachine())
	if err != nil {
		return err
	}
	a.clock = health.NewClock(c.Data, uptime)
	a.clock.Began(passed.Jumped, passed.Rested)
	return nil
}

// upgrading is a file of the backup folder that names the copy of an upgrade which has not ended yet.
const upgrading = ".upgrading"

// open opens the databases for whoever holds the data folder. Each that this program is about to bring up to date is copied first, so that
// there is a way back.
func (c Config) open(ctx context.Context, key desk.Key, log *slog.Logger) (*desk.Desk, error) {
	old, done, err := c.outdated(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if len(old) > 0 {
		if err := c.copyBefore(ctx, old, log); err != nil {
			return nil, err
		}
	}
	d, err := desk.Open(ctx, c.Data, key, log)
	if err != nil {
		return nil, err
	}
	// Also when nothing was to be done: killed here the last time, an upgrade that did end would pass for one that goes on, and the next one
	// would make no copy. A folder of backups that cannot be used is told on the health page and keeps nobody from his work; it is tried
	// again at the next start, before there can be another upgrade.
	if err := os.Remove(filepath.Join(c.Backups, upgrading)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("the mark of an upgrade that ended could not be removed", "error", err)
	}
	return d, nil
}

// outdated are the databases that this program would bring up to date, and the schemas that they have. done is for when they are open
// otherwise.
func (c Config) outdated(ctx context.Context) (old map[string]int, done func(), err error) {
	old = map[string]int{}
	var open []func()
	done = func() {
		for _, end := range open {
			end()
		}
	}
	for name, migrations := range schemas {
		from, to, end, err := sqlite.Schema(ctx, filepath.Join(c.Data, name), migrations)
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("look at the schema of %s: %w", name, err)
		}
		open = append(open, end)
		if from > 0 && from < to {
			old[name] = from
		}
	}
	return old, done, nil
}

var schemas = map[string]fs.FS{replica.DeskName: sqlite.Desk, replica.BlobsName: sqlite.Blobs}

var errOlder = errors.New("an older Deskbell wrote it: start this one first (`deskbell serve`), which makes a copy and brings it up to date")

// UpToDate refuses a database of an older version: commands that work beside a server must not bring it up to date, for there would be no
// copy to go back to, and the server may still be the older one.
func (c Config) UpToDate(ctx context.Context) error {
	old, done, err := c.outdated(ctx)
	if err != nil {
		return err
	}
	defer done()
	for name := range old {
		return fmt.Errorf("%s: %w", filepath.Join(c.Data, name), errOlder)
	}
	return nil
}

func (c Config) copyBefore(ctx context.Context, old map[string]int, log *slog.Logger) error {
	begun, err := c.begunUpgrade(ctx, old)
	if err != nil {
		return err
	}
	if begun != "" {
		log.Warn("an upgrade that did not end goes on; `deskbell rollback` brings back what was there before it", "copy", begun)
		return nil
	}
	if err := os.MkdirAll(c.Backups, 0o700); err != nil {
		return fmt.Errorf("DESKBELL_BACKUPS=%q: %w", c.Backups, err)
	}
	c.clearWork(log)
	if err := room(c.Backups, 1, c.Data); err != nil {
		return fmt.Errorf("the database is to be brought up to date, and a copy of it comes first: %w", err)
	}
	dir, err := nextUpgrade(c.Backups, time.Now())
	if err != nil {
		return err
	}
	if err := replica.CopyAside(ctx, c.Data, slices.Collect(maps.Keys(old)), dir); err != nil {
		return fmt.Errorf("copy the database before it is brought up to date: %w", err)
	}
	if err := os.WriteFile(filepath.Join(c.Backups, upgrading), []byte(filepath.Base(dir)), 0o600); err != nil {
		return err
	}
	log.Info("the database is brought up to date; `deskbell rollback` brings it back as it was", "copy", dir)
	return thinUpgrades(c.Backups)
}

// begunUpgrade is the copy that an upgrade made which then stopped half way, as one does whose disk is full: the databases are further than
// the copy, and a copy of them as they are would be of no version. Started again and again, it would push out the one that counts.
func (c Config) begunUpgrade(ctx context.Context, old map[string]int) (dir string, err error) {
	name, err := os.ReadFile(filepath.Join(c.Backups, upgrading))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	dir = filepath.Join(c.Backups, filepath.Base(string(name)))
	for db, migrations := range schemas {
		from, newest, done, err := sqlite.Schema(ctx, filepath.Join(dir, db), migrations)
		if err != nil {
			return "", fmt.Errorf("look at the schema of %s in %s: %w", db, dir, err)
		}
		done()
		now, behind := old[db]
		if !behind {
			now = newest
		}
		if from > 0 && from < now {
			return dir, nil
		}
	}
	return "", nil
}

// nextUpgrade is the folder for one more copy: its name has the time, for who looks, and a number that only grows, by which copies are
// told apart. A machine may start with any clock.
func nextUpgrade(dir string, now time.Time) (string, error) {
	copies, err := upgrades(dir)
	if err != nil {
		return "", err
	}
	last := 0
	if len(copies) > 0 {
		last = upgradeNumber(copies[len(copies)-1])
	}
	return filepath.Join(dir, fmt.Sprintf("%s%s-%d", upgradePrefix, now.UTC().Format("20060102T150405Z"), last+1)), nil
}

// upgrades are the copies in the folder as they were made, the oldest first. The first versions gave them no number.
func upgrades(dir string) ([]string, error) {
	copies, err := filepath.Glob(filepath.Join(dir, upgradePrefix+"*"))
	slices.SortFunc(copies, func(a, b string) int {
		return cmp.Or(cmp.Compare(upgradeNumber(a), upgradeNumber(b)), strings.Compare(a, b))
	})
	return copies, err
}

func upgradeNumber(path string) int {
	_, number, _ := strings.Cut(filepath.Base(path), "Z-")
	n, _ := strconv.Atoi(number)
	return n
}

// thinUpgrades removes all but the newest copies.
func thinUpgrades(dir string) error {
	copies, err := upgrades(dir)
	if err != nil {
		return err
	}
	for _, path := range copies[:max(0, len(copies)-upgradesKept)] {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

// Rollback brings the databases back as they were before the last upgrade; what is there is moved aside. The program that was
// here before can be started then.
func Rollback(ctx context.Context, c Config) (replica.Report, error) {
	copies, err := upgrades(c.Backups)
	if err != nil {
		return replica.Report{}, err
	}
	if len(copies) == 0 {
		return replica.Report{}, fmt.Errorf("there is no copy from before an upgrade in %s", c.Backups)
	}
	return replica.PutBack(ctx, c.Data, copies[len(copies)-1])
}
