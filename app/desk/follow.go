package desk

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// React is a follower's answer to one event. It must be idempotent and look at the present before it acts: each event comes
// at least once.
type React func(ctx context.Context, e Event) error

// ReactAll is a follower's answer to a run of events, in order, for one to whom many at once are much cheaper than one by one.
// What React must be, it must be too.
type ReactAll func(ctx context.Context, run []Event) error

// A failing event is tried again after these pauses, then set aside and shown on the health page.
var pauses = []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second}

const batch = 200

// gather is how long a follower that takes runs waits between two, so that there is something to take together: each run is a commit
// that messages may have to wait for.
const gather = 200 * time.Millisecond

// bell wakes all who wait for news.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
	n  atomic.Uint64
}

// rung is how often it rang.
func (b *bell) rung() uint64 { return b.n.Load() }

// next is closed at the next ring. Ask for it before looking, so that no ring is missed.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *bell) ring() {
	b.n.Add(1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// Follow calls react for every event in order, from where the follower of this name stopped last, until ctx ends.
// A new follower begins with the first event. The cursors of all followers are saved together, about once a second.
func (d *Desk) Follow(ctx context.Context, name string, react React) error {
	return d.follow(ctx, &follower{d: d, name: name, react: react})
}

// FollowAll is Follow by runs. When a run fails, its events come again one by one, so that one which cannot be digested
// takes no other along.
func (d *Desk) FollowAll(ctx context.Context, name string, react ReactAll) error {
	return d.follow(ctx, &follower{d: d, name: name, all: react, react: func(ctx context.Context, e Event) error { return react(ctx, []Event{e}) }})
}

func (d *Desk) follow(ctx context.Context, f *follower) error {
	name := f.name
	if err := f.load(ctx); err != nil {
		return err
	}
	d.followers.Store(name, f)
	defer d.followers.Delete(name)
	defer d.cursors.save(context.WithoutCancel(ctx), d, true)
	for {
		news := d.bell.next()
		n, err := f.step(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			d.Log.Error("follow", "follower", name, "after", f.progress.Load(), "error", err)
			news = nil // the database is in trouble: try again in a second
		}
		if n == batch {
			continue
		}
		if f.all != nil && n > 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(gather):
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-news:
		case <-time.After(time.Second):
			d.cursors.save(ctx, d, false)
		}
	}
}

type follower struct {
	d        *Desk
	name     string
	react    React
	all      ReactAll     // nil: one by one
	progress atomic.Int64 // the event that it has digested last
	saved    int64        // the same, on disk; see cursors
}

func (f *follower) load(ctx context.Context) error {
	err := f.d.read().QueryRowContext(ctx, "select event_id from cursors where name = ?", f.name).Scan(&f.saved)
	if err != nil && err != sql.ErrNoRows {
		return err
	}
	f.progress.Store(f.saved)
	return nil
}

func (f *follower) step(ctx context.Context) (int, error) {
	events, err := f.d.recent(ctx, EventID(f.progress.Load()), batch)
	if err != nil {
		return 0, err
	}
	if err := f.take(ctx, events); err != nil {
		return 0, err
	}
	if len(events) > 0 {
		f.d.cursors.save(ctx, f.d, false)
	}
	return len(events), nil
}

func (f *follower) take(ctx context.Context, events []Event) error {
	if f.all != nil && len(events) > 1 {
		err := call(func() error { return f.all(ctx, events) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			f.progress.Store(int64(events[len(events)-1].ID))
			return nil
		}
	}
	for _, e := range events {
		if err := f.digest(ctx, e); err != nil {
			return err
		}
		f.progress.Store(int64(e.ID))
	}
	return nil
}

// digest tries one event several times and sets it aside when it cannot be digested.
func (f *follower) digest(ctx context.Context, e Event) error {
	for i := 0; ; i++ {
		err := call(func() error { return f.react(ctx, e) })
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if i == len(pauses) {
			f.d.Log.Error("set an event aside", "follower", f.name, "event", e.ID, "name", e.Name, "error", err)
			return f.d.setAside(ctx, f.name, e.ID, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pauses[i]):
		}
	}
}

func call(react func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return react()
}

func (d *Desk) setAside(ctx context.Context, name string, id EventID, cause error) error {
	return d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into set_aside_events(follower, event_id, error, at) values (?, ?, ?, ?) on conflict do nothing", name, id, cause.Error(), ms(d.Clock()))
		return err
	})
}

// Tail calls fn with every batch of events after the id, in order, until ctx ends or fn answers an error. It keeps no
// cursor: it is for those who only want the present.
func (d *Desk) Tail(ctx context.Context, after EventID, fn func([]Event) error) error {
	for {
		news := d.bell.next()
		events, err := d.recent(ctx, after, batch)
		if err != nil {
			return err
		}
		if len(events) > 0 {
			if err := fn(events); err != nil {
				return err
			}
			after = events[len(events)-1].ID
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-news:
		}
	}
}

// Settle waits until every follower has come to the end of the log: for tests and for a graceful stop.
func (d *Desk) Settle(ctx context.Context) error {
	for {
		last, err := d.LastEvent(ctx)
		if err != nil {
			return err
		}
		behind := false
		d.followers.Range(func(_, f any) bool {
			behind = EventID(f.(*follower).progress.Load()) < last
			return !behind
		})
		if !behind {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}
