package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// ErrNothing says that there is no such state in the replica: nothing was ever carried there, or nothing so old.
var ErrNothing = errors.New("the replica holds nothing to restore")

// reachTimeout is how long a replica may take to say what it holds.
const reachTimeout = time.Minute

// Report says what a restore did.
type Report struct {
	Files []string      // the databases that were brought back, by name
	Aside string        // the folder in the data folder that now holds what was there before; empty when nothing was
	Took  time.Duration // without the wait for the lock
}

// Restore brings both databases back from their replicas: the latest state, or with at the state of that moment. It is for
// a short-lived process of its own, with nobody else on the data folder (ErrHeld).
//
// Both are fetched and checked in full before anything is touched; then what is there is moved aside and they are put in
// its place, so that a restore that fails changes nothing.
//
// With at, messages are restored to that moment and files to the first state in the replica that is surely not before it:
// files that were stored a little later harm nobody, and every file that a message points to had been stored before the
// message. The replica remembers single seconds for some minutes (l0-retention), then half minutes, then longer steps.
// Without at, both come back as late as the replica has them. Files are carried before messages, so files lag behind
// messages only where carrying files failed or takes minutes (a first copy of many gigabytes): then a message of that
// time can point to a file that did not come back, and is shown without it.
func Restore(ctx context.Context, c Config, at time.Time) (Report, error) {
	release, err := Hold(c.Data)
	if err != nil {
		return Report{}, err
	}
	defer release()
	return restore(ctx, c, at, c.Databases)
}

// RestoreMissing is what serve has done by a child before it opens its databases (see RestoreIfEmpty): what is missing is
// restored, and a replica that holds nothing is a first start. The caller's parent holds the data folder.
func RestoreMissing(ctx context.Context, c Config) (Report, error) {
	missing := c.missing()
	if len(missing) == 0 {
		return Report{}, nil
	}
	report, err := restore(ctx, c, time.Time{}, missing)
	if errors.Is(err, ErrNothing) {
		// A first start. A -wal without its database would be replayed into the new one.
		dir := aside(c.Data, time.Now())
		for _, d := range missing {
			moved, err := moveAside(c.Data, d.Name, dir)
			if err != nil {
				return report, err
			}
			if moved {
				report.Aside = dir
			}
		}
		return report, nil
	}
	return report, err
}

// missing lists what a start would make anew: all, when there are no messages; the files alone, when only they are gone.
func (c Config) missing() []Database {
	empty := func(path string) bool {
		info, err := os.Stat(path)
		return errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0
	}
	if empty(filepath.Join(c.Data, DeskName)) {
		return c.Databases
	}
	var missing []Database
	for _, d := range c.Databases {
		if empty(d.Path) {
			missing = append(missing, d)
		}
	}
	return missing
}

func restore(ctx context.Context, c Config, at time.Time, dbs []Database) (Report, error) {
	begun := time.Now()
	prepare()
	log := slog.Default()
	slog.SetDefault(slog.New(quiet{log.Handler()}))
	defer slog.SetDefault(log)
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return Report{}, err
	}
	// An old child may still be in its last flush; the flush belongs to what is restored.
	waiting, cancel := context.WithTimeout(ctx, stopLimit)
	release, err := replicating(waiting, c.Data)
	cancel()
	if err != nil {
		return Report{}, err
	}
	defer release()
	if _, err := settle(c.Data); err != nil {
		return Report{}, err
	}
	work, done, err := workIn(c.Data)
	if err != nil {
		return Report{}, err
	}
	defer done()
	if err := fetch(ctx, dbs, at, work); err != nil {
		return Report{}, err
	}
	report, err := put(c.Data, work, begun)
	report.Took = time.Since(begun)
	return report, err
}

// fetch brings databases into the folder dir, checked in full: messages first, then files, since the replica may go on
// growing meanwhile. Files may be missing from the replica while there are messages (none were ever stored); messages may not.
func fetch(ctx context.Context, dbs []Database, at time.Time, dir string) error {
	var messages error
	for _, d := range slices.Backward(dbs) {
		err := d.fetch(ctx, at, filepath.Join(dir, d.Name))
		nothing := errors.Is(err, ErrNothing)
		switch {
		case err != nil && !nothing, nothing && len(dbs) == 1:
			return err
		case d.Name == DeskName:
			messages = err
		case messages != nil && !nothing && at.IsZero():
			return fmt.Errorf("the replica holds files (%s) but no messages (%s): half of it is missing", d.Target.Where(), DeskName)
		}
	}
	return messages
}

func (d Database) fetch(ctx context.Context, at time.Time, path string) error {
	r, err := d.replica()
	if err != nil {
		return err
	}
	options := litestream.NewRestoreOptions()
	options.OutputPath, options.IntegrityCheck = path, litestream.IntegrityCheckFull
	reaching, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	if err := d.reach(reaching, r); err != nil {
		return err
	}
	if !at.IsZero() {
		options.Timestamp = at
		if d.Name == BlobsName {
			if err := notBefore(reaching, r.Client, &options); err != nil {
				return fmt.Errorf("look for %s in its replica: %w", d.Name, err)
			}
		}
	}
	if _, err := litestream.CalcRestorePlan(reaching, r.Client, options.TXID, options.Timestamp, slog.Default()); err != nil {
		if errors.Is(err, litestream.ErrTxNotAvailable) || errors.Is(err, litestream.ErrNoSnapshots) {
			if !at.IsZero() {
				return fmt.Errorf("%s at %s: %w that is as old as %s", d.Name, d.Target.Where(), ErrNothing, at.Format(time.RFC3339))
			}
			return fmt.Errorf("%s at %s: %w", d.Name, d.Target.Where(), ErrNothing)
		}
		return fmt.Errorf("look for %s in its replica at %s: %w", d.Name, d.Target.Where(), err)
	}
	if err := r.Restore(ctx, options); err != nil {
		return fmt.Errorf("restore %s from %s: %w", d.Name, d.Target.Where(), err)
	}
	return os.Chmod(path, 0o600)
}

// notBefore aims at the first state in the replica that surely has all that was committed before options.Timestamp, or at
// the latest, when none is surely so late. The time of a file is when it was made, a little after Litestream had looked
// for the last commit that goes in: so it takes not the first state made after that time, but the second.
func notBefore(ctx context.Context, client litestream.ReplicaClient, options *litestream.RestoreOptions) error {
	var before ltx.TXID
	var after []ltx.TXID
	for level := 0; level <= litestream.SnapshotLevel; level++ {
		files, err := client.LTXFiles(ctx, level, 0, true)
		if err != nil {
			return err
		}
		for files.Next() {
			f := files.Item()
			if f.CreatedAt.Before(options.Timestamp) {
				before = max(before, f.MaxTXID)
			} else {
				after = append(after, f.MaxTXID)
			}
		}
		if err := files.Close(); err != nil {
			return err
		}
	}
	options.Timestamp = time.Time{}
	// A snapshot is made late of an old state: its time says nothing about the states in between.
	after = slices.DeleteFunc(after, func(n ltx.TXID) bool { return n <= before })
	slices.Sort(after)
	if after = slices.Compact(after); len(after) > 1 {
		options.TXID = after[1]
	}
	return nil
}
