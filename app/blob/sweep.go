package blob

import (
	"context"
	"database/sql"
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
