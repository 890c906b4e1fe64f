package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"deskbell/app/blob"
)

// ExportID is an export's.
type ExportID int64

func (id ExportID) String() string { return fmt.Sprint(int64(id)) }

// Export is the history, or a part of it, as a file that somebody takes home. Its row stays when the file is gone.
type Export struct {
	ID        ExportID
	AgentID   AgentID // who asked for it: it holds what he may see
	AgentName string
	Format    string // csv or xlsx
	Filter    EndedList
	Words     string // the filter as it stood in the page's address
	State     string // asked, ready or failed
	Cause     string // why it failed: too_large, not_allowed or fault
	Rows      int
	Size      int64 // bytes
	Taken     int   // how often it was downloaded
	CreatedAt time.Time
	DoneAt    time.Time // zero: not yet
	Kept      bool      // there is a file to download

	sum blob.Sum
}

// The limits of exports.
const (
	ExportMost = 50 << 20           // bytes of a file
	ExportFor  = 7 * 24 * time.Hour // how long it can be downloaded
	exportsAsk = 3                  // that one agent can wait for at once
)

const exportColumns = `x.id, x.agent_id, a.name, x.format, x.filter, x.words, x.state, x.cause, x.rows, x.size, x.taken, x.created_at, x.done_at, x.sha256 from exports x join agents a on a.id = x.agent_id `

func (d *Desk) scanExport(row scanner) (*Export, error) {
	var x Export
	var filter string
	var created int64
	var done sql.NullInt64
	var sum []byte
	err := row.Scan(&x.ID, &x.AgentID, &x.AgentName, &x.Format, &filter, &x.Words, &x.State, &x.Cause, &x.Rows, &x.Size, &x.Taken, &created, &done, &sum)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	x.CreatedAt, x.DoneAt = at(created), atNull(done)
	if len(sum) == len(x.sum) && d.Clock().Before(x.DoneAt.Add(ExportFor)) {
		x.sum, x.Kept = blob.Sum(sum), true
	}
	return &x, json.Unmarshal([]byte(filter), &x.Filter)
}

// AskExport asks for a file of what a list of the acting agent's history shows; whoever follows the log makes it.
func (d *Desk) AskExport(ctx context.Context, by Actor, l EndedList, format, words string) (*Export, error) {
	if err := by.Can(ExportHistory); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	if format != "csv" && format != "xlsx" {
		return nil, Invalid("format", "fault.choice_unknown")
	}
	l.Before, l.Limit = "", 0
	filter, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	var x *Export
	err = d.Write(ctx, by, func(tx *Tx) error {
		var waiting int
		if err := tx.QueryRowContext(ctx, "select count(*) from exports where agent_id = ? and state = 'asked'", by.Agent()).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= exportsAsk {
			return Conflict("error.exports_waiting", exportsAsk)
		}
		var id ExportID
		if err := tx.QueryRowContext(ctx, "insert into exports(agent_id, format, filter, words, state, created_at) values (?, ?, ?, ?, 'asked', ?) returning id", by.Agent(), format, string(filter), clip(words, 2000), ms(tx.now)).Scan(&id); err != nil {
			return err
		}
		if err := tx.Record(ExportAsked, 0, int64(id), Facts{"format": format}); err != nil {
			return err
		}
		x, err = d.scanExport(tx.QueryRowContext(ctx, "select "+exportColumns+"where x.id = ?", id))
		return err
	})
	return x, err
}

// Exports lists the exports of the acting agent, of an admin everybody's, the newest first. Before is an id, 0 for the newest.
func (d *Desk) Exports(ctx context.Context, by Actor, before ExportID, limit int) ([]*Export, ExportID, error) {
	if err := by.Can(ExportHistory); err != nil {
		return nil, 0, err
	}
	if before == 0 {
		before = 1 << 62
	}
	where, args := "where x.id < ? order by x.id desc limit ?", []any{before, limit + 1}
	if !seesAllHistory(by) {
		where, args = "where x.agent_id = ? and x.id < ? order by x.id desc limit ?", []any{by.Agent(), before, limit + 1}
	}
	rows, err := d.read().QueryContext(ctx, "select "+exportColumns+where, args...)
	list, err := collect(rows, err, d.scanExport)
	if err != nil || len(list) <= limit {
		return list, 0, err
	}
	return list[:limit], list[limit-1].ID, nil
}

// Export finds one that the actor may have: his own, of an admin everybody's.
func (d *Desk) Export(ctx context.Context, by Actor, id ExportID) (*Export, error) {
	if err := by.Can(ExportHistory); err != nil {
		return nil, err
	}
	x, err := d.scanExport(d.read().QueryRowContext(ctx, "select "+exportColumns+"where x.id = ?", id))
	if err == nil && x.AgentID != by.Agent() && !seesAllHistory(by) {
		return nil, NotFound
	}
	return x, err
}

// TakeExport opens an export's file, and writes down that it was taken. What is gone is NotFound.
func (d *Desk) TakeExport(ctx context.Context, by Actor, id ExportID) (*Export, *blob.Reader, error) {
	x, err := d.Export(ctx, by, id)
	if err != nil {
		return nil, nil, err
	}
	if !x.Kept {
		return nil, nil, NotFound
	}
	r, err := d.blobs.Open(ctx, x.sum)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, nil, NotFound
	}
	if err != nil {
		return nil, nil, err
	}
	return x, r, d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.Exec("update exports set taken = taken + 1 where id = ?", id); err != nil {
			return err
		}
		return tx.Record(ExportTaken, 0, int64(id), Facts{"of": x.AgentID})
	})
}

// FinishExport says what became of an export: its file, or why there is none. One that is finished stays as it is.
func (d *Desk) FinishExport(ctx context.Context, by Actor, id ExportID, sum blob.Sum, size int64, rows int, cause string) error {
	if !by.isSystem() {
		return Forbidden
	}
	state, file := "ready", sum[:]
	if cause != "" {
		state, file = "failed", nil
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		var agent AgentID
		err := tx.QueryRowContext(ctx, "update exports set state = ?, cause = ?, rows = ?, size = ?, sha256 = ?, done_at = ? where id = ? and state = 'asked' returning agent_id", state, cause, rows, size, file, ms(tx.now), id).Scan(&agent)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.Record(ExportDone, 0, int64(id), Facts{"agent": agent, "state": state})
	})
}
