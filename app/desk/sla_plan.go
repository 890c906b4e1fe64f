package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// SLAPlanID is a plan's.
type SLAPlanID int64

func (id SLAPlanID) String() string { return fmt.Sprint(int64(id)) }

// SLAPlan is what the company promises about some of its tickets. Of those that fit the first counts.
type SLAPlan struct {
	ID         SLAPlanID
	Name       string
	Position   int
	Always     bool       // the clocks run day and night; else
	ScheduleID ScheduleID // in these hours
	Inboxes    []InboxID  // for tickets of these mailboxes; empty: all
	Topics     []TopicID  // and of these topics; empty: all
	Targets    map[string]SLATarget
	Enabled    bool
}

// SLATarget is how many minutes of work may pass: to the first answer, to each next one, and until the ticket is resolved. 0 promises nothing.
type SLATarget struct {
	First      int `json:"first,omitempty"`
	Next       int `json:"next,omitempty"`
	Resolution int `json:"resolution,omitempty"`
}

// slaLongest is the longest promise: a year of minutes.
const slaLongest = 366 * 24 * 60

const slaPlanColumns = "id, name, position, schedule_id, inboxes, topics, targets, enabled"

func scanSLAPlan(row scanner) (*SLAPlan, error) {
	var p SLAPlan
	var schedule sql.NullInt64
	var inboxes, topics, targets string
	err := row.Scan(&p.ID, &p.Name, &p.Position, &schedule, &inboxes, &topics, &targets, &p.Enabled)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	p.Always, p.ScheduleID = !schedule.Valid, ScheduleID(schedule.Int64)
	return &p, errors.Join(json.Unmarshal([]byte(inboxes), &p.Inboxes), json.Unmarshal([]byte(topics), &p.Topics), json.Unmarshal([]byte(targets), &p.Targets))
}

func slaPlans(ctx context.Context, r reader) ([]*SLAPlan, error) {
	rows, err := r.QueryContext(ctx, "select "+slaPlanColumns+" from sla_plans order by position, id")
	return collect(rows, err, scanSLAPlan)
}

// SLAPlans lists all plans, in the order in which they are tried. Agents see them.
func (d *Desk) SLAPlans(ctx context.Context, by Actor) ([]*SLAPlan, error) {
	if by.Kind == ByCustomer {
		return nil, Forbidden
	}
	return slaPlans(ctx, d.read())
}

// SaveSLAPlan changes a plan, or makes one when its id is 0. The clocks of all open tickets are set by it soon after.
func (d *Desk) SaveSLAPlan(ctx context.Context, by Actor, in SLAPlan) (*SLAPlan, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	targets, err := json.Marshal(in.Targets)
	if err != nil {
		return nil, err
	}
	var schedule any
	if !in.Always {
		schedule = in.ScheduleID
	}
	return &in, d.Write(ctx, by, func(tx *Tx) error {
		if !in.Always {
			if _, err := findSchedule(ctx, tx, in.ScheduleID); err != nil {
				return Invalid("schedule_id", "fault.choice_unknown")
			}
		}
		was := tx.before("sla_plans", in.ID)
		if in.ID == 0 {
			err = tx.QueryRow("insert into sla_plans(name, position, schedule_id, inboxes, topics, targets, enabled, created_at) values (?, ?, ?, ?, ?, ?, ?, ?) returning id",
				in.Name, in.Position, schedule, jsonList(in.Inboxes), jsonList(in.Topics), string(targets), in.Enabled, ms(tx.now)).Scan(&in.ID)
		} else {
			err = tx.QueryRow("update sla_plans set name = ?, position = ?, schedule_id = ?, inboxes = ?, topics = ?, targets = ?, enabled = ? where id = ? returning id",
				in.Name, in.Position, schedule, jsonList(in.Inboxes), jsonList(in.Topics), string(targets), in.Enabled, in.ID).Scan(&in.ID)
		}
		if errors.Is(err, sql.ErrNoRows) {
			return NotFound
		}
		if err != nil {
			return err
		}
		return tx.recordChange(SettingChanged, int64(in.ID), Facts{"setting": "sla"}, was)
	})
}

// DeleteSLAPlan takes a plan away; the tickets under it come under the next that fits, or none.
func (d *Desk) DeleteSLAPlan(ctx context.Context, by Actor, id SLAPlanID) error {
	if err := by.Can(ManageTickets); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("delete from sla_plans where id = ?", id)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return tx.Record(SettingChanged, 0, int64(id), Facts{"setting": "sla", "deleted": true})
	})
}

func (p *SLAPlan) check() error {
	var c check
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(p.Name) > 80 {
		c.fault("name", "fault.too_long", 80)
	}
	promised := false
	for priority, t := range p.Targets {
		if !slices.Contains(Priorities, priority) {
			c.fault("targets", "fault.priority_unknown")
		}
		for kind, minutes := range map[string]int{"first": t.First, "next": t.Next, "resolution": t.Resolution} {
			if minutes < 0 || minutes > slaLongest {
				c.fault(priority+"_"+kind, "fault.between", 0, slaLongest)
			}
			promised = promised || minutes > 0
		}
	}
	if !promised {
		c.fault("targets", "fault.sla_promises_nothing")
	}
	return c.err()
}

// fits says whether the plan is for a ticket.
func (p *SLAPlan) fits(c *Conversation) bool {
	in := func(n int, has bool) bool { return n == 0 || has }
	return p.Enabled && in(len(p.Inboxes), slices.Contains(p.Inboxes, c.InboxID)) && in(len(p.Topics), slices.Contains(p.Topics, c.Ticket.TopicID))
}
