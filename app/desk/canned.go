package desk

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Canned is a response that is written once and said often. In its text {{customer.name}} and {{agent.name}} stand for who they
// are; they are filled in where the answer is written, so that the agent sees what he sends.
type Canned struct {
	ID        CannedID
	AgentID   AgentID // whose it is; 0: the company's
	Category  string  // up to 20 characters; may be empty
	Text      string  // up to 1000 characters
	UpdatedAt time.Time
}

// The limits of canned responses, in characters and in rows.
const (
	CannedText     = 1000
	CannedCategory = 20
	cannedEach     = 2000 // of one owner
)

const cannedColumns = "id, coalesce(agent_id, 0), category, text, updated_at"

func scanCanned(row scanner) (*Canned, error) {
	var c Canned
	var updated int64
	err := row.Scan(&c.ID, &c.AgentID, &c.Category, &c.Text, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	c.UpdatedAt = at(updated)
	return &c, err
}

// CannedResponses lists the acting agent's own and the company's, his own first, by category.
func (d *Desk) CannedResponses(ctx context.Context, by Actor) ([]*Canned, error) {
	if by.Agent() == 0 {
		return nil, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, "select "+cannedColumns+" from canned where agent_id is null or agent_id = ? order by agent_id is null, category, id", by.ID)
	return collect(rows, err, scanCanned)
}

// CannedResponse finds one of the acting agent's own or of the company's.
func (d *Desk) CannedResponse(ctx context.Context, by Actor, id CannedID) (*Canned, error) {
	return findCanned(ctx, d.read(), by, id)
}

func findCanned(ctx context.Context, r reader, by Actor, id CannedID) (*Canned, error) {
	return scanCanned(r.QueryRowContext(ctx, "select "+cannedColumns+" from canned where id = ? and (agent_id is null or agent_id = ?)", id, by.Agent()))
}

// mayKeep says whether the actor may change responses of this owner: his own, and the company's if he manages it.
func mayKeep(by Actor, owner AgentID) error {
	if by.Agent() == 0 || owner != 0 && owner != by.Agent() {
		return Forbidden
	}
	if owner == 0 {
		return by.Can(ManageCompany)
	}
	return by.Can(Serve)
}

func (in *Canned) check(c *check) {
	in.Category, in.Text = strings.TrimSpace(in.Category), strings.TrimSpace(strings.ReplaceAll(in.Text, "\r\n", "\n"))
	if in.Text == "" {
		c.fault("text", "fault.canned_empty")
	}
	if utf8.RuneCountInString(in.Text) > CannedText {
		c.fault("text", "fault.too_long", CannedText)
	}
	if utf8.RuneCountInString(in.Category) > CannedCategory {
		c.fault("category", "fault.too_long", CannedCategory)
	}
}

// SaveCanned makes a response (id 0) or changes one. Whose it is stays as it was made.
func (d *Desk) SaveCanned(ctx context.Context, by Actor, in Canned) (*Canned, error) {
	if err := mayKeep(by, in.AgentID); err != nil {
		return nil, err
	}
	var ch check
	if in.check(&ch); ch.err() != nil {
		return nil, ch.err()
	}
	var c *Canned
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		if in.ID == 0 {
			if err := tx.roomForCanned(in.AgentID, 1); err != nil {
				return err
			}
			in.ID, err = tx.addCanned(in)
		} else {
			var was *Canned
			if was, err = findCanned(ctx, tx, by, in.ID); err == nil && was.AgentID != in.AgentID {
				err = Forbidden
			}
			if err == nil {
				_, err = tx.Exec("update canned set category = ?, text = ?, updated_at = ? where id = ?", in.Category, in.Text, ms(tx.now), in.ID)
			}
		}
		if err != nil {
			return err
		}
		if err := tx.Record(CannedChanged, 0, int64(in.ID), nil); err != nil {
			return err
		}
		c, err = findCanned(ctx, tx, by, in.ID)
		return err
	})
	return c, err
}

func (tx *Tx) addCanned(in Canned) (id CannedID, err error) {
	err = tx.QueryRow("insert into canned(agent_id, category, text, updated_at) values (?, ?, ?, ?) returning id", nullID(in.AgentID), in.Category, in.Text, ms(tx.now)).Scan(&id)
	return id, err
}

func (tx *Tx) roomForCanned(owner AgentID, more int) error {
	var n int
	if err := tx.QueryRow("select count(*) from canned where agent_id is ?", nullID(owner)).Scan(&n); err != nil {
		return err
	}
	if n+more > cannedEach {
		return Conflict("error.canned_full", cannedEach)
	}
	return nil
}

// DeleteCanned takes a response away.
func (d *Desk) DeleteCanned(ctx context.Context, by Actor, id CannedID) error {
	return d.Write(ctx, by, func(tx *Tx) error {
		c, err := findCanned(ctx, tx, by, id)
		if err != nil {
			return err
		}
		if err := mayKeep(by, c.AgentID); err != nil {
			return err
		}
		if _, err := tx.Exec("delete from canned where id = ?", id); err != nil {
			return err
		}
		return tx.Record(CannedChanged, 0, int64(id), Facts{"deleted": true})
	})
}

// ImportCanned adds many responses of one owner, all or none, and answers how many were new: what is there already, with the
// same category and text, stays as it is. A fault names its line, counted from 1.
func (d *Desk) ImportCanned(ctx context.Context, by Actor, owner AgentID, list []Canned) (added int, err error) {
	if err := mayKeep(by, owner); err != nil {
		return 0, err
	}
	for i := range list {
		var ch check
		if list[i].check(&ch); ch.err() != nil {
			return 0, Invalid("file", "fault.canned_row", i+1, CannedText, CannedCategory)
		}
		list[i].AgentID = owner
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		added = 0
		for _, c := range list {
			var there bool
			if err := tx.QueryRow("select count(*) > 0 from canned where agent_id is ? and category = ? and text = ?", nullID(owner), c.Category, c.Text).Scan(&there); err != nil {
				return err
			}
			if there {
				continue
			}
			if _, err := tx.addCanned(c); err != nil {
				return err
			}
			added++
		}
		if err := tx.roomForCanned(owner, 0); err != nil {
			return err
		}
		return tx.Record(CannedChanged, 0, 0, Facts{"imported": added})
	})
	return added, err
}
