package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"deskbell/app/replica"
	"deskbell/app/sqlite"
)

// ReplicateArgs make this program replicate what c says, as a child; see main.go.
func (c Config) ReplicateArgs() []string {
	return []string{"replicate", "--data", c.Replica.Data, "--config", c.Replica.File}
}

// bringBack takes the data folder for this process alone, and restores what is missing in it, before anything is opened.
func (a *App) bringBack(ctx context.Context) error {
	var err error
	if a.release, err = replica.Hold(a.Config.Data); err != nil || a.Config.Exe == "" {
		return err
	}
	if err := replica.Settled(ctx, a.Config.Data); err != nil {
		return err
	}
	report, err := replica.RestoreIfEmpty(ctx, a.Config.Exe, a.Config.ReplicateArgs(), a.Config.Replica)
	if err != nil {
		return err
	}
	if len(report.Files) > 0 {
		a.Log.Warn("the data folder was empty and was restored from the replica", "files", report.Files, "took", report.Took)
	}
	return nil
}

// hasKey refuses a desk without the key that its secrets were sealed with, as after a restore on a new machine: a new
// key would be made, and the passwords of mailboxes could never be read again.
func (a *App) hasKey() error {
	if a.Config.SecretKey != "" {
		return nil
	}
	if info, err := os.Stat(filepath.Join(a.Config.Data, replica.DeskName)); err != nil || info.Size() == 0 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(a.Config.Data, "secret.key")); !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("DESKBELL_DATA=%q holds a desk, but not its key: copy the secret.key that belongs to it into the folder, or set DESKBELL_SECRET_KEY as it was", a.Config.Data)
}

// carry begins a new epoch after a restore, and starts the replicating child.
func (a *App) carry(ctx context.Context) error {
	if err := replica.Fresh(a.Config.Data, func() error { return a.Desk.Restored(ctx) }); err != nil {
		return err
	}
	if a.Config.Exe == "" {
		return errors.Join(a.Desk.DB().Checkpoint(1000), a.Desk.Blobs().DB().Checkpoint(1000))
	}
	a.Replica = &replica.Supervisor{
		Exe: a.Config.Exe, Args: a.Config.ReplicateArgs(), Config: a.Config.Replica,
		Trim: a.trim, Pause: a.pause,
	}
	a.Replica.Start()
	return nil
}

// pause keeps the writer of a database still while the replicating child brings its log into the file.
func (a *App) pause(ctx context.Context, name string) (resume func(), err error) {
	if name == replica.DeskName {
		return a.Desk.DB().Pause(ctx)
	}
	return a.Desk.Blobs().DB().Pause(ctx)
}

// trim empties the logs that nobody carries; where somebody reads or writes, it is for the next time.
func (a *App) trim() {
	for _, db := range []*sqlite.DB{a.Desk.DB(), a.Desk.Blobs().DB()} {
		if err := db.Truncate(context.Background()); err != nil && !errors.Is(err, sqlite.ErrBusy) {
			a.Log.Error("empty the log of a database", "database", db.Path(), "error", err)
		}
	}
}

// behindLimit is how old the replica may be before /readyz says so.
const behindLimit = 2 * time.Minute
