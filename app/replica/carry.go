package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/litestream"
)

const (
	// patience is how long messages wait for the files that they may point to. A first copy of many gigabytes of
	// files must not keep the messages at home for an hour.
	patience = 3 * time.Second
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
}

// line is one database on its way.
type line struct {
	name string
	db   *litestream.DB

	mu      sync.Mutex
	synced  time.Time     // all that was committed then is in the replica
	err     error         // of the last round
	carries chan struct{} // closed when the round that runs in the background ends; nil when none runs
}

func newCarrier(dbs []*litestream.DB, c Config, log *slog.Logger) *carrier {
	k := &carrier{log: log, interval: c.Databases[0].Target.SyncInterval}
	for i, d := range c.Databases {
		l := &line{name: d.Name, db: dbs[i]}
		if d.Name == DeskName {
			k.desk = l
		} else {
			k.blobs = l
		}
		k.interval = min(k.interval, d.Target.SyncInterval)
	}
	return k
}

func (k *carrier) loop(ctx context.Context) {
	pause, failed := k.interval, 0
	for {
		err := k.round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if failed >= patient {
				k.log.Info("replication works again")
			}
			pause, failed = k.interval, 0
		default:
			failed++
			if failed == patient {
				k.log.Warn("replication fails", "error", err) // once; the status tells of every round
			}
			if failed >= patient {
				pause = min(2*pause, longestPause)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// round carries what is new, waiting a little for files.
func (k *carrier) round(ctx context.Context) error {
	at := time.Now()
	deskErr := k.desk.fix(ctx)
	files := k.blobs.carryInBackground(ctx)
	wait := time.NewTimer(patience)
	defer wait.Stop()
	select {
	case <-files:
	case <-wait.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	k.desk.ended(ctx, at, errors.Join(deskErr, k.desk.carry(ctx)))
	return errors.Join(k.blobs.failure(), k.desk.failure())
}

// sync is a round that waits for everything.
func (k *carrier) sync(ctx context.Context) error {
	at := time.Now()
	if err := k.desk.fix(ctx); err != nil {
		return err
	}
	if err := k.blobs.both(ctx); err != nil {
		return err
	}
	err := k.desk.carry(ctx)
	k.desk.ended(ctx, at, err)
	return err
}

// fix copies what was committed into Litestream's own files beside the database. Where it fails after a part (most often
// at a checkpoint, which a busy desk does not let in), that part is carried nevertheless.
func (l *line) fix(ctx context.Context) error {
	if err := l.db.Sync(ctx); err != nil {
		return fmt.Errorf("read the changes of %s: %w", l.name, err)
	}
	return nil
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

// carryInBackground starts a round of this database, or joins the one that still runs.
func (l *line) carryInBackground(ctx context.Context) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.carries == nil {
		done := make(chan struct{})
		l.carries = done
		go func() {
			l.both(ctx)
			l.mu.Lock()
			l.carries = nil
			l.mu.Unlock()
			close(done)
		}()
	}
	return l.carries
}

// ended notes how a round that began at `at` went. Damaged files of Litestream's own (a full disk, a pulled plug) are
// thrown away: the next round then begins again with a whole copy of the database, which has everything.
func (l *line) ended(ctx context.Context, at time.Time, err error) {
	if ctx.Err() != nil {
		return
	}
	var damaged *litestream.LTXError
	if errors.As(err, &damaged) && damaged.IsAutoRecoverable() {
		err = errors.Join(err, l.db.ResetLocalState(ctx))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
	if err == nil && at.After(l.synced) {
		l.synced = at
	}
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
