package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// StatusID is the id of a status that an admin named.
type StatusID int64

func (id StatusID) String() string { return strconv.FormatInt(int64(id), 10) }

// NamedStatus is a status with a name of its own, such as "in repair": a finer word for one of the four that the desk knows.
type NamedStatus struct {
	ID       StatusID
	Name     string // at most 40 characters
	Kind     string // open, pending, resolved or closed: as which it counts
	Position int    // among those of its kind, the least first
}

// namedStatusesMax is how many there may be.
const namedStatusesMax = 40

// NamedStatuses lists them by kind, in the order of TicketStatuses.
func (d *Desk) NamedStatuses(ctx context.Context, by Actor) ([]NamedStatus, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return namedStatuses(ctx, d.read())
}

func namedStatuses(ctx context.Context, r reader) ([]NamedStatus, error) {
	rows, err := r.QueryContext(ctx, `select id, name, kind, position from ticket_statuses where deleted_at is null
		order by case kind when 'open' then 1 when 'pending' then 2 when 'resolved' then 3 else 4 end, position, id`)
	return collect(rows, err, func(row scanner) (s NamedStatus, err error) {
		return s, row.Scan(&s.ID, &s.Name, &s.Kind, &s.Position)
	})
}

// SaveStatus names a status (without an id), or changes one. Its kind stays: tickets counted as it.
func (d *Desk) SaveStatus(ctx context.Context, by Actor, in NamedStatus) (*NamedStatus, error) {
	if err := by.Can(ManageTickets); err != nil {
		return nil, err
	}
	var c check
	if in.Name = strings.Join(strings.Fields(in.Name), " "); in.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(in.Name) > 40 {
		c.fault("name", "fault.too_long", 40)
	}
	if !slices.Contains(TicketStatuses, in.Kind) {
		c.fault("kind", "fault.status_unknown")
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	err := d.Write(ctx, by, func(tx *Tx) error {
		all, err := namedStatuses(ctx, tx)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.ID != in.ID && strings.EqualFold(s.Name, in.Name) {
				return Invalid("name", "fault.name_taken")
			}
		}
		was := tx.before("ticket_statuses", in.ID)
		if in.ID == 0 {
			if len(all) >= namedStatusesMax {
				return Invalid("name", "fault.too_many_statuses", namedStatusesMax)
			}
			res, err := tx.Exec("insert into ticket_statuses(name, kind, position, created_at) values (?, ?, ?, ?)", in.Name, in.Kind, in.Position, ms(tx.now))
			if err != nil {
				return err
			}
			id, err := res.LastInsertId()
			if err != nil {
				return err
			}
			in.ID = StatusID(id)
		} else if err := tx.one("update ticket_statuses set name = ?, position = ? where id = ? and kind = ? and deleted_at is null", in.Name, in.Position, in.ID, in.Kind); err != nil {
			return err
		}
		return tx.recordChange(StatusChanged, int64(in.ID), nil, was)
	})
	return &in, err
}

// DeleteStatus takes a named status out of use. Tickets keep it until they get another.
func (d *Desk) DeleteStatus(ctx context.Context, by Actor, id StatusID) error {
	if err := by.Can(ManageTickets); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.one("update ticket_statuses set deleted_at = ? where id = ? and deleted_at is null", ms(tx.now), id); err != nil {
			return err
		}
		return tx.Record(StatusChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// one runs a statement that is to change one row: NotFound when there is none.
func (tx *Tx) one(sql string, args ...any) error {
	res, err := tx.Exec(sql, args...)
	if err != nil {
		return err
	}
	if n, _ := res.RowsAffected(); n == 0 {
		return NotFound
	}
	return nil
}

// named finds the kind of a named status that a change asks for.
func (tx *Tx) named(ctx context.Context, ch *TicketChange) error {
	if ch.StatusID == nil || *ch.StatusID == 0 {
		return nil
	}
	all, err := namedStatuses(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ID == *ch.StatusID {
			ch.Status = &s.Kind
			return nil
		}
	}
	return Invalid("status", "fault.status_unknown")
}

// setStatus gives a ticket one of the four statuses, without a name of its own.
func (tx *Tx) setStatus(c *Conversation, status string) error {
	facts := Facts{"was_status": c.Ticket.Status, "status": status}
	if c.Ticket.StatusID != 0 {
		facts["was_status_id"] = c.Ticket.StatusID
	}
	c.Ticket.Status, c.Ticket.StatusID, c.Ticket.StatusName = status, 0, ""
	return tx.updateTicket(c, facts)
}
