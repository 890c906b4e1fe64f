package replica

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// What is copied, unpacked or restored aside is put together in a folder of its own, which goes when it is done. Where the process is
// killed it stays, as large as the databases: who works in one holds a lock on it, by which others can tell.

const workPrefix = ".work-"

// workIn makes a folder in dir (mode 0700) to put something together in; done removes it, with what is left in it.
func workIn(dir string) (path string, done func(), err error) {
	for {
		if path, err = os.MkdirTemp(dir, workPrefix); err != nil {
			return "", nil, err
		}
		release, err := lockWork(path)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, os.ErrNotExist) {
			continue // ClearWork was faster
		}
		if err != nil {
			release = func() {} // a share without locks, where ClearWork removes nothing
		} else if _, err := os.Stat(path); err != nil {
			release()
			continue
		}
		return path, func() { os.RemoveAll(path); release() }, nil
	}
}

// ClearWork removes from dir what killed processes have left there half made. A folder that is not there holds nothing.
func ClearWork(dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range list {
		path := filepath.Join(dir, e.Name())
		if !e.IsDir() || !strings.HasPrefix(e.Name(), workPrefix) {
			continue
		}
		release, locked := lockWork(path)
		if locked != nil {
			continue // somebody works there, or has just ended
		}
		err = errors.Join(err, os.RemoveAll(path))
		release()
	}
	return err
}

func lockWork(path string) (release func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}
