package desk

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// UpkeepKind is what the desk does for its own safety.
type UpkeepKind string

// The kinds of upkeep.
const (
	Backup UpkeepKind = "backup" // both databases in one file
	Drill  UpkeepKind = "drill"  // the replica restored aside, and looked into
)

// Upkeep is one time that it was done.
type Upkeep struct {
	Kind     UpkeepKind
	At       time.Time
	Took     time.Duration
	Bytes    int64  // of the backup file, or of what the drill restored
	Messages int64  // that the drill found
	File     string // the backup's name in its folder; empty when it is kept no longer
	Fault    string // why it failed; empty when it went well
}

// upkeepsKept is how long they are remembered.
const upkeepsKept = 400 * 24 * time.Hour

// Safekeeping is how backups are made and how long they are kept.
type Safekeeping struct {
	Backups bool `json:"backups"` // one a day; on at first
	Daily   int  `json:"daily"`   // so many newest are kept, 1 to 90; 7 at first
	Weekly  int  `json:"weekly"`  // and of so many weeks the newest each, 0 to 52; 4 at first
}

// Safekeeping answers how backups are made and kept.
func (d *Desk) Safekeeping(ctx context.Context, by Actor) (Safekeeping, error) {
	if err := by.Can(SeeHealth); err != nil {
		return Safekeeping{}, err
	}
	s := Safekeeping{Backups: true, Daily: 7, Weekly: 4}
	err := d.setting(ctx, "safekeeping", &s)
	return s, err
}

// ChangeSafekeeping changes it.
func (d *Desk) ChangeSafekeeping(ctx context.Context, by Actor, s Safekeeping) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	var c check
	if s.Daily < 1 || s.Daily > 90 {
		c.fault("daily", "fault.between", 1, 90)
	}
	if s.Weekly < 0 || s.Weekly > 52 {
		c.fault("weekly", "fault.between", 0, 52)
	}
	if err := c.err(); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		return tx.changeSetting(ctx, "safekeeping", &Safekeeping{Backups: true, Daily: 7, Weekly: 4}, s)
	})
}

// SetUpAt is when the desk was set up; zero: it was not yet.
func (d *Desk) SetUpAt(ctx context.Context, by Actor) (time.Time, error) {
	if !by.isSystem() {
		return time.Time{}, Forbidden
	}
	var first int64
	err := d.read().QueryRowContext(ctx, "select created_at from agents order by id limit 1").Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return at(first), err
}

// NoteUpkeep remembers that it was done, and which of the backups made before are kept no longer.
func (d *Desk) NoteUpkeep(ctx context.Context, by Actor, u Upkeep, gone []string) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.Exec("insert into upkeeps(kind, started_at, took, bytes, messages, file, fault) values (?, ?, ?, ?, ?, ?, ?)",
			u.Kind, ms(u.At), u.Took.Milliseconds(), u.Bytes, u.Messages, u.File, u.Fault); err != nil {
			return err
		}
		if len(gone) > 0 {
			args := make([]any, len(gone))
			for i, name := range gone {
				args[i] = name
			}
			if _, err := tx.Exec("update upkeeps set file = '' where file in (?"+strings.Repeat(", ?", len(gone)-1)+")", args...); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("delete from upkeeps where started_at < ?", ms(tx.now.Add(-upkeepsKept))); err != nil {
			return err
		}
		return tx.Record(UpkeepDone, 0, 0, Facts{"kind": u.Kind, "failed": u.Fault != ""})
	})
}

const upkeepColumns = "kind, started_at, took, bytes, messages, file, fault"

func scanUpkeep(row scanner) (u Upkeep, err error) {
	var begun, took int64
	err = row.Scan(&u.Kind, &begun, &took, &u.Bytes, &u.Messages, &u.File, &u.Fault)
	u.At, u.Took = at(begun), time.Duration(took)*time.Millisecond
	return u, err
}

// Upkeeps lists the newest of both kinds, at most limit of each, the newest first. They stand in the order in which they were done: one that a
// clock noted that was ahead would else be the last for as long.
func (d *Desk) Upkeeps(ctx context.Context, by Actor, limit int) ([]Upkeep, error) {
	if err := by.Can(SeeHealth); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, `select `+upkeepColumns+` from upkeeps where id in (select * from (select id from upkeeps where kind = 'backup' order by id desc limit ?1)
		union all select * from (select id from upkeeps where kind = 'drill' order by id desc limit ?1)) order by id desc`, limit)
	return collect(rows, err, scanUpkeep)
}

// LastUpkeep is the newest of a kind, well done or not, and when the newest well done one began. Both are zero when there is none.
func (d *Desk) LastUpkeep(ctx context.Context, by Actor, kind UpkeepKind) (last Upkeep, well time.Time, err error) {
	if !by.isSystem() {
		return last, well, Forbidden
	}
	rows, err := d.read().QueryContext(ctx, `select `+upkeepColumns+` from (select * from upkeeps where kind = ?1 order by id desc limit 1)
		union all select `+upkeepColumns+` from (select * from upkeeps where kind = ?1 and fault = '' order by id desc limit 1)`, kind)
	list, err := collect(rows, err, scanUpkeep)
	if err != nil || len(list) == 0 {
		return last, well, err
	}
	if newest := list[len(list)-1]; newest.Fault == "" {
		well = newest.At
	}
	return list[0], well, nil
}
