// Package desk is the ground floor of Deskbell: the nouns, the rules, the permissions, the SQL and the event log.
//
// Every change is an exported method of Desk that takes who does it as its second parameter, checks, writes and records an
// event in one SQLite transaction. Everything else follows the event log (follow.go). Exported methods open the transaction;
// unexported ones on *Tx are steps of them. A noun has a file: agent.go, conversation.go, message.go …; a verb that needs
// room has one too: receive.go, reply.go, close.go … SQL stands in the function that runs it.
package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"deskbell/app/blob"
	"deskbell/app/sqlite"
)

// Desk is one company's service desk.
type Desk struct {
	Clock func() time.Time // the present; a test sets it
	// Steady is a clock that goes on evenly whatever is done to the machine's: a clock that jumps logs nobody out. Nil: Clock.
	Steady func() time.Time
	Log    *slog.Logger
	Limit  Limits

	// Hashing is what a password costs, also him who guesses; a test, which has nothing to hide, sets less.
	Hashing Hashing

	// Decide says where a new conversation goes, in the transaction that makes it, so that nobody hears of it who is not to
	// serve it. Package routing has it; without one, a conversation goes to its inbox's team.
	Decide func(Situation) Decision

	// Watching says whether a visitor has a chat of the inbox before him now. Without one, everybody is taken to have.
	Watching func(CustomerID, InboxID) bool
	// Visiting lists all of whom Watching says so. Without one, Watching is asked for each chat.
	Visiting func() []Here

	// ErasureList is the file beside the databases that names who was erased, for copies that know nothing of it. Empty: none.
	ErasureList string

	db        *sqlite.DB
	reader    reader // the pool; a test looks at what it is asked
	blobs     *blob.Store
	box       *Box
	epoch     int64
	bell      bell
	tail      tail
	dueSoon   chan struct{} // something falls due sooner than RunDue knew
	followers sync.Map      // name → *follower
	cursors   cursors
	throttle  throttle
	strangers throttle // of those who use what has no owner, apart: however many they are, guessers are not forgotten
}

// Limits are the sizes that the desk accepts.
type Limits struct {
	VisitorText int   // characters in a visitor's message
	AgentText   int   // characters in an agent's message
	File        int64 // bytes in an upload
}

// Open opens desk.db and blobs.db in the folder, making them when they are missing. The key encrypts secrets at rest.
func Open(ctx context.Context, dir string, key Key, log *slog.Logger) (*Desk, error) {
	db, err := sqlite.Open(ctx, filepath.Join(dir, "desk.db"), sqlite.Desk)
	if err != nil {
		return nil, err
	}
	blobs, err := blob.Open(ctx, filepath.Join(dir, "blobs.db"))
	if err != nil {
		db.Close()
		return nil, err
	}
	d := &Desk{
		Clock: time.Now, Log: log, Hashing: hard,
		Limit: Limits{VisitorText: 1500, AgentText: 20000, File: 10 << 20},
		db:    db, reader: db.Readers(), blobs: blobs, box: NewBox(key), dueSoon: make(chan struct{}, 1),
	}
	d.throttle.init()
	d.strangers.init()
	if d.epoch, err = d.readEpoch(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("read the epoch: %w", err)
	}
	return d, nil
}

// Close finishes the writes that wait and closes both files.
func (d *Desk) Close() error {
	err := d.blobs.Close()
	if e := d.db.Close(); err == nil {
		err = e
	}
	return err
}

// DB is desk.db, for features that keep tables of their own, for snapshots and for checks.
func (d *Desk) DB() *sqlite.DB { return d.db }

// Blobs is the store of attachments and raw mail.
func (d *Desk) Blobs() *blob.Store { return d.blobs }

// Box encrypts secrets with the key outside the database.
func (d *Desk) Box() *Box { return d.box }

// Tx is one change in the making.
type Tx struct {
	*sql.Tx
	d     *Desk
	now   time.Time
	by    Actor
	cause EventID
	fresh bool // an event was recorded
}

// Now is the moment of the change: one for all that it writes.
func (tx *Tx) Now() time.Time { return tx.now }

// Write runs do in one transaction and returns when it is on disk; then the followers are woken.
// Features use it for their own tables, and Record for their events.
func (d *Desk) Write(ctx context.Context, by Actor, do func(*Tx) error) error {
	var fresh bool
	err := d.db.Write(ctx, func(sqltx *sql.Tx) error {
		tx := &Tx{Tx: sqltx, d: d, now: d.Clock().UTC().Truncate(time.Millisecond), by: by, cause: by.cause}
		err := do(tx)
		fresh = tx.fresh
		return err
	})
	if err == nil && fresh {
		d.bell.ring()
	}
	return d.trouble(err)
}

// trouble makes the database's own trouble, such as a full disk, an answer that asks for patience: nothing was stored. The log
// has the cause.
func (d *Desk) trouble(err error) error {
	if err == nil || !blob.Trouble(err) {
		return err
	}
	d.Log.Error("store", "error", err)
	return fmt.Errorf("%w: %w", Unavailable, err)
}

// reader is what reads: the pool outside a change, the transaction within.
type reader interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (d *Desk) read() reader { return d.reader }

type scanner interface{ Scan(...any) error }

// collect reads all rows before the caller asks the next question: the pool of readers is small.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, rows.Err()
}

// with is a row that has more columns than its usual reader wants.
func with(row scanner, more ...any) scanner { return wider{row, more} }

type wider struct {
	scanner
	more []any
}

func (w wider) Scan(into ...any) error { return w.scanner.Scan(append(into, w.more...)...) }

// jsonList is a list as json_each reads it, and as columns keep it.
func jsonList[T any](of []T) string {
	b, err := json.Marshal(of)
	if err != nil || len(of) == 0 {
		return "[]"
	}
	return string(b)
}

func ms(t time.Time) int64 { return t.UnixMilli() }

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func atNull(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return at(ms.Int64)
}

// nullID stores no id as NULL, so that foreign keys hold.
func nullID[T ~int64](id T) sql.NullInt64 { return sql.NullInt64{Int64: int64(id), Valid: id != 0} }

func nullText(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func nullTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}
