package desk

import (
	"context"
	"fmt"

	"deskbell/app/blob"
)

// Retention says after how many days what is over is taken away; 0 keeps it for good.
type Retention struct {
	Chats   int `json:"chats"`   // since they were closed, with their files and mails
	Tickets int `json:"tickets"` // likewise
	Mail    int `json:"mail"`    // raw mail, since it came; the messages made of it stay
	Visits  int `json:"visits"`  // pages that visitors looked at
	Events  int `json:"events"`  // of the log: history and audit
}

// The range of days, where it is not 0.
const (
	retentionLeast = 7
	retentionMost  = 3650
)

// How much one sweep takes away: others write between, and the next sweep goes on.
const (
	retainedTalks = 100
	retainedRows  = 2000
)

// Retention answers how long what is over is kept.
func (d *Desk) Retention(ctx context.Context, by Actor) (r Retention, err error) {
	if err := by.Can(ManageCompany); err != nil {
		return r, err
	}
	err = d.setting(ctx, "retention", &r)
	return r, err
}

// ChangeRetention stores how long what is over is kept. The next sweep begins with it.
func (d *Desk) ChangeRetention(ctx context.Context, by Actor, r Retention) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	var c check
	for name, days := range map[string]int{"chats": r.Chats, "tickets": r.Tickets, "mail": r.Mail, "visits": r.Visits, "events": r.Events} {
		if days != 0 && (days < retentionLeast || days > retentionMost) {
			c.fault(name, "fault.retention_range", retentionLeast, retentionMost)
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.changeSetting(ctx, "retention", &Retention{}, r) })
}

// Retain takes away what is older than the setting allows, a bounded part of it, and answers how many rows of which kind.
// Bytes that nothing points to any more go with SweepBlobs.
func (d *Desk) Retain(ctx context.Context, by Actor) (taken map[string]int, err error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	r, err := d.Retention(ctx, by)
	if err != nil {
		return nil, err
	}
	taken = map[string]int{}
	before := func(days int) int64 { return ms(d.Clock().AddDate(0, 0, -days)) }
	for kind, days := range map[string]int{"chat": r.Chats, "ticket": r.Tickets} {
		if days == 0 {
			continue
		}
		if taken[kind], err = d.retainTalks(ctx, kind, before(days)); err != nil {
			return taken, fmt.Errorf("take old conversations away: %w", err)
		}
	}
	// Rows are written in the order of time: the oldest have the smallest ids, and only they are looked at.
	for _, k := range []struct {
		kind string
		days int
		sql  string
	}{
		{"mail", r.Mail, `update mail_ledger set raw = null, words = null where id in (select id from mail_ledger where received_at < ?1 and state <> 'stored' and (raw is not null or words is not null) order by id limit ?2)`},
		{"visits", r.Visits, "delete from visits where id in (select id from (select id, at from visits order by id limit ?2) where at < ?1)"},
		// What a follower has not seen yet stays, and the newest, by which the end of the log is known.
		{"events", r.Events, `delete from events where id in (select id from (select id, at from events order by id limit ?2) where at < ?1)
			and id < (select max(id) from events) and id <= coalesce((select min(event_id) from cursors), 0)`},
	} {
		if k.days == 0 {
			continue
		}
		err := d.Write(ctx, by, func(tx *Tx) error {
			if k.kind == "mail" {
				if _, err := tx.Exec(`update messages set meta = json_remove(meta, '$.mail.raw') where meta like '%"raw"%' and id in (select message_id from mail_ledger
					where received_at < ?1 and state <> 'stored' and (raw is not null or words is not null) order by id limit ?2)`, before(k.days), retainedRows); err != nil {
					return err
				}
			}
			res, err := tx.Exec(k.sql, before(k.days), retainedRows)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			taken[k.kind] = int(n)
			return err
		})
		if err != nil {
			return taken, fmt.Errorf("take old %s away: %w", k.kind, err)
		}
	}
	return taken, nil
}

// retainTalks takes conversations away that were closed before the moment, each in a change of its own.
func (d *Desk) retainTalks(ctx context.Context, kind string, before int64) (n int, err error) {
	type talk struct {
		id CustomerID
		c  ConversationID
	}
	rows, err := d.read().QueryContext(ctx, "select customer_id, id from conversations where kind = ? and status = 'closed' and last_at < ? and closed_at < ? limit ?", kind, before, before, retainedTalks)
	list, err := collect(rows, err, func(row scanner) (t talk, err error) { return t, row.Scan(&t.id, &t.c) })
	if err != nil {
		return 0, err
	}
	for _, t := range list {
		err := d.Write(ctx, System, func(tx *Tx) error {
			var over bool
			err := tx.QueryRow("select exists (select 1 from conversations where id = ? and status = 'closed' and closed_at < ?)", t.c, before).Scan(&over)
			if err != nil || !over {
				return err // it was opened again meanwhile
			}
			n++
			return tx.eraseConversation(ctx, t.id, t.c, map[blob.Sum]bool{})
		})
		if err != nil {
			return n, err
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, d.Write(ctx, System, func(tx *Tx) error {
		_, err := tx.Exec("pragma secure_delete = off")
		return err
	})
}
