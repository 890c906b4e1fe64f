package replica

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrHeld says that another process works on the data folder.
var ErrHeld = errors.New("another deskbell works on this data folder")

// Hold marks the data folder as being worked on until release is called or the process ends, however it ends. serve and
// restore hold it, so that no restore moves files away from under a desk that serves, and no two desks serve one folder.
// It fails with ErrHeld at once.
func Hold(data string) (release func(), err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	return lock(filepath.Join(data, ".deskbell.lock"))
}

// replicating is the same for the child: an old one in its last flush and a new one never overlap. It waits.
func replicating(ctx context.Context, data string) (release func(), err error) {
	for {
		release, err = lock(filepath.Join(data, ".replicate.lock"))
		if !errors.Is(err, ErrHeld) {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func lock(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = fmt.Errorf("%w (%s is locked)", ErrHeld, path)
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}

// Every restore leaves two marks in the data folder: one until the program has begun a new epoch, one until a person has
// accepted the copy.
const (
	freshMark    = ".restored"
	restoredMark = "restored.json"
)

// Fresh calls do once after a restore, at the next start: whoever had seen what the restore took back must begin anew.
// Where do fails, it is called again at the next start.
func Fresh(data string, do func() error) error {
	mark := filepath.Join(data, freshMark)
	if _, err := os.Stat(mark); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return os.Remove(mark)
}

// Restored returns when the data in the folder was brought back from a replica or a backup, and the zero time if it was
// not. Until somebody has said that this copy is the one that works (Accept), it must not send queued mail or read
// mailboxes: the original may still be running elsewhere.
func Restored(data string) (time.Time, error) {
	info, err := os.Stat(filepath.Join(data, restoredMark))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// Accept removes the mark that Restored reads.
func Accept(data string) error {
	err := os.Remove(filepath.Join(data, restoredMark))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
