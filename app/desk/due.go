package desk

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// What falls due is a row with a time. Due does what has fallen due, RunDue calls it when the next does: a restart forgets nothing.

// RunDue does what falls due until ctx ends. While doubt says that the clock cannot be trusted, answers that were planned for a time
// of day wait; what counts in seconds goes on.
func (d *Desk) RunDue(ctx context.Context, by Actor, doubt func() bool) error {
	for {
		next, err := d.Due(ctx, by, !doubt())
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		wait := time.Minute // a clock may be set
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(d.Clock()), 10*time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-d.dueSoon:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// nudge makes RunDue look again: something falls due sooner than it knew.
func (d *Desk) nudge() {
	select {
	case d.dueSoon <- struct{}{}:
	default:
	}
}

// Due does what has fallen due, each in a transaction of its own, and answers when the next is: zero when nothing waits. Without
// scheduled, answers planned for a time of day stay. Only the program does it.
func (d *Desk) Due(ctx context.Context, by Actor, scheduled bool) (next time.Time, err error) {
	if !by.isSystem() {
		return next, Forbidden
	}
	which := "way = 'undo'"
	if scheduled {
		which = "1"
	}
	rows, err := d.read().QueryContext(ctx, "select id, agent_id from planned where state = 'due' and due_at <= ? and "+which+" order by due_at, id", ms(d.Clock()))
	type due struct {
		id    PlannedID
		agent AgentID
	}
	list, err := collect(rows, err, func(row scanner) (p due, err error) { return p, row.Scan(&p.id, &p.agent) })
	faults := []error{err}
	for _, p := range list {
		faults = append(faults, d.sendDue(ctx, p.id, p.agent))
	}
	rows, err = d.read().QueryContext(ctx, "select id from transfers where state = 'asked' and due_at <= ? order by due_at", ms(d.Clock()))
	asked, err := collect(rows, err, func(row scanner) (id TransferID, err error) { return id, row.Scan(&id) })
	faults = append(faults, err)
	for _, id := range asked {
		faults = append(faults, d.timeOut(ctx, id))
	}
	if err := errors.Join(faults...); err != nil {
		return next, err
	}
	var first sql.NullInt64
	err = d.read().QueryRowContext(ctx, "select min(at) from (select min(due_at) as at from planned where state = 'due' and "+which+" union all select min(due_at) from transfers where state = 'asked')").Scan(&first)
	return atNull(first), err
}

// sendDue sends a planned answer in the name of its writer, or stops it and says why.
func (d *Desk) sendDue(ctx context.Context, id PlannedID, agent AgentID) error {
	a, err := findAgent(ctx, d.read(), agent)
	if err != nil && !errors.Is(err, NotFound) {
		return err
	}
	by := Actor{Kind: ByAgent, ID: int64(agent)}
	if a != nil {
		by = a.Actor()
	}
	refused := ""
	send := func(tx *Tx) error {
		p, err := scanPlanned(tx.QueryRowContext(ctx, "select "+plannedColumns+plannedTables+"where p.id = ? and p.state = 'due'", id))
		if errors.Is(err, NotFound) {
			return nil // somebody was faster
		}
		if err != nil {
			return err
		}
		c, err := findConversation(ctx, tx, asAgentOrSystem(by), "c.id", p.ConversationID)
		if err != nil {
			return err
		}
		cause := refused
		if cause == "" {
			cause, err = tx.mayNotGo(ctx, by, c, p, a != nil && a.Enabled)
		}
		if err != nil || cause != "" {
			return orElse(err, tx.stopOne(p, cause))
		}
		return tx.sendOne(ctx, by, c, p)
	}
	err = d.Write(ctx, by, send)
	var e *Error
	if errors.As(err, &e) && e.Kind != KindUnavailable { // the desk says no, and would again: its writer is asked
		refused = e.Key
		if len(e.Fields) > 0 {
			refused = e.Fields[0].Key
		}
		err = d.Write(ctx, by, send)
	}
	return err
}

// mayNotGo says why a planned answer does not go out by itself any more: a key of the catalogs, empty when it may.
func (tx *Tx) mayNotGo(ctx context.Context, by Actor, c *Conversation, p *Planned, enabled bool) (string, error) {
	switch {
	case !enabled:
		return "planned.agent", nil
	case c.Kind == "chat" && c.Status == "closed":
		return "planned.closed", nil
	case c.Kind == "chat" && p.Way == "schedule" && !c.Joined:
		return "planned.left", nil
	case p.Way == "schedule": // what colleagues have said in the meantime is no surprise, but it may have left his sight
		_, err := tx.conversation(ctx, by, c.ID)
		if errors.Is(err, NotFound) {
			return "planned.left", nil
		}
		return "", err
	}
	err := tx.nobodyElse(ctx, by, c, p.Draft)
	var e *Error
	if errors.As(err, &e) {
		return "planned.collision", nil
	}
	return "", err
}

func (tx *Tx) stopOne(p *Planned, cause string) error {
	if _, err := tx.Exec("update planned set state = 'stopped', cause = ? where id = ?", cause, p.ID); err != nil {
		return err
	}
	return tx.Record(ReplyStopped, p.ConversationID, int64(p.ID), Facts{"cause": cause, "agent": p.AgentID})
}

// sendOne stores the message where the row goes away. A ticket that was closed meanwhile stays closed: one answers, resolves, and
// the answer follows.
func (tx *Tx) sendOne(ctx context.Context, by Actor, c *Conversation, p *Planned) error {
	if _, err := tx.send(ctx, by, c, p.Draft); err != nil {
		return err
	}
	_, err := tx.Exec("delete from planned where id = ?", p.ID)
	return err
}

// hurry sends what can still be taken back in a chat that is about to be closed: its words belong before the end.
func (tx *Tx) hurry(ctx context.Context, c *Conversation) error {
	if c.Kind != "chat" {
		return nil
	}
	rows, err := tx.QueryContext(ctx, "select "+plannedColumns+plannedTables+"where p.conversation_id = ? and p.state = 'due' and p.way = 'undo' order by p.due_at, p.id", c.ID)
	list, err := collect(rows, err, scanPlanned)
	if err != nil {
		return err
	}
	was := tx.by
	defer func() { tx.by = was }()
	for _, p := range list {
		a, err := findAgent(ctx, tx, p.AgentID)
		if err != nil {
			return err
		}
		tx.by = a.Actor()
		if err := tx.sendOne(ctx, tx.by, c, p); err != nil {
			return err
		}
	}
	return nil
}
