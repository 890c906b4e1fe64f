package desk

import (
	"context"
	"database/sql"
	"time"
)

// Late is how the outbox is doing.
type Late struct {
	Count  int       // deliveries that are due
	Oldest time.Time // when the first of them became due; zero: none is
}

// Overdue tells of the deliveries of enabled inboxes that are due and have not been tried.
func (d *Desk) Overdue(ctx context.Context, by Actor) (l Late, err error) {
	if err := by.Can(SeeHealth); err != nil {
		return l, err
	}
	var oldest sql.NullInt64
	err = d.read().QueryRowContext(ctx, `select count(*), min(dl.next_at) from inboxes i cross join deliveries dl on dl.inbox_id = i.id and dl.next_at <= ?
		where i.enabled and i.deleted_at is null`, ms(d.Clock())).Scan(&l.Count, &oldest)
	l.Oldest = atNull(oldest)
	return l, err
}

// AsideEvent is one that a follower could not digest.
type AsideEvent struct {
	Follower string
	EventID  EventID
	Error    string
	At       time.Time
}

// AsideEvents lists what followers could not digest, the newest first, at most limit, and how many there are in all.
func (d *Desk) AsideEvents(ctx context.Context, by Actor, limit int) (list []AsideEvent, all int, err error) {
	if err := by.Can(SeeHealth); err != nil {
		return nil, 0, err
	}
	rows, err := d.read().QueryContext(ctx, "select follower, event_id, error, at from set_aside_events order by at desc, event_id desc limit ?", limit)
	list, err = collect(rows, err, func(row scanner) (e AsideEvent, err error) {
		var when int64
		err = row.Scan(&e.Follower, &e.EventID, &e.Error, &when)
		e.At = at(when)
		return e, err
	})
	if err != nil {
		return nil, 0, err
	}
	return list, all, d.read().QueryRowContext(ctx, "select count(*) from set_aside_events").Scan(&all)
}

// ForgetAside takes what followers could not digest off the health page: somebody has looked at it.
func (d *Desk) ForgetAside(ctx context.Context, by Actor) error {
	if err := by.Can(SeeHealth); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		_, err := tx.Exec("delete from set_aside_events")
		return err
	})
}

// Vitals are the numbers that a monitor draws.
type Vitals struct {
	Conversations map[[2]string]int // by kind and status
	Messages      int64             // ever stored
	Deliveries    map[string]int    // by state
	Behind        map[string]int64  // events that each running follower has not seen yet, by its name
	Writes        int               // waiting for the writer
}

// Vitals counts. It reads whole indexes, so it is for a scrape every some seconds, not for a page.
func (d *Desk) Vitals(ctx context.Context, by Actor) (v Vitals, err error) {
	if err := by.Can(SeeHealth); err != nil {
		return v, err
	}
	v = Vitals{Conversations: map[[2]string]int{}, Deliveries: map[string]int{}, Behind: map[string]int64{}, Writes: d.db.Waiting()}
	rows, err := d.read().QueryContext(ctx, "select kind, status, count(*) from conversations group by kind, status")
	if _, err = collect(rows, err, func(row scanner) (_ struct{}, err error) {
		var key [2]string
		var n int
		err = row.Scan(&key[0], &key[1], &n)
		v.Conversations[key] = n
		return
	}); err != nil {
		return v, err
	}
	rows, err = d.read().QueryContext(ctx, "select state, count(*) from deliveries group by state")
	if _, err = collect(rows, err, func(row scanner) (_ struct{}, err error) {
		var state string
		var n int
		err = row.Scan(&state, &n)
		v.Deliveries[state] = n
		return
	}); err != nil {
		return v, err
	}
	if err := d.read().QueryRowContext(ctx, "select coalesce(max(id), 0) from messages").Scan(&v.Messages); err != nil {
		return v, err
	}
	last, err := d.LastEvent(ctx)
	d.followers.Range(func(name, f any) bool {
		v.Behind[name.(string)] = max(0, int64(last)-f.(*follower).progress.Load())
		return true
	})
	return v, err
}
