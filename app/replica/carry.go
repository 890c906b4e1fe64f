package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/litestream"
)

const (
	// patience is how long messages wait for the files that they may point to. A first copy of many gigabytes of
	// files must not keep the messages at home for an hour.
	patience = 3 * time.Second
	// longestLock is how long what somebody waits for is tried again while the database is locked.
	longestLock = 10 * time.Second
	// patient is how many rounds may fail one after the other, as they do where the desk writes without a pause, before it
	// is worth a word and longer pauses.
	patient = 3
	// longestPause is where back-off ends, between rounds that fail and between children that end.
	longestPause = 30 * time.Second
)

// carrier runs the rounds. Litestream's own monitors are off, because each database would go its own way: here the state of
// the messages is fixed first, then the files are carried, then the messages as they were fixed, so that in the
// replica, too, a message never comes before the file that it points to.
type carrier struct {
	blobs, desk *line
	interval    time.Duration
	log         *slog.Logger
	rounds      sync.Mutex // one round at a time: none sends what another has fixed
}

// line is one database on its way.
type line struct {
	name  string
	db    *litestream.DB
	truce *truce // nil where no desk is asked

	mu      sync.Mutex
	synced  time.Time     // all that was committed then is in the replica
	err     error         // of the last round
	carries chan struct{} // closed when the round that runs in the background ends; nil when none runs
}

func newCarrier(dbs []*litestream.DB, c Config, t *truce, log *slog.Logger) *carrier {
	k := &carrier{log: log, interval: c.Databases[0].Target.SyncInterval}
	for i, d := range c.Databases {
		l := &line{name: d.Name, db: dbs[i], truce: t}
		if d.Name == DeskName {
			k.desk = l
		} else {
			k.blobs = l
		}
		k.interval = min(k.interval, d.Target.SyncInterval)
	}
	return k
}

// loop runs rounds until ctx is done (nil) or it takes a new child to go on (what is damaged).
func (k *carrier) loop(ctx context.Context) error {
	pause, failed := k.interval, 0
	for {
		err := k.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			if failed >= patient {
				k.log.Info("replication works again")
			}
			pause, failed = k.interval, 0
		default:
			failed++
			if k.blobs.damaged() || k.desk.damaged() {
				return err
			}
			if failed == patient {
				k.log.Warn("replication fails", "error", err) // once; the status tells of every round
			}
			if failed >= patient {
				pause = min(2*pause, longestPause)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// round carries what is new, waiting a little for files.
func (k *carrier) round(ctx context.Context) error {
	k.rounds.Lock()
	defer k.rounds.Unlock()
	at := time.Now()
	err := k.desk.fix(ctx)
	k.blobs.carryWithin(ctx, patience)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	k.desk.ended(ctx, at, errors.Join(err, k.desk.carry(ctx)))
	return errors.Join(k.blobs.failure(), k.desk.failure())
}

// sync returns when everything that was committed before is in the replica. It waits for files outside a round first, so
// that messages go on being carried while a large file is on its way.
func (k *carrier) sync(ctx context.Context) error {
	for begun := time.Now(); ; {
		err := unlessLocked(ctx, func() error { return k.blobs.both(ctx) })
		if err == nil {
			err = unlessLocked(ctx, func() error { return k.round(ctx) })
		}
		if err != nil || k.blobs.since(begun) && k.desk.since(begun) {
			return err
		}
	}
}

// unlessLocked does what somebody waits for again and again, while a desk that writes without a pause keeps the lock.
func unlessLocked(ctx context.Context, do func() error) error {
	for begun := time.Now(); ; {
		err := do()
		if err == nil || !strings.Contains(err.Error(), "SQLITE_BUSY") || time.Since(begun) > longestLock {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fix copies what was committed into Litestream's own files beside the database. Where it fails after a part, that part is
// carried nevertheless.
func (l *line) fix(ctx context.Context) error {
	if err := l.db.Sync(ctx); err != nil {
		return fmt.Errorf("read the changes of %s: %w", l.name, err)
	}
	return l.shorten(ctx)
}

// carry sends what was fixed.
func (l *line) carry(ctx context.Context) error {
	if err := l.db.Replica.Sync(ctx); err != nil {
		return fmt.Errorf("carry %s to its replica: %w", l.name, err)
	}
	return nil
}

// both fixes and carries.
func (l *line) both(ctx context.Context) error {
	at := time.Now()
	err := errors.Join(l.fix(ctx), l.carry(ctx))
	l.ended(ctx, at, err)
	return err
}

// carryWithin carries what this database has now, and waits for it, but no longer than limit: then it goes on by itself.
// A round that runs already does not count, for it may have looked before now.
func (l *line) carryWithin(ctx context.Context, limit time.Duration) {
	wait := time.NewTimer(limit)
	defer wait.Stop()
	for _, done := range []func() <-chan struct{}{l.running, func() <-chan struct{} { return l.start(ctx) }} {
		select {
		case <-done():
		case <-wait.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// running is closed when no round runs in the background.
func (l *line) running() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.carries == nil {
		none := make(chan struct{})
		close(none)
		return none
	}
	return l.carries
}

func (l *line) start(ctx context.Context) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	done := make(chan struct{})
	l.carries = done
	go func() {
		l.both(ctx)
		l.mu.Lock()
		l.carries = nil
		l.mu.Unlock()
		close(done)
	}()
	return done
}

// ended notes how a round that began at `at` went.
func (l *line) ended(ctx context.Context, at time.Time, err error) {
	if ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	if err == nil && at.After(l.synced) {
		l.synced = at
	}
}

// damaged says that Litestream's own files beside the database cannot be read (a full disk, a pulled plug).
func (l *line) damaged() bool {
	var fault *litestream.LTXError
	return errors.As(l.failure(), &fault) && fault.IsAutoRecoverable()
}

// forget throws Litestream's damaged files away; the next child begins with a whole copy, which has everything. This one
// must end: in a running one Litestream would count its transactions from one again, below those of the replica, and
// carry nothing until they are passed.
func (k *carrier) forget() error {
	var err error
	for _, l := range []*line{k.blobs, k.desk} {
		if l.damaged() {
			err = errors.Join(err, os.RemoveAll(l.db.LTXDir()))
		}
	}
	return err
}

// since reports whether all that was committed by then is in the replica.
func (l *line) since(then time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.synced.Before(then)
}

func (l *line) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *line) position() Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := Position{Name: l.name, TXID: uint64(l.db.Replica.Pos().TXID), Lag: -1}
	if !l.synced.IsZero() {
		p.Lag = time.Since(l.synced)
	}
	if l.err != nil {
		p.Err = l.err.Error()
	}
	return p
}
