package blob

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Stored calls each with every content that was last stored before the moment, and its size in bytes.
func (s *Store) Stored(ctx context.Context, before time.Time, each func(Sum, int64)) error {
	rows, err := s.db.Readers().QueryContext(ctx, "select sha256, size from blobs where created_at < ?", before.UnixMilli())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		var size int64
		if err := rows.Scan(&b, &size); err != nil {
			return err
		}
		each(Sum(b), size)
	}
	return rows.Err()
}

// Remove forgets a content, unless it was stored again since the moment. SQLite uses its room for what comes next.
func (s *Store) Remove(ctx context.Context, sum Sum, before time.Time) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("delete from blobs where sha256 = ? and created_at < ?", sum[:], before.UnixMilli())
		return err
	})
}

// Erase is Remove, and writes zeros over the bytes.
func (s *Store) Erase(ctx context.Context, sum Sum, before time.Time) error {
	return s.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("pragma secure_delete = on"); err != nil {
			return err
		}
		_, err := tx.Exec("delete from blobs where sha256 = ? and created_at < ?", sum[:], before.UnixMilli())
		_, e := tx.Exec("pragma secure_delete = off")
		return errors.Join(err, e)
	})
}
