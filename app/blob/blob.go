// Package blob keeps attachments and raw mail by SHA-256 in blobs.db, in pieces of 256 KiB, so that neither storing nor
// reading ever holds a large one in memory.
//
// It promises that what Put returned is on disk, and that the same content is stored once. A blob is always committed
// before the row in desk.db that points to it: after a crash there may be a blob too many, never one too few.
package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"deskbell/app/sqlite"
)

const piece = 256 << 10

// inMemory is how much Put holds in memory before it spools to a temporary file.
const inMemory = 1 << 20

// ErrTooLarge answers a Put of more than its limit; nothing is stored.
var ErrTooLarge = errors.New("larger than allowed")

// ErrNotFound answers an Open of a hash that is not stored.
var ErrNotFound = errors.New("no such blob")

// spoolError is a temporary file that could not be written or read.
type spoolError struct{ error }

func (e *spoolError) Unwrap() error { return e.error }

// Trouble says whether an error of the store is its own, such as a full disk, and no fault of what was to be stored.
func Trouble(err error) bool {
	var spool *spoolError
	return errors.As(err, &spool) || sqlite.Trouble(err)
}

// Sum is the SHA-256 of the content.
type Sum [sha256.Size]byte

// Store is the file blobs.db.
type Store struct{ db *sqlite.DB }

// Open opens or makes the store at path.
func Open(ctx context.Context, path string) (*Store, error) {
	db, err := sqlite.Open(ctx, path, sqlite.Blobs)
	if err != nil {
		return nil, err
	}
	return &Store{db}, nil
}

// DB is the file itself, for snapshots and checks.
func (s *Store) DB() *sqlite.DB { return s.db }

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Put reads r to its end and stores it, unless it is longer than limit bytes (ErrTooLarge). It returns the sum and the size in bytes.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (Sum, int64, error) {
	sp := &spool{hash: sha256.New(), dir: filepath.Dir(s.db.Path())}
	defer sp.close()
	n, err := io.Copy(sp, io.LimitReader(r, limit+1))
	if err != nil {
		return Sum{}, 0, err
	}
	if n > limit {
		return Sum{}, n, ErrTooLarge
	}
	sum := Sum(sp.hash.Sum(nil))
	return sum, n, s.db.Write(ctx, func(tx *sql.Tx) error { return sp.store(tx, sum, n) })
}

// Has says whether the content is stored.
func (s *Store) Has(ctx context.Context, sum Sum) (bool, error) {
	var n int
	err := s.db.Readers().QueryRowContext(ctx, "select count(*) from blobs where sha256 = ?", sum[:]).Scan(&n)
	return n > 0, err
}

// Get reads the whole content into memory: for thumbnails and other small things.
func (s *Store) Get(ctx context.Context, sum Sum) ([]byte, error) {
	r, err := s.Open(ctx, sum)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// spool keeps what arrives until its hash is known: small things in memory, large ones in a temporary file.
type spool struct {
	hash hash.Hash
	dir  string // beside the database: a container from scratch has no other place
	buf  bytes.Buffer
	file *os.File
}

func (sp *spool) Write(p []byte) (int, error) {
	sp.hash.Write(p)
	if sp.file == nil && sp.buf.Len()+len(p) <= inMemory {
		return sp.buf.Write(p)
	}
	if sp.file == nil {
		f, err := os.CreateTemp(sp.dir, ".spool-*")
		if err != nil {
			return 0, &spoolError{err}
		}
		sp.file = f
		_ = os.Remove(f.Name()) // it is ours until it is closed, and a kill leaves nothing behind
		if _, err := f.Write(sp.buf.Bytes()); err != nil {
			return 0, &spoolError{err}
		}
		sp.buf = bytes.Buffer{}
	}
	n, err := sp.file.Write(p)
	if err != nil {
		err = &spoolError{err}
	}
	return n, err
}

func (sp *spool) close() {
	if sp.file != nil {
		sp.file.Close()
	}
}

func (sp *spool) store(tx *sql.Tx, sum Sum, size int64) error {
	now := time.Now().UnixMilli()
	again, err := tx.Exec("update blobs set created_at = ? where sha256 = ?", now, sum[:]) // it is about to be pointed to: the sweep must see that
	if err != nil {
		return err
	}
	if n, _ := again.RowsAffected(); n > 0 {
		return nil // stored before
	}
	res, err := tx.Exec("insert into blobs(sha256, size, created_at) values (?, ?, ?)", sum[:], size, now)
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	var from io.ReaderAt = bytes.NewReader(sp.buf.Bytes())
	if sp.file != nil {
		from = sp.file
	}
	buf := make([]byte, min(size, piece))
	for n := int64(0); n*piece < size; n++ {
		part := buf[:min(int64(piece), size-n*piece)]
		if _, err := from.ReadAt(part, n*piece); err != nil && err != io.EOF {
			return &spoolError{err}
		}
		if _, err := tx.Exec("insert into chunks(blob_id, n, data) values (?, ?, ?)", id, n, part); err != nil {
			return err
		}
	}
	return nil
}
