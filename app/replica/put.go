package replica

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// comingName is the folder in the data folder with databases that are complete and checked, on the way to their places.
const comingName = ".coming"

// put makes the databases in the folder from those of the data folder, and moves what was there aside, to a folder with the
// time in its name. It happens as a whole: before its one rename nothing is touched, and after it whoever opens the data
// folder next ends it (settle), so that a restore which is killed never leaves a desk without its messages.
func put(data, from string, now time.Time) (Report, error) {
	if err := mark(data, from, now); err != nil {
		return Report{}, err
	}
	if err := os.Rename(from, filepath.Join(data, comingName)); err != nil {
		return Report{}, err
	}
	if err := flush(data); err != nil {
		return Report{}, err
	}
	return settle(data)
}

// settle brings databases that put has left on their way to their places; most often there are none. The caller holds the data
// folder, and nobody replicates it. An old -wal left beside a restored database would be replayed into it, and
// Litestream's own files belong to the database that they were made from: they all move with it, so that what lies
// aside is whole and can be opened.
func settle(data string) (report Report, err error) {
	from := filepath.Join(data, comingName)
	if _, err := os.Lstat(from); errors.Is(err, os.ErrNotExist) {
		return Report{}, nil
	}
	if report, err = readMark(from); err != nil {
		return report, err
	}
	for _, name := range report.Files {
		if _, err := os.Stat(filepath.Join(from, name)); errors.Is(err, os.ErrNotExist) {
			continue // it is in its place
		}
		if _, err := moveAside(data, name, report.Aside); err != nil {
			return report, err
		}
		if err := os.Rename(filepath.Join(from, name), filepath.Join(data, name)); err != nil {
			return report, fmt.Errorf("put %s in its place (what was there is in %s): %w", name, report.Aside, err)
		}
	}
	if err := flush(data); err != nil {
		return report, err
	}
	for _, name := range []string{freshMark, restoredMark} { // the one that tells of all this comes last
		if err := os.Rename(filepath.Join(from, name), filepath.Join(data, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return report, err
		}
	}
	if err := flush(data); err != nil {
		return report, err
	}
	return report, os.RemoveAll(from)
}

// aside is where what is in the way at that moment goes.
func aside(data string, now time.Time) string {
	return filepath.Join(data, "aside-"+now.UTC().Format("20060102T150405.000Z"))
}

// belongings are the files in the data folder that are a database, or belong to it.
func belongings(data, name string) []string {
	return slices.DeleteFunc([]string{name, name + "-wal", name + "-shm", name + "-journal", "." + name + "-litestream"}, func(file string) bool {
		_, err := os.Lstat(filepath.Join(data, file))
		return errors.Is(err, os.ErrNotExist)
	})
}

// moveAside moves a database and everything that belongs to it, and reports whether there was anything.
func moveAside(data, name, aside string) (moved bool, err error) {
	for _, file := range belongings(data, name) {
		if err := os.MkdirAll(aside, 0o700); err != nil {
			return moved, err
		}
		if err := os.Rename(filepath.Join(data, file), filepath.Join(aside, file)); err != nil {
			return moved, fmt.Errorf("move %s aside: %w", file, err)
		}
		moved = true
	}
	if !moved {
		return false, nil
	}
	return true, flush(aside)
}

// restoredText is what restoredMark holds.
type restoredText struct {
	RestoredAt time.Time `json:"restored_at"`
	Files      []string  `json:"files"`
	Aside      string    `json:"aside,omitempty"` // a folder in the data folder
}

// mark writes into the folder with databases for the data folder which they are, and that they are restored.
func mark(data, from string, now time.Time) error {
	m := restoredText{RestoredAt: now.UTC()}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(from, name)); errors.Is(err, os.ErrNotExist) {
			continue
		}
		m.Files = append(m.Files, name)
		if len(belongings(data, name)) > 0 {
			m.Aside = filepath.Base(aside(data, now))
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{freshMark: nil, restoredMark: append(text, '\n')} {
		if err := save(filepath.Join(from, name), text); err != nil {
			return err
		}
	}
	return flush(from)
}

// readMark reads what mark has written, as it is reported; nothing, where all is in its place already.
func readMark(from string) (report Report, err error) {
	text, err := os.ReadFile(filepath.Join(from, restoredMark))
	if errors.Is(err, os.ErrNotExist) {
		return report, nil
	}
	var m restoredText
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return report, fmt.Errorf("a restore that did not end cannot go on: %w", err)
	}
	report.Files = m.Files
	if m.Aside != "" {
		report.Aside = filepath.Join(filepath.Dir(from), m.Aside)
	}
	return report, nil
}

// save makes a file that outlives a power cut, once its folder is flushed.
func save(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// flush makes what was written to a file, or renamed in a folder, outlive a power cut.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
