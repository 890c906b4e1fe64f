package desk

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// SLAClock is how a ticket stands to one promise.
type SLAClock struct {
	ConversationID ConversationID
	Kind           string // first, next or resolution
	PlanID         SLAPlanID
	StartedAt      time.Time
	Spent          time.Duration // of work, until it was stopped last
	RunningSince   time.Time     // zero: it stands still, or is over
	WarnAt, DueAt  time.Time     // while it runs
	MetAt          time.Time     // zero: not yet
	WarnedAt       time.Time
	BreachedAt     time.Time
}

// SLAStates are those by which tickets can be listed: a promise falls due soon, or was broken and is not kept yet. Of what is closed late is
// all that broke one.
var SLAStates = []string{"soon", "late"}

// State is how it looks: met, breached, soon, paused or running.
func (c SLAClock) State() string {
	switch {
	case !c.BreachedAt.IsZero():
		return "breached"
	case !c.MetAt.IsZero():
		return "met"
	case c.RunningSince.IsZero():
		return "paused"
	case !c.WarnedAt.IsZero():
		return "soon"
	}
	return "running"
}

const slaClockColumns = "conversation_id, kind, plan_id, started_at, spent, running_since, warn_at, due_at, met_at, warned_at, breached_at"

func scanSLAClock(row scanner) (c SLAClock, err error) {
	var started, spent int64
	var running, warn, due, met, warned, breached sql.NullInt64
	err = row.Scan(&c.ConversationID, &c.Kind, &c.PlanID, &started, &spent, &running, &warn, &due, &met, &warned, &breached)
	c.StartedAt, c.Spent, c.RunningSince, c.WarnAt, c.DueAt = at(started), time.Duration(spent)*time.Millisecond, atNull(running), atNull(warn), atNull(due)
	c.MetAt, c.WarnedAt, c.BreachedAt = atNull(met), atNull(warned), atNull(breached)
	return c, err
}

// FillSLA adds to each ticket of a list how it stands to what was promised.
func (d *Desk) FillSLA(ctx context.Context, by Actor, list []*Conversation) error {
	if by.Kind == ByCustomer || len(list) == 0 {
		return nil
	}
	ids, of := make([]ConversationID, 0, len(list)), map[ConversationID]*Ticket{}
	for _, c := range list {
		if c.Ticket != nil {
			ids, of[c.ID] = append(ids, c.ID), c.Ticket
		}
	}
	rows, err := d.read().QueryContext(ctx, "select "+slaClockColumns+" from sla_clocks where conversation_id in (select value from json_each(?)) order by kind", jsonList(ids))
	clocks, err := collect(rows, err, scanSLAClock)
	for _, c := range clocks {
		t := of[c.ConversationID]
		t.SLA = append(t.SLA, c)
	}
	return err
}

// ReckonSLA sets a ticket's clocks by what is so now, and says whether anything is promised at all; it may be called as often as one likes.
func (d *Desk) ReckonSLA(ctx context.Context, by Actor, id ConversationID) (matters bool, err error) {
	if !by.isSystem() {
		return false, Forbidden
	}
	// Most of what happens is in chats, or where nothing is promised: that need not wait for the one writer, nor hold it up. A plan or
	// a ticket that comes later is an event of its own.
	err = d.read().QueryRowContext(ctx, "select exists (select 1 from tickets where conversation_id = ?1) and (exists (select 1 from sla_plans) or exists (select 1 from sla_clocks where conversation_id = ?1))", id).Scan(&matters)
	if err != nil || !matters {
		return false, err
	}
	return true, d.Write(ctx, by, func(tx *Tx) error {
		c, err := tx.conversation(ctx, by, id)
		if IsNotFound(err) || err == nil && c.Ticket == nil {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.reckon(ctx, c)
	})
}

// ReckonAllSLA does so for every ticket that is not closed: after a plan or work hours were changed.
func (d *Desk) ReckonAllSLA(ctx context.Context, by Actor) error {
	if !by.isSystem() {
		return Forbidden
	}
	rows, err := d.read().QueryContext(ctx, "select conversation_id from tickets where status <> 'closed'")
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	for _, id := range ids {
		if err == nil {
			_, err = d.ReckonSLA(ctx, by, id)
		}
	}
	return err
}

// reckoning is what the clocks of one ticket follow from.
type reckoning struct {
	tx       *Tx
	c        *Conversation
	plan     *SLAPlan
	hours    *Schedule // nil: day and night
	zone     *time.Location
	before   map[string]SLAClock
	answered time.Time // the first public answer; zero: none
	last     time.Time // the last one
	waits    time.Time // the first message of the customer after it; that he is on holiday asks for no answer
}

func (tx *Tx) reckon(ctx context.Context, c *Conversation) error {
	r, err := tx.reckoning(ctx, c)
	if err != nil {
		return err
	}
	if r.plan == nil || c.Ticket.MergedInto != 0 {
		_, err := tx.Exec("delete from sla_clocks where conversation_id = ?", c.ID)
		return err
	}
	target := r.plan.Targets[c.Ticket.Priority]
	over := c.Ticket.Status == "resolved" || c.Ticket.Status == "closed"
	end := func(t time.Time) time.Time { // whoever resolves needs not answer
		if t.IsZero() && over {
			return tx.now
		}
		return t
	}
	if err := r.set("first", target.First, c.Ticket.CreatedAt, end(r.answered), true); err != nil {
		return err
	}
	next := SLAClock{}
	if !r.answered.IsZero() {
		next.StartedAt = r.waits
		if was, ok := r.before["next"]; ok && r.waits.IsZero() && was.MetAt.IsZero() {
			next.StartedAt, next.MetAt = was.StartedAt, r.last
		} else if ok && r.waits.IsZero() {
			next.StartedAt, next.MetAt = was.StartedAt, was.MetAt
		}
	}
	if !next.StartedAt.IsZero() {
		if err := r.set("next", target.Next, next.StartedAt, end(next.MetAt), true); err != nil {
			return err
		}
	}
	resolved := time.Time{}
	if over {
		resolved = tx.now
	}
	return r.set("resolution", target.Resolution, c.Ticket.CreatedAt, resolved, c.Ticket.Status == "open" && !c.Ticket.Snoozed)
}

func (tx *Tx) reckoning(ctx context.Context, c *Conversation) (*reckoning, error) {
	r := &reckoning{tx: tx, c: c, before: map[string]SLAClock{}}
	plans, err := slaPlans(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, p := range plans {
		if p.fits(c) {
			r.plan = p
			break
		}
	}
	if r.plan == nil {
		return r, nil
	}
	if !r.plan.Always {
		if r.hours, err = findSchedule(ctx, tx, r.plan.ScheduleID); err != nil {
			return nil, err
		}
	}
	if r.zone, err = companyZone(ctx, tx); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "select "+slaClockColumns+" from sla_clocks where conversation_id = ?", c.ID)
	clocks, err := collect(rows, err, scanSLAClock)
	if err != nil {
		return nil, err
	}
	for _, k := range clocks {
		r.before[k.Kind] = k
	}
	var first, last, waits sql.NullInt64
	err = tx.QueryRowContext(ctx, `with answers as (select created_at as at from messages where conversation_id = ?1 and direction = 'out' and visibility = 'public' and kind <> 'event'
			and author_kind = 'agent' and coalesce(json_extract(meta, '$.auto'), '') in ('', 0))
		select (select min(at) from answers), (select max(at) from answers), (select min(created_at) from messages where conversation_id = ?1 and direction = 'in'
			and visibility = 'public' and kind <> 'event' and coalesce(json_extract(meta, '$.auto'), '') in ('', 0) and created_at > coalesce((select max(at) from answers), 0))`, c.ID).Scan(&first, &last, &waits)
	r.answered, r.last, r.waits = atNull(first), atNull(last), atNull(waits)
	return r, err
}

func (r *reckoning) add(from time.Time, work time.Duration) time.Time {
	work = max(0, work)
	if r.hours == nil {
		return from.Add(work)
	}
	return r.hours.Add(from, work, r.zone)
}

// set writes one clock: when it began, when it was met (zero: not yet), and whether it runs.
func (r *reckoning) set(kind string, minutes int, started, met time.Time, runs bool) error {
	if minutes == 0 {
		_, err := r.tx.Exec("delete from sla_clocks where conversation_id = ? and kind = ?", r.c.ID, kind)
		return err
	}
	k, known := r.before[kind]
	if !known || kind == "next" && !k.StartedAt.Equal(started) {
		k = SLAClock{StartedAt: started, RunningSince: started}
	}
	switch now := r.tx.now; {
	case !met.IsZero() && k.MetAt.IsZero(): // its end
		k.stop(r, met)
		k.MetAt = met
	case met.IsZero() && !k.MetAt.IsZero(): // reopened: it goes on where it stood
		k.MetAt = time.Time{}
		if runs {
			k.RunningSince = now
		}
	case met.IsZero() && !runs && !k.RunningSince.IsZero():
		k.stop(r, now)
	case met.IsZero() && runs && k.RunningSince.IsZero():
		k.RunningSince = now
	}
	k.WarnAt, k.DueAt = time.Time{}, time.Time{}
	target := time.Duration(minutes) * time.Minute
	if !k.RunningSince.IsZero() {
		k.WarnAt, k.DueAt = r.add(k.RunningSince, target*4/5-k.Spent), r.add(k.RunningSince, target-k.Spent)
		if k.DueAt.After(r.tx.now) { // another plan, or priority, gives more time
			k.BreachedAt = time.Time{}
		}
		if k.WarnAt.After(r.tx.now) {
			k.WarnedAt = time.Time{}
		}
	}
	_, err := r.tx.Exec("insert or replace into sla_clocks("+slaClockColumns+") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", r.c.ID, kind, r.plan.ID, ms(k.StartedAt), k.Spent.Milliseconds(),
		nullTime(k.RunningSince), nullTime(k.WarnAt), nullTime(k.DueAt), nullTime(k.MetAt), nullTime(k.WarnedAt), nullTime(k.BreachedAt))
	return err
}

// stop adds to what is spent what has passed since it ran.
func (c *SLAClock) stop(r *reckoning, at time.Time) {
	if c.RunningSince.IsZero() {
		return
	}
	if r.hours == nil {
		c.Spent += max(0, at.Sub(c.RunningSince))
	} else {
		c.Spent += r.hours.Between(c.RunningSince, at, r.zone)
	}
	c.RunningSince = time.Time{}
}

// DueSLA warns of promises of which four fifths are gone, and tells of those that were broken. It answers when the next falls due.
func (d *Desk) DueSLA(ctx context.Context, by Actor) (next time.Time, err error) {
	if !by.isSystem() {
		return next, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, `select conversation_id, kind from sla_clocks where due_at <= ?1 and breached_at is null
		union select conversation_id, kind from sla_clocks where warn_at <= ?1 and warned_at is null order by 1, 2 limit 500`, ms(d.Clock()))
	type due struct {
		id   ConversationID
		kind string
	}
	list, err := collect(rows, err, func(row scanner) (x due, err error) { return x, row.Scan(&x.id, &x.kind) })
	faults := []error{err}
	for _, x := range list {
		faults = append(faults, d.Write(ctx, by, func(tx *Tx) error { return tx.tellSLA(ctx, x.id, x.kind) }))
	}
	if err := errors.Join(faults...); err != nil {
		return next, err
	}
	var first sql.NullInt64
	err = d.read().QueryRowContext(ctx, "select min(at) from (select min(due_at) as at from sla_clocks where due_at is not null and breached_at is null union all select min(warn_at) from sla_clocks where warn_at is not null and warned_at is null)").Scan(&first)
	return atNull(first), err
}

// tellSLA says once that a promise is nearly, or is, broken: in the log, in the ticket, and to whom it concerns.
func (tx *Tx) tellSLA(ctx context.Context, id ConversationID, kind string) error {
	k, err := scanSLAClock(tx.QueryRowContext(ctx, "select "+slaClockColumns+" from sla_clocks where conversation_id = ? and kind = ? and met_at is null", id, kind))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	what, column := SLAWarned, "warned_at"
	if !k.DueAt.After(tx.now) {
		what, column = SLABreached, "breached_at"
		if !k.BreachedAt.IsZero() {
			return nil
		}
	} else if !k.WarnedAt.IsZero() || k.WarnAt.After(tx.now) {
		return nil
	}
	// A breach that was seen before its warning needs none.
	if _, err := tx.Exec("update sla_clocks set "+column+" = ?1, warned_at = coalesce(warned_at, ?1) where conversation_id = ?2 and kind = ?3", ms(tx.now), id, kind); err != nil {
		return err
	}
	c, err := tx.conversation(ctx, tx.by, id)
	if err != nil {
		return err
	}
	if what == SLABreached {
		if err := tx.line(c, what, "internal", Facts{"kind": kind}); err != nil {
			return err
		}
	}
	if err := tx.Record(what, id, int64(c.Ticket.ID), Facts{"kind": kind, "plan": k.PlanID}); err != nil {
		return err
	}
	return tx.notifySLA(ctx, c, what, kind)
}

// notifySLA tells whose ticket it is; the team, when it is nobody's; the admins, when it is no team's.
func (tx *Tx) notifySLA(ctx context.Context, c *Conversation, what EventName, kind string) error {
	to := []AgentID{c.AssigneeID}
	if c.AssigneeID == 0 {
		rows, err := tx.QueryContext(ctx, `select agent_id from team_members where team_id = ?1 union select id from agents where ?1 = 0 and role = 'admin' and enabled and deleted_at is null`, c.TeamID)
		if to, err = collect(rows, err, func(row scanner) (id AgentID, err error) { return id, row.Scan(&id) }); err != nil {
			return err
		}
	}
	say := map[EventName]map[string]string{
		SLAWarned:   {"first": "sla_warned_first", "next": "sla_warned_next", "resolution": "sla_warned_resolution"},
		SLABreached: {"first": "sla_breached_first", "next": "sla_breached_next", "resolution": "sla_breached_resolution"},
	}[what][kind]
	return tx.notifyNow(NewNotification{To: to, Category: "ticket", What: say, ConversationID: c.ID})
}
