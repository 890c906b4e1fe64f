package blob

import (
	"context"
	"database/sql"
	"errors"
	"io"
)

// Reader reads one blob piece by piece. It can seek, so that http.ServeContent can serve ranges.
type Reader struct {
	ctx  context.Context
	db   *sql.DB
	id   int64
	size int64
	pos  int64
	n    int64 // the piece in data
	data []byte
}

// Open finds a blob (ErrNotFound). The reader holds no connection between reads and needs no closing.
func (s *Store) Open(ctx context.Context, sum Sum) (*Reader, error) {
	r := &Reader{ctx: ctx, db: s.db.Readers(), n: -1}
	err := r.db.QueryRowContext(ctx, "select id, size from blobs where sha256 = ?", sum[:]).Scan(&r.id, &r.size)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNotFound
	}
	return r, err
}

// Size is the content's length in bytes.
func (r *Reader) Size() int64 { return r.size }

func (r *Reader) Read(p []byte) (int, error) {
	if r.pos >= r.size {
		return 0, io.EOF
	}
	if n := r.pos / piece; n != r.n {
		if err := r.db.QueryRowContext(r.ctx, "select data from chunks where blob_id = ? and n = ?", r.id, n).Scan(&r.data); err != nil {
			return 0, err
		}
		r.n = n
	}
	if r.pos-r.n*piece >= int64(len(r.data)) {
		return 0, io.ErrUnexpectedEOF // the piece is shorter than its blob says
	}
	c := copy(p, r.data[r.pos-r.n*piece:])
	r.pos += int64(c)
	return c, nil
}

// Seek implements io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	r.pos = offset
	return offset, nil
}
