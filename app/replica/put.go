package replica

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// put moves the databases in the folder from into the data folder, and what was there aside, to a folder with the time
// in its name. An old -wal left beside a restored database would be replayed into it, and Litestream's own files belong to
// the database that they were made from: they all move with it, so that what lies aside is whole and can be opened.
func put(data, from string, now time.Time) (Report, error) {
	var report Report
	aside := aside(data, now)
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(from, name)); errors.Is(err, os.ErrNotExist) {
			continue
		}
		moved, err := moveAside(data, name, aside)
		if err != nil {
			return report, err
		}
		if moved {
			report.Aside = aside
		}
		report.Files = append(report.Files, name)
	}
	if err := mark(data, now, report.Aside); err != nil {
		return report, err
	}
	for _, name := range report.Files {
		if err := os.Rename(filepath.Join(from, name), filepath.Join(data, name)); err != nil {
			return report, fmt.Errorf("put %s in its place (what was there is in %s): %w", name, aside, err)
		}
	}
	return report, flush(data)
}

// aside is where what is in the way at that moment goes.
func aside(data string, now time.Time) string {
	return filepath.Join(data, "aside-"+now.UTC().Format("20060102T150405.000Z"))
}

// moveAside moves a database and everything that belongs to it, and reports whether there was anything.
func moveAside(data, name, aside string) (moved bool, err error) {
	for _, file := range []string{name, name + "-wal", name + "-shm", name + "-journal", "." + name + "-litestream"} {
		if _, err := os.Lstat(filepath.Join(data, file)); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := os.MkdirAll(aside, 0o700); err != nil {
			return moved, err
		}
		if err := os.Rename(filepath.Join(data, file), filepath.Join(aside, file)); err != nil {
			return moved, fmt.Errorf("move %s aside: %w", file, err)
		}
		moved = true
	}
	return moved, nil
}

func mark(data string, now time.Time, aside string) error {
	text, err := json.Marshal(struct {
		RestoredAt time.Time `json:"restored_at"`
		Aside      string    `json:"aside,omitempty"`
	}{now.UTC(), aside})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(data, freshMark), nil, 0o600),
		os.WriteFile(filepath.Join(data, restoredMark), append(text, '\n'), 0o600),
	)
}

// flush makes renames in a folder outlive a power cut.
func flush(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
