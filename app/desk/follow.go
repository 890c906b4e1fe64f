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

// A failing event is tried again after these pauses, then set aside and shown on the health page.
var pauses = []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second}

const batch = 200

// bell wakes all who wait for news.
type bell struct {
	mu sync.Mutex
	ch chan struct{}
}

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
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// Follow calls react for every event in order, from where the follower of this name stopped last, until ctx ends.
// A new follower begins with the first event. The cursor is saved at least once a second.
func (d *Desk) Follow(ctx context.Context, name string, react React) error {
	f := &follower{d: d, name: name, react: react}
	if err := f.load(ctx); err != nil {
		return err
	}
	defer f.save(context.WithoutCancel(ctx))
	d.followers.Store(name, &f.progress)
	defer d.followers.Delete(name)
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
		select {
		case <-ctx.Done():
			return nil
		case <-news:
		case <-time.After(time.Second):
			f.save(ctx)
		}
	}
}

type follower struct {
	d        *Desk
	name     string
	react    React
	progress atomic.Int64
	saved    int64
	savedAt  time.Time
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
	events, err := f.d.EventsAfter(ctx, System, EventID(f.progress.Load()), batch)
	if err != nil {
		return 0, err
	}
	for _, e := range events {
		if err := f.digest(ctx, e); err != nil {
			return 0, err
		}
		f.progress.Store(int64(e.ID))
	}
	if len(events) > 0 && time.Since(f.savedAt) > time.Second {
		f.save(ctx)
	}
	return len(events), nil
}

// digest tries one event several times and sets it aside when it cannot be digested.
func (f *follower) digest(ctx context.Context, e Event) error {
	for i := 0; ; i++ {
		err := f.call(ctx, e)
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

func (f *follower) call(ctx context.Context, e Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f.react(ctx, e)
}

func (f *follower) save(ctx context.Context) {
	now := f.progress.Load()
	f.savedAt = time.Now()
	if now == f.saved {
		return
	}
	err := f.d.db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into cursors(name, event_id, updated_at) values (?, ?, ?) on conflict(name) do update set event_id = excluded.event_id, updated_at = excluded.updated_at", f.name, now, ms(f.d.Clock()))
		return err
	})
	if err != nil {
		f.d.Log.Error("save a cursor", "follower", f.name, "error", err)
		return
	}
	f.saved = now
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
		events, err := d.EventsAfter(ctx, System, after, batch)
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
		d.followers.Range(func(_, p any) bool {
			behind = EventID(p.(*atomic.Int64).Load()) < last
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
