package desk

import (
	"context"
	"time"
)

// snoozeMax is how long a ticket may sleep.
const snoozeMax = 366 * 24 * time.Hour

// SnoozeTicket takes a ticket out of the lists until a time (zero: none) or until its customer answers, whichever is first.
func (d *Desk) SnoozeTicket(ctx context.Context, by Actor, id TicketID, until time.Time) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	return d.changeNumber(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Status == "closed" {
			return Conflict("error.snooze_closed")
		}
		facts := Facts{}
		if !until.IsZero() {
			if !until.After(tx.now) || until.Sub(tx.now) > snoozeMax {
				return Invalid("until", "fault.snooze_until")
			}
			facts["until"] = until.UTC().Format(time.RFC3339)
		}
		if _, err := tx.Exec("insert into snoozes(conversation_id, until, agent_id, created_at) values (?, ?, ?, ?) on conflict(conversation_id) do update set until = excluded.until, agent_id = excluded.agent_id, created_at = excluded.created_at",
			c.ID, nullTime(until), by.ID, ms(tx.now)); err != nil {
			return err
		}
		return tx.Record(TicketSnoozed, c.ID, int64(c.Ticket.ID), facts)
	})
}

// WakeTicket brings a sleeping ticket back into the lists. One that is awake stays as it is.
func (d *Desk) WakeTicket(ctx context.Context, by Actor, id TicketID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return d.changeNumber(ctx, by, id, func(tx *Tx, c *Conversation) error { return tx.wake(c, "agent") })
}

// wake ends a ticket's sleep, if it sleeps. why is agent, answer, time or closed. What wakes by time stands at the top of the lists: it is news.
func (tx *Tx) wake(c *Conversation, why string) error {
	var agent AgentID
	rows, err := tx.Query("delete from snoozes where conversation_id = ? returning agent_id", c.ID)
	slept, err := collect(rows, err, func(row scanner) (bool, error) { return true, row.Scan(&agent) })
	if err != nil || len(slept) == 0 {
		return err
	}
	if why == "time" {
		if _, err := tx.Exec("update conversations set last_at = ? where id = ?", ms(tx.now), c.ID); err != nil {
			return err
		}
	}
	return tx.Record(TicketWoken, c.ID, int64(c.Ticket.ID), Facts{"why": why, "agent": agent})
}

// WakeDue wakes the tickets whose time has come, at most 500, and says how many. Whoever slept through a stop of the program wakes with the
// first call after it.
func (d *Desk) WakeDue(ctx context.Context, by Actor) (int, error) {
	if !by.isSystem() {
		return 0, Forbidden
	}
	now := ms(d.Clock())
	rows, err := d.read().QueryContext(ctx, "select conversation_id from snoozes where until <= ? order by until limit 500", now)
	due, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	for i, id := range due {
		if _, err := d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
			if c.Ticket == nil || c.Ticket.SnoozedUntil.IsZero() || ms(c.Ticket.SnoozedUntil) > now { // put off meanwhile
				return nil
			}
			return tx.wakeInTime(ctx, c)
		}); err != nil {
			return i, err
		}
	}
	return len(due), err
}

// wakeInTime wakes a ticket whose time has come and tells whoever put it to sleep, if he may still see it.
func (tx *Tx) wakeInTime(ctx context.Context, c *Conversation) error {
	var id AgentID
	if err := tx.QueryRowContext(ctx, "select agent_id from snoozes where conversation_id = ?", c.ID).Scan(&id); err != nil {
		return err
	}
	if err := tx.wake(c, "time"); err != nil {
		return err
	}
	a, err := findAgent(ctx, tx, id)
	if err == nil {
		_, err = tx.conversation(ctx, a.Actor(), c.ID)
	}
	if err != nil {
		if IsNotFound(err) {
			return nil
		}
		return err
	}
	return tx.notifyNow(NewNotification{To: []AgentID{id}, Category: "ticket", What: "ticket_woken", ConversationID: c.ID})
}

// changeNumber is change by the number of a ticket.
func (d *Desk) changeNumber(ctx context.Context, by Actor, id TicketID, step func(*Tx, *Conversation) error) (*Conversation, error) {
	c, err := d.TicketByNumber(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return d.change(ctx, by, c.ID, step)
}
