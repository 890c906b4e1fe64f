package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/replica"
	"deskbell/app/sqlite"
)

const (
	upgradePrefix = "upgrade-" // of the folders with what was there before an upgrade
	upgradesKept  = 3
)

// openDesk opens the databases. Each that this program is about to bring up to date is copied first, so that there is a way back.
func (a *App) openDesk(ctx context.Context, key desk.Key) error {
	c := a.Config
	var old []string
	for name, migrations := range map[string]fs.FS{replica.DeskName: sqlite.Desk, replica.BlobsName: sqlite.Blobs} {
		from, to, done, err := sqlite.Schema(ctx, filepath.Join(c.Data, name), migrations)
		if err != nil {
			return fmt.Errorf("look at the schema of %s: %w", name, err)
		}
		defer done()
		if from > 0 && from < to {
			old = append(old, name)
		}
	}
	if len(old) > 0 {
		if err := a.copyBefore(ctx, old); err != nil {
			return err
		}
	}
	var err error
	if a.Desk, err = desk.Open(ctx, c.Data, key, a.Log); err != nil {
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

func (a *App) copyBefore(ctx context.Context, old []string) error {
	c := a.Config
	if err := os.MkdirAll(c.Backups, 0o700); err != nil {
		return fmt.Errorf("DESKBELL_BACKUPS=%q: %w", c.Backups, err)
	}
	a.clearWork()
	if err := room(c.Backups, 1, c.Data); err != nil {
		return fmt.Errorf("the database is to be brought up to date, and a copy of it comes first: %w", err)
	}
	dir, err := replica.CopyAside(ctx, c.Data, old, filepath.Join(c.Backups, upgradePrefix))
	if err != nil {
		return fmt.Errorf("copy the database before it is brought up to date: %w", err)
	}
	a.Log.Info("the database is brought up to date; `deskbell rollback` brings it back as it was", "copy", dir)
	return thinUpgrades(c.Backups)
}

// thinUpgrades removes all but the newest copies.
func thinUpgrades(dir string) error {
	copies, err := filepath.Glob(filepath.Join(dir, upgradePrefix+"*"))
	if err != nil {
		return err
	}
	slices.Sort(copies) // by time
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
	copies, err := filepath.Glob(filepath.Join(c.Backups, upgradePrefix+"*"))
	if err != nil {
		return replica.Report{}, err
	}
	if len(copies) == 0 {
		return replica.Report{}, fmt.Errorf("there is no copy from before an upgrade in %s", c.Backups)
	}
	slices.Sort(copies)
	return replica.PutBack(ctx, c.Data, copies[len(copies)-1])
}
