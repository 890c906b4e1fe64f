package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/mattn/go-sqlite3"
)

// ErrClosed answers a write after Close.
var ErrClosed = errors.New("the database is closed")

// Trouble says whether an error is the database's own, such as a full disk, and no fault of what was to be written.
func Trouble(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrNomem, sqlite3.ErrCorrupt, sqlite3.ErrNotADB,
		sqlite3.ErrCantOpen, sqlite3.ErrReadonly, sqlite3.ErrPerm, sqlite3.ErrAuth, sqlite3.ErrInterrupt:
		return true
	}
	return false
}

// together is how many waiting writes share one commit at most: enough for one fsync to serve a burst, few enough that
// the first of them does not wait long.
const together = 256

type job struct {
	ctx context.Context
	do  func(*sql.Tx) error
	err chan error
}

// Write runs do in a transaction and returns when it is on disk. Writes that wait at the same time are committed together,
// each in a savepoint of its own, so one that fails takes only its own changes back. A caller that goes away while it
// waits is skipped; one that goes away while do runs does not stop it.
//
// do must use only the transaction it is given, must not wait for anything outside the database, and must not keep it.
func (db *DB) Write(ctx context.Context, do func(*sql.Tx) error) error {
	j := &job{ctx: ctx, do: do, err: make(chan error, 1)}
	if err := db.enqueue(ctx, j); err != nil {
		return err
	}
	return <-j.err
}

func (db *DB) enqueue(ctx context.Context, j *job) error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.closed {
		return ErrClosed
	}
	select {
	case db.queue <- j:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Pause lets no write begin from its return until resume is called, which may be called more than once. Writes wait
// meanwhile. No transaction is open then, not even one whose last frame is in the log already and not yet acknowledged.
func (db *DB) Pause(ctx context.Context) (resume func(), err error) {
	ends := make(chan struct{})
	select {
	case db.pauses <- ends:
		return sync.OnceFunc(func() { close(ends) }), nil
	case <-db.done:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// write is the one goroutine that writes.
func (db *DB) write() {
	defer close(db.done)
	batch := make([]*job, 0, together)
	for {
		var first *job
		var open bool
		select {
		case ends := <-db.pauses:
			<-ends
			continue
		case first, open = <-db.queue:
			if !open {
				return
			}
		}
		batch = append(batch[:0], first)
	fill:
		for len(batch) < together {
			select {
			case j, ok := <-db.queue:
				if !ok {
					break fill
				}
				batch = append(batch, j)
			default:
				break fill
			}
		}
		db.commit(batch)
	}
}

// Unsynced is called when the disk could not make a commit durable (fsync failed). Nobody knows then what of it will be there, not
// even whether a second try would say the truth, so a program does best to end: the next start reads what the disk has. A
// replicator, besides, may have carried the commit. By default nothing is done.
var Unsynced = func(error) {}

func (db *DB) commit(batch []*job) {
	errs := make([]error, len(batch))
	err := db.transact(batch, errs)
	var fault sqlite3.Error
	if errors.As(err, &fault) && fault.ExtendedCode == sqlite3.ErrIoErrFsync {
		Unsynced(fmt.Errorf("%s: %w", db.path, err))
	}
	for i, j := range batch {
		if err != nil && errs[i] == nil {
			errs[i] = err
		}
		j.err <- errs[i]
	}
}

func (db *DB) transact(batch []*job, errs []error) error {
	tx, err := db.writer.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if len(batch) == 1 { // alone, the transaction is savepoint enough
		if errs[0] = run(batch[0], tx); errs[0] != nil {
			return nil
		}
		return tx.Commit()
	}
	for i, j := range batch {
		if _, err := tx.Exec("savepoint one"); err != nil {
			return err
		}
		if errs[i] = run(j, tx); errs[i] != nil {
			if _, err := tx.Exec("rollback to one"); err != nil {
				return err // SQLite has given up the whole transaction, as on a full disk
			}
		}
		if _, err := tx.Exec("release one"); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func run(j *job, tx *sql.Tx) (err error) {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	defer func() { // a fault in one write must not end the writer
		if p := recover(); p != nil {
			err = fmt.Errorf("write: panic: %v\n%s", p, debug.Stack())
		}
	}()
	return j.do(tx)
}

// Waiting is how many writes wait for the writer.
func (db *DB) Waiting() int { return len(db.queue) }
