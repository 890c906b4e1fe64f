package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"deskbell/app/desk"
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
	if a.release, err = replica.Hold(a.Config.Data); err != nil {
		return err
	}
	if err := replica.Settled(ctx, a.Config.Data); err != nil || a.Config.Exe == "" {
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

// Key reads the key of the desk in the data folder. Only for a new desk one is made: with another than it had, as after a restore on a
// new machine, the passwords of mailboxes could not be read.
func (c Config) Key() (desk.Key, error) {
	if c.SecretKey == "" && c.holdsDesk() {
		if _, err := os.Stat(c.keyFile()); errors.Is(err, os.ErrNotExist) {
			return desk.Key{}, fmt.Errorf("DESKBELL_DATA=%q holds a desk, but not its key: copy the secret.key that belongs to it into the folder, or set DESKBELL_SECRET_KEY as it was; %s", c.Data, keyLost)
		}
	}
	return desk.ReadKey(c.SecretKey, c.keyFile())
}

const keyLost = "if it is lost for good, `deskbell key replace` makes another, and tells which passwords are to be entered again"

func (c Config) keyFile() string { return filepath.Join(c.Data, "secret.key") }

func (c Config) holdsDesk() bool {
	info, err := os.Stat(filepath.Join(c.Data, replica.DeskName))
	return err == nil && info.Size() > 0
}

// ReplaceKey goes on without the key that the desk's secrets were sealed with: with the one that is here, or a new one.
func ReplaceKey(ctx context.Context, c Config) (lost desk.Lost, err error) {
	if !c.holdsDesk() {
		return lost, fmt.Errorf("DESKBELL_DATA=%q holds no desk", c.Data)
	}
	release, err := replica.Hold(c.Data)
	if err != nil {
		return lost, err
	}
	defer release()
	if err := replica.Settled(ctx, c.Data); err != nil {
		return lost, err
	}
	key, err := desk.ReadKey(c.SecretKey, c.keyFile())
	if err != nil {
		return lost, err
	}
	d, err := c.open(ctx, key, c.Logger())
	if err != nil {
		return lost, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.CheckKey(ctx, desk.System); !errors.Is(err, desk.ErrOtherKey) {
		return lost, errors.Join(err, errors.New("the key in use is the one that this desk's secrets were sealed with: there is nothing to replace"))
	}
	return d.ReplaceKey(ctx, desk.System)
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
