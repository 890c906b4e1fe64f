package desk

import (
	"context"
	"time"
)

// Handling is how the company wants conversations to be handled.
type Handling struct {
	TagRequired  bool `json:"tag_required"`  // before an agent closes one
	SoonAfter    int  `json:"soon_after"`    // minutes without an answer, after which one is soon overdue; 3 at first
	OverdueAfter int  `json:"overdue_after"` // minutes after which it is overdue; 5 at first
}

// Wait says how long a customer has waited for an answer: soon, overdue, or nothing yet.
func (h Handling) Wait(since, now time.Time) string {
	switch waited := now.Sub(since); {
	case since.IsZero() || waited < h.soon():
		return ""
	case waited < h.overdue():
		return "soon"
	}
	return "overdue"
}

func (h Handling) soon() time.Duration    { return time.Duration(h.SoonAfter) * time.Minute }
func (h Handling) overdue() time.Duration { return time.Duration(h.OverdueAfter) * time.Minute }

func (h Handling) check() error {
	var c check
	if h.SoonAfter < 1 || h.SoonAfter >= 1440 {
		c.fault("soon_after", "fault.wait_range")
	}
	if h.OverdueAfter <= h.SoonAfter || h.OverdueAfter > 1440 {
		c.fault("overdue_after", "fault.overdue_before_soon")
	}
	return c.err()
}

// Handling answers how conversations are to be handled; every agent may know.
func (d *Desk) Handling(ctx context.Context, by Actor) (Handling, error) {
	if by.Kind == ByCustomer {
		return Handling{}, Forbidden
	}
	return readHandling(ctx, d.read())
}

func readHandling(ctx context.Context, r reader) (Handling, error) {
	h := Handling{SoonAfter: 3, OverdueAfter: 5}
	err := readSetting(ctx, r, "handling", &h)
	return h, err
}

// ChangeHandling stores how conversations are to be handled from now on.
func (d *Desk) ChangeHandling(ctx context.Context, by Actor, h Handling) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	if err := h.check(); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.set("handling", h); err != nil {
			return err
		}
		return tx.Record(SettingChanged, 0, 0, Facts{"setting": "handling"})
	})
}
