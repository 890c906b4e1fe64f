package desk

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ViewID is the id of a saved view.
type ViewID int64

func (id ViewID) String() string { return strconv.FormatInt(int64(id), 10) }

// SavedView is a list of tickets under filters that an agent keeps, for himself or for all.
type SavedView struct {
	ID     ViewID
	Name   string
	Query  string // as in the address of the list
	Shared bool
	Mine   bool // made by the one who asks
}

// savedViewsMax is how many views one agent may keep.
const savedViewsMax = 50

// SavedViews lists the acting agent's views and those that are shared, by name.
func (d *Desk) SavedViews(ctx context.Context, by Actor) ([]SavedView, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select id, name, query, shared, agent_id = ?1 from saved_views where agent_id = ?1 or shared order by shared, name, id", by.Agent())
	return collect(rows, err, func(row scanner) (v SavedView, err error) {
		return v, row.Scan(&v.ID, &v.Name, &v.Query, &v.Shared, &v.Mine)
	})
}

// SaveView keeps a view for the acting agent, and with Shared for every agent; with an id it changes one of his own.
func (d *Desk) SaveView(ctx context.Context, by Actor, in SavedView) (*SavedView, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	var c check
	if in.Name = strings.Join(strings.Fields(in.Name), " "); in.Name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(in.Name) > 40 {
		c.fault("name", "fault.too_long", 40)
	}
	if len(in.Query) > 2000 {
		c.fault("query", "fault.too_long", 2000)
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	in.Mine = true
	return &in, d.Write(ctx, by, func(tx *Tx) error {
		if in.ID != 0 {
			res, err := tx.Exec("update saved_views set name = ?, query = ?, shared = ? where id = ? and agent_id = ?", in.Name, in.Query, in.Shared, in.ID, by.ID)
			if err != nil {
				return err
			}
			if n, _ := res.RowsAffected(); n == 0 {
				return NotFound
			}
			return nil
		}
		var have int
		if err := tx.QueryRow("select count(*) from saved_views where agent_id = ?", by.ID).Scan(&have); err != nil {
			return err
		}
		if have >= savedViewsMax {
			return Invalid("name", "fault.too_many_views", savedViewsMax)
		}
		return tx.QueryRow("insert into saved_views(agent_id, name, query, shared, created_at) values (?, ?, ?, ?, ?) returning id", by.ID, in.Name, in.Query, in.Shared, ms(tx.now)).Scan(&in.ID)
	})
}

// DeleteView forgets a view of the acting agent; an admin also one that another shares.
func (d *Desk) DeleteView(ctx context.Context, by Actor, id ViewID) error {
	if err := by.Can(Serve); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		res, err := tx.Exec("delete from saved_views where id = ? and (agent_id = ? or shared and ?)", id, by.Agent(), by.IsAdmin())
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return NotFound
		}
		return nil
	})
}
