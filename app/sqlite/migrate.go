package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations/desk/*.sql migrations/blobs/*.sql
var migrations embed.FS

// Desk and Blobs are the migrations of the two files that hold all that a company owns.
var (
	Desk  = sub("migrations/desk")
	Blobs = sub("migrations/blobs")
)

func sub(dir string) fs.FS {
	f, err := fs.Sub(migrations, dir)
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return f
}

// NewerError says that a newer program wrote the file.
type NewerError struct{ File, Known int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("a newer Deskbell wrote this database (schema %d, this program knows %d): start the newer program, or bring back what was there before the upgrade with its `deskbell rollback`", e.File, e.Known)
}

// migrate applies the files NNNN_what.sql whose number is above the file's user_version, each in one transaction.
func migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	var have int
	if err := db.QueryRowContext(ctx, "pragma user_version").Scan(&have); err != nil {
		return err
	}
	last, err := newest(names)
	if err != nil {
		return err
	}
	if have > last {
		return &NewerError{File: have, Known: last}
	}
	for _, name := range names {
		if n, _ := number(name); n > have {
			if err := apply(ctx, db, files, name, n); err != nil {
				return fmt.Errorf("migration %s: %w", name, err)
			}
		}
	}
	return nil
}

// newest is the number of the last migration; they are numbered one by one.
func newest(names []string) (last int, err error) {
	for _, name := range names {
		n, err := number(name)
		if err != nil {
			return 0, err
		}
		if n != last+1 {
			return 0, fmt.Errorf("migration %s: its number must be %d, the next one: of two with one number a file would get only the first", name, last+1)
		}
		last = n
	}
	return last, nil
}

// Schema tells the schema of a file, 0 when there is none yet, and the one that the migrations bring it to. Call done when the
// file is open otherwise: the last connection to close would bring the log into the file, unseen by a replicator.
func Schema(ctx context.Context, path string, migrations fs.FS) (from, to int, done func(), err error) {
	names, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		return 0, 0, nil, err
	}
	slices.Sort(names)
	if to, err = newest(names); err != nil {
		return 0, 0, nil, err
	}
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return 0, to, func() {}, nil
	}
	db, err := sql.Open(driver, dsn(path, "_query_only=1"))
	if err != nil {
		return 0, 0, nil, err
	}
	if err := db.QueryRowContext(ctx, "pragma user_version").Scan(&from); err != nil {
		return 0, 0, nil, errors.Join(err, db.Close())
	}
	return from, to, func() { db.Close() }, nil
}

func number(name string) (int, error) {
	digits, _, _ := strings.Cut(path.Base(name), "_")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0, fmt.Errorf("migration %s: its name must begin with a number", name)
	}
	return n, nil
}

func apply(ctx context.Context, db *sql.DB, files fs.FS, name string, n int) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("pragma user_version=%d", n)); err != nil {
		return err
	}
	return tx.Commit()
}
