// Package sqlite opens one SQLite file the way Deskbell needs it: one writer that commits waiting writes together,
// a few readers, every pragma in the DSN so that each pooled connection has it, and migrations at start.
//
// It promises that a Write which returned nil is on disk (WAL with synchronous=FULL), and that a Write which returned an
// error changed nothing. open.go opens and closes, write.go is the group commit, migrate.go brings a file up to date.
package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"sync"

	"github.com/mattn/go-sqlite3"
)

// DB is one database file: a single write connection and a pool of readers.
type DB struct {
	path    string
	writer  *sql.DB
	readers *sql.DB
	queue   chan *job
	pauses  chan chan struct{} // each is closed when its pause ends
	done    chan struct{}
	closing sync.Once
	mu      sync.RWMutex // guards closed, so that nobody queues behind a closed writer
	closed  bool
}

const driver = "deskbell-sqlite3"

func init() {
	// mattn has no DSN keys for these. A container from scratch has no temp folder to spill to. And only who carries the
	// log elsewhere may know when it can begin anew (see Checkpoint).
	sql.Register(driver, &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		if err := c.RegisterFunc("holds", Holds, true); err != nil {
			return err
		}
		if err := c.RegisterFunc("pairs", Pairs, true); err != nil { // triggers call it
			return err
		}
		if err := c.RegisterFunc("sha256", hash, true); err != nil { // a migration calls it
			return err
		}
		_, err := c.Exec("pragma temp_store=memory; pragma wal_autocheckpoint=0", nil)
		return err
	}})
}

func hash(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// Open opens or makes the file at path with mode 0600, applies the migrations that it lacks and starts the writer.
// It refuses a file that a newer program wrote (ErrNewer) and a build without FTS5.
func Open(ctx context.Context, path string, migrations fs.FS) (*DB, error) {
	if err := touch(path); err != nil {
		return nil, err
	}
	db := &DB{path: path, queue: make(chan *job, 1024), pauses: make(chan chan struct{}), done: make(chan struct{})}
	var err error
	if db.writer, err = sql.Open(driver, dsn(path, "_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_cache_size=-16384&_stmt_cache_size=128")); err != nil {
		return nil, err
	}
	db.writer.SetMaxOpenConns(1)
	db.writer.SetConnMaxLifetime(0)
	if err := db.prepare(ctx, migrations); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.writer.Close())
	}
	if db.readers, err = sql.Open(driver, dsn(path, "_query_only=1&_cache_size=-8192&_stmt_cache_size=128")); err != nil {
		return nil, errors.Join(err, db.writer.Close())
	}
	// Each running query holds a thread: many readers on few cores starve the writer.
	n := max(4, runtime.NumCPU())
	db.readers.SetMaxOpenConns(n)
	db.readers.SetMaxIdleConns(n)
	go db.write()
	return db, nil
}

// touch makes the file before SQLite does, because SQLite would make it readable for all.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path, pragmas string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "_busy_timeout=5000&_foreign_keys=1&" + pragmas}
	return u.String()
}

func (db *DB) prepare(ctx context.Context, migrations fs.FS) error {
	var fts bool
	if err := db.writer.QueryRowContext(ctx, "select count(*) from pragma_compile_options where compile_options = 'ENABLE_FTS5'").Scan(&fts); err != nil {
		return err
	}
	if !fts {
		return errors.New("this program was built without full text search: build it with -tags sqlite_fts5")
	}
	return migrate(ctx, db.writer, migrations)
}

// Readers returns the pool for reading. Read rows to the end before the next query: the pool is small.
func (db *DB) Readers() *sql.DB { return db.readers }

// Path returns the file's path.
func (db *DB) Path() string { return db.path }

// Checkpoint sets how many pages of log make SQLite bring them into the file by itself: 0 at first, so that the log only
// grows until Close, Truncate or a replicator shortens it; 1000 is right where no replicator ever runs. While one may run
// it must stay 0, even before the replicator is up: a log that begins anew unseen, over its old self, can hide from it
// what the old one had last.
func (db *DB) Checkpoint(pages int) error {
	return db.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec(fmt.Sprintf("pragma wal_autocheckpoint=%d", pages))
		return err
	})
}

// Truncate brings the whole log into the file and empties it, so that a replicator which was away can see that it was.
// Where a reader or a writer does not let it for a fifth of a second it does nothing (ErrBusy).
func (db *DB) Truncate(ctx context.Context) error {
	conn, err := db.readers.Conn(ctx) // query_only allows it, and the writer's queue does not wait
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "pragma busy_timeout=200"); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "pragma busy_timeout=5000")
	var busy bool
	var frames, done int
	if err := conn.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &frames, &done); err != nil {
		return err
	}
	if busy {
		return ErrBusy
	}
	return nil
}

// ErrBusy answers a Truncate that others did not let.
var ErrBusy = errors.New("the database is busy")

// Close finishes the writes that wait and closes every connection. Writes that come later get ErrClosed.
func (db *DB) Close() error {
	db.closing.Do(func() {
		db.mu.Lock()
		db.closed = true
		close(db.queue)
		db.mu.Unlock()
	})
	<-db.done
	return errors.Join(db.readers.Close(), db.writer.Close())
}
