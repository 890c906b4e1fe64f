package replica

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/benbjohnson/litestream"
)

// closeTimeout is how long the last flush may take when the replica does not answer.
const closeTimeout = 10 * time.Second

// Position is how far one database has been carried.
type Position struct {
	Name string        `json:"name"`
	TXID uint64        `json:"txid"`            // Litestream's number of the last transaction in the replica
	Lag  time.Duration `json:"lag"`             // since the last moment at which all was in the replica; -1 when this child has seen none
	Err  string        `json:"error,omitempty"` // what the last round died of; empty when it went well
}

// Child is `deskbell replicate`: it carries both databases until in ends or ctx is done, flushes and returns.
//
// The parent writes lines and reads lines. The child says "open" when it wants to open the databases, waits for "go", and
// says "ready" when it has looked at them for the first time. Then it answers each request, not always in
// order, with the request's number: "sync N" with "ok N [positions as JSON]" once everything that was committed when the
// request came is in the replica, or "err N words"; "status N" the same without carrying anything, at once. When in
// ends the parent is gone, or has closed its databases. The child asks too: "pause N NAME" for a moment in which the parent
// does not write to a database, is told "paused N", and gives it back by "resume N".
// With in == nil nobody is the parent and only ctx ends it.
// Signals that hit the whole process group or control group are ignored with a parent: the child must outlive it.
func Child(ctx context.Context, c Config, in io.Reader, out io.Writer) error {
	prepare()
	// Writing to a parent that was killed must not kill this process before its last flush.
	signal.Ignore(syscall.SIGPIPE)
	if in != nil {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	}
	log := slog.Default()
	slog.SetDefault(slog.New(quiet{log.Handler()})) // Litestream's; ours is log
	defer slog.SetDefault(log)

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	lines := make(chan string)
	if in != nil {
		go read(in, lines, stop)
	}
	release, err := replicating(ctx, c.Data)
	if err != nil {
		return err
	}
	defer release()
	store, dbs, err := c.store()
	if err != nil {
		return err
	}
	for i, d := range c.Databases {
		if err := dbs[i].Replica.Client.Init(ctx); err != nil {
			return fmt.Errorf("the replica of %s at %s: %w", d.Name, d.Target.Where(), err)
		}
	}
	answers := &answers{out: out}
	var t *truce
	if in != nil {
		t = &truce{out: answers, over: ctx.Done(), granted: make(chan string)}
		for _, db := range dbs { // see pause.go
			db.MinCheckpointPageN, db.TruncatePageN, db.CheckpointInterval = math.MaxInt32, -1, 0
		}
		answers.line(sayOpen)
		if said, ok := <-lines; !ok || said != sayGo {
			return nil // the parent is gone
		}
	}
	if err := look(ctx, dbs); err != nil {
		return err
	}
	if err := store.Open(ctx); err != nil {
		return err
	}
	k := newCarrier(dbs, c, t, log)
	answers.line(sayReady)
	var asked sync.WaitGroup
	go func() {
		for line := range lines {
			if word, number, _ := strings.Cut(line, " "); word == sayPaused {
				asked.Go(func() { t.grant(number) })
				continue
			}
			asked.Go(func() { answers.line(k.answer(ctx, line)) })
		}
	}()
	damaged := k.loop(ctx)
	stop(nil)
	asked.Wait()
	if damaged != nil {
		return errors.Join(damaged, k.forget())
	}
	return k.close(store)
}

// What parent and child say before the requests begin.
const (
	sayOpen  = "open"
	sayGo    = "go"
	sayReady = "ready"
)

// look looks at the databases once before the store begins to compact and to take snapshots, which fail as long as
// Litestream has nothing of its own yet. From here on it keeps others from taking the log away.
func look(ctx context.Context, dbs []*litestream.DB) error {
	for _, db := range dbs {
		if err := anew(ctx, db); err != nil {
			return err
		}
		if err := db.Open(); err != nil {
			return err
		}
		if err := unlessLocked(ctx, func() error { return db.Sync(ctx) }); err != nil {
			slog.Warn("the first look at a database", "database", db.Path(), "error", err) // the rounds try again
		}
	}
	return nil
}

// anew empties the log of a database of which Litestream remembers nothing here (a first start, a restore, files that
// were damaged). It would otherwise go on from what the replica had last, and take what is left in the log of older
// times for a sign that it had missed nothing; after an emptied log it begins with a whole copy.
func anew(ctx context.Context, db *litestream.DB) error {
	if _, known, err := db.MaxLTX(); err != nil || known != 0 {
		return err
	}
	if _, err := os.Stat(db.Path()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return unlessLocked(ctx, func() error { return truncate(ctx, db.Path()) })
}

func truncate(ctx context.Context, path string) error {
	db, err := openRestored(path)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var busy bool
	var frames, done int
	if _, err := db.ExecContext(ctx, "pragma busy_timeout=200"); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &frames, &done); err != nil {
		return err
	}
	if busy {
		return fmt.Errorf("empty the log of %s: SQLITE_BUSY", path)
	}
	return nil
}

var errParentGone = errors.New("the parent is gone")

func read(in io.Reader, lines chan<- string, stop context.CancelCauseFunc) {
	defer close(lines)
	s := bufio.NewScanner(in)
	for s.Scan() {
		lines <- s.Text()
	}
	stop(errParentGone)
}

// answers writes whole lines, whoever writes.
type answers struct {
	mu  sync.Mutex
	out io.Writer
}

func (a *answers) line(s string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.out != nil {
		fmt.Fprintln(a.out, strings.ReplaceAll(s, "\n", " "))
	}
}

// answer handles one request of the parent.
func (k *carrier) answer(ctx context.Context, request string) string {
	word, number, _ := strings.Cut(request, " ")
	switch word {
	case "sync":
		if err := k.sync(ctx); err != nil {
			return fmt.Sprintf("err %s %v", number, err)
		}
	case "status":
	default:
		return fmt.Sprintf("err %s not understood", number)
	}
	text, err := json.Marshal([]Position{k.blobs.position(), k.desk.position()})
	if err != nil {
		return fmt.Sprintf("err %s %v", number, err)
	}
	return fmt.Sprintf("ok %s %s", number, text)
}

// close flushes what was committed last, files first, and gives the databases back. Litestream's own last flush is one
// attempt, and skips a database that it has not come to yet.
func (k *carrier) close(store *litestream.Store) error {
	at := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	err := k.sync(ctx)
	for err != nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
			err = k.sync(ctx)
		}
	}
	closing, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if err := errors.Join(err, store.Close(closing)); err != nil {
		return fmt.Errorf("last flush: %w", err)
	}
	k.log.Info("replication ended", "flush", time.Since(at).Round(time.Millisecond))
	return nil
}
