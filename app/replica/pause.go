package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/litestream"
)

// Why the desk pauses its writer while the child brings a log into its database file (a checkpoint).
//
// SQLite writes a transaction to the log, makes it durable, and only then publishes it to other connections. Litestream
// reads the log's file, so it carries a transaction a moment before it is published. A desk that is killed in that moment
// leaves one that SQLite does not count; the next opening recovers it, unless somebody writes before. A checkpoint of
// Litestream's writes. What it writes over the unpublished transaction then stands in the replica on top of it: a database
// that is half of one state and half of another. So a checkpoint is made only while no transaction can be in that
// moment, and never once the desk is gone.
const (
	// logPages is how long a log may grow before it is brought into its file, in pages (of 4 KiB).
	logPages = 1000
	// pauseWait is how long a child waits to be let; then it tries again in the next round.
	pauseWait = 5 * time.Second
	// pauseLimit is how long a desk stands still for a child. One that takes longer is killed.
	pauseLimit = 20 * time.Second

	askPause   = "pause"  // the child, with a number and the database's name
	sayPaused  = "paused" // the desk, with the number
	sayResumed = "resume" // the child, with the number
)

// truce is the child's side.
type truce struct {
	out     *answers
	over    <-chan struct{} // closed when the desk is gone
	mu      sync.Mutex      // one at a time
	number  int
	granted chan string
}

// during does do while the desk does not write to the database; not at all, when the desk does not let it.
func (t *truce) during(ctx context.Context, name string, do func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.number++
	number := fmt.Sprint(t.number)
	t.out.line(strings.Join([]string{askPause, number, name}, " "))
	defer t.out.line(sayResumed + " " + number)
	wait := time.NewTimer(pauseWait)
	defer wait.Stop()
	for {
		select {
		case said := <-t.granted:
			if said == number { // not an earlier one, that came too late
				return do()
			}
		case <-wait.C:
			return nil
		case <-t.over:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// grant passes on what the desk said.
func (t *truce) grant(number string) {
	select {
	case t.granted <- number:
	case <-t.over:
	}
}

// shorten brings the log into the database file when it has grown long, so that it begins anew.
func (l *line) shorten(ctx context.Context) error {
	frame := int64(litestream.WALFrameHeaderSize + l.db.PageSize())
	if l.truce == nil || l.db.SyncDiagnostic().LastSyncedWALOffset < logPages*frame {
		return nil
	}
	err := l.truce.during(ctx, l.name, func() error { return l.db.Checkpoint(ctx, litestream.CheckpointModePassive) })
	if err != nil {
		return fmt.Errorf("bring the log of %s into its file: %w", l.name, err)
	}
	return nil
}

// pauses is the desk's side: what one child has asked for and not given back.
type pauses struct {
	mu   sync.Mutex
	asks map[string]chan struct{}
}

// answer handles a line of the child about pauses; false means that it is not about them.
func (p *pauses) answer(c *child, word, rest string) bool {
	number, name, _ := strings.Cut(rest, " ")
	p.mu.Lock()
	defer p.mu.Unlock()
	switch word {
	case askPause:
		given := make(chan struct{})
		if p.asks == nil {
			p.asks = map[string]chan struct{}{}
		}
		p.asks[number] = given
		go c.stand(number, name, given)
	case sayResumed:
		if given := p.asks[number]; given != nil {
			close(given)
			delete(p.asks, number)
		}
	default:
		return false
	}
	return true
}

// stand pauses the writer of a database until the child gives it back or ends.
func (c *child) stand(number, name string, given <-chan struct{}) {
	if c.pause == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pauseWait)
	defer cancel()
	resume, err := c.pause(ctx, name)
	if err != nil {
		return
	}
	defer resume()
	c.tell(sayPaused + " " + number)
	limit := time.NewTimer(pauseLimit)
	defer limit.Stop()
	select {
	case <-given:
	case <-c.ended:
	case <-limit.C:
		slog.Error("the replication process keeps a database to itself; it is killed", "database", name)
		c.cmd.Process.Kill()
		<-c.ended
	}
}

// Settled waits until a child that outlived its desk has made its last flush and let go of the databases. A desk that
// opened them before would write over the transaction that the one before it was killed in, while that child carries it.
// Then it ends a restore that was killed, if there is one.
func Settled(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	release, err := replicating(ctx, data)
	if errors.Is(err, ErrHeld) {
		return fmt.Errorf("the replication of the desk that ran before has not ended after %v: %w", stopLimit, err)
	}
	if err != nil {
		return err
	}
	defer release()
	report, err := settle(data)
	if err == nil && len(report.Files) > 0 {
		slog.Warn("a restore that had not ended was ended", "files", report.Files, "aside", report.Aside)
	}
	return err
}
