package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// CopyAside copies databases that nobody has open to the new folder dir, which appears when it is complete.
func CopyAside(ctx context.Context, data string, names []string, dir string) error {
	work, done, err := workIn(filepath.Dir(dir))
	if err != nil {
		return err
	}
	defer done()
	for _, name := range names {
		if err := copyDatabase(ctx, filepath.Join(data, name), filepath.Join(work, name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := errors.Join(flush(work), os.Rename(work, dir)); err != nil {
		return err
	}
	return flush(filepath.Dir(dir))
}

func copyDatabase(ctx context.Context, from, to string) error {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: from}).EscapedPath(), RawQuery: "_busy_timeout=5000"}
	db, err := sql.Open("sqlite3", u.String())
	if err != nil {
		return err
	}
	defer db.Close()
	return vacuumInto(ctx, db, to)
}

// PutBack brings the databases in the folder dir back, checked, and leaves dir as it is. What was there is moved aside; a
// database that dir does not hold stays.
func PutBack(ctx context.Context, data, dir string) (Report, error) {
	begun := time.Now()
	release, err := Hold(data)
	if err != nil {
		return Report{}, err
	}
	defer release()
	if err := Settled(ctx, data); err != nil {
		return Report{}, err
	}
	prepare()
	work, done, err := workIn(data)
	if err != nil {
		return Report{}, err
	}
	defer done()
	found := false
	for _, name := range names {
		err := copyFile(filepath.Join(dir, name), filepath.Join(work, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = check(ctx, filepath.Join(work, name))
		}
		if err != nil {
			return Report{}, fmt.Errorf("%s in %s: %w", name, dir, err)
		}
		found = true
	}
	if !found {
		return Report{}, fmt.Errorf("%s holds no database", dir)
	}
	report, err := put(data, work, begun)
	report.Took = time.Since(begun)
	return report, err
}

func copyFile(from, to string) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	return w.Sync()
}
