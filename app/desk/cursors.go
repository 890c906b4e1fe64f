package desk

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// cursors keeps how far each follower has come. One of them, whoever sees first that it is time, saves those of all: a commit for
// each would be in the way of messages ten times as often.
type cursors struct {
	mu sync.Mutex
	at time.Time // when they were saved last
}

// save saves the cursors that have moved, if that is a second ago and nobody else does it just now; always, when a follower ends.
func (c *cursors) save(ctx context.Context, d *Desk, always bool) {
	if always {
		c.mu.Lock()
	} else if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	if !always && time.Since(c.at) < time.Second {
		return
	}
	c.at = time.Now()
	moved := map[*follower]int64{}
	d.followers.Range(func(_, v any) bool {
		f := v.(*follower)
		if now := f.progress.Load(); now != f.saved {
			moved[f] = now
		}
		return true
	})
	if len(moved) == 0 {
		return
	}
	err := d.db.Write(ctx, func(tx *sql.Tx) error {
		for f, now := range moved {
			if _, err := tx.Exec("insert into cursors(name, event_id, updated_at) values (?, ?, ?) on conflict(name) do update set event_id = excluded.event_id, updated_at = excluded.updated_at", f.name, now, ms(d.Clock())); err != nil {
				return err
			}
		}
		return nil
	})
	if ctx.Err() != nil {
		return // whoever asked ends, and saves them then
	}
	if err != nil {
		d.Log.Error("save the followers' cursors", "error", err)
		return
	}
	for f, now := range moved {
		f.saved = now
	}
}
