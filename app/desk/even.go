package desk

import (
	"context"
	"time"
)

// Machine is what a machine knows of the time that has passed, whatever is done to its clock.
type Machine struct {
	Boot string        // differs each time that the machine starts; empty: it does not say
	Up   time.Duration // since then, sleep included
}

// moment is what the clocks said when it was noted last.
type moment struct {
	At   int64  `json:"at"`   // the even clock, ms
	Boot string `json:"boot"` // Machine
	Up   int64  `json:"up"`   // ms
}

// Passed is what is known of the time between two processes.
type Passed struct {
	Jumped time.Duration // by so much the clock went further than time did
	Rested time.Duration // by the clock, where only the clock tells
}

// KeepTime lets sessions be counted by a clock that goes on evenly, from the last process to this one: a start with a clock that was set in
// between logs nobody out, and lets nobody stay. Where the machine has not started anew, what passed is known exactly; else the clock is
// believed, unless it is behind what was noted last.
func (d *Desk) KeepTime(ctx context.Context, by Actor, even func() time.Time, now Machine) (p Passed, err error) {
	if !by.isSystem() {
		return p, Forbidden
	}
	d.Steady = even
	return p, d.Write(ctx, by, func(tx *Tx) error {
		var last moment
		if err := readSetting(ctx, tx, "moment", &last); err != nil {
			return err
		}
		wall := ms(even())
		shift, passed := int64(0), now.Up.Milliseconds()-last.Up
		switch {
		case last.At == 0: // the first start
		case last.Boot != "" && last.Boot == now.Boot && passed >= 0:
			shift = wall - (last.At + passed)
		default:
			shift = min(0, wall-last.At)
			p.Rested = time.Duration(max(0, wall-last.At)) * time.Millisecond
		}
		p.Jumped = time.Duration(shift) * time.Millisecond
		if shift != 0 { // the sessions are as old as they were, by the clock that is there now
			if _, err := tx.Exec("update sessions set created_at = created_at + ?1, seen_at = seen_at + ?1, proved_at = proved_at + ?1", shift); err != nil {
				return err
			}
		}
		return tx.noteTime(now)
	})
}

// NoteTime notes for the next process what the clocks say.
func (d *Desk) NoteTime(ctx context.Context, by Actor, now Machine) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.noteTime(now) })
}

func (tx *Tx) noteTime(now Machine) error {
	return tx.set("moment", moment{At: ms(tx.d.steady()), Boot: now.Boot, Up: now.Up.Milliseconds()})
}
