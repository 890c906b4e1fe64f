package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
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
	return fmt.Sprintf("a newer Deskbell wrote this database (schema %d, this program knows %d): start the newer program, or restore a backup made before the upgrade", e.File, e.Known)
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
	last := 0
	for _, name := range names {
		n, err := number(name)
		if err != nil {
			return err
		}
		if n != last+1 {
			return fmt.Errorf("migration %s: its number must be %d, the next one: of two with one number a file would get only the first", name, last+1)
		}
		last = n
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
