package health

import (
	"context"
	"time"

	"deskbell/app/desk"
)

const (
	lateWarn = 10 * time.Minute // a delivery that is due and not tried for so long
	lateFail = time.Hour
)

// Database says whether the database answers.
func Database(d *desk.Desk) Check {
	return One(func(ctx context.Context) Part {
		if _, err := d.NeedsSetup(ctx, desk.System); err != nil {
			return Failure("database", "health.database.failed", err)
		}
		return Well("database", "health.database.ok")
	})
}

// Outbox says whether what is due goes out.
func Outbox(d *desk.Desk) Check {
	return One(func(ctx context.Context) Part {
		late, err := d.Overdue(ctx, desk.System)
		if err != nil {
			return Failure("outbox", "health.database.failed", err)
		}
		for _, limit := range []struct {
			after time.Duration
			state State
		}{{lateFail, Failed}, {lateWarn, Warn}} {
			if wait := d.Clock().Sub(late.Oldest); late.Count > 0 && wait > limit.after {
				return Part{Name: "outbox", State: limit.state, Words: Words{"health.outbox.late", []any{late.Count, span(wait)}}, Since: late.Oldest}
			}
		}
		return Well("outbox", "health.outbox.ok")
	})
}

// SetAside says whether followers of the event log could digest everything.
func SetAside(d *desk.Desk) Check {
	return One(func(ctx context.Context) Part {
		list, n, err := d.AsideEvents(ctx, desk.System, 1)
		if err != nil {
			return Failure("events", "health.database.failed", err)
		}
		if n == 0 {
			return Well("events", "health.events.ok")
		}
		e := list[0]
		return Part{Name: "events", State: Warn, Words: Words{"health.events.aside", []any{n, e.Follower, e.EventID, e.Error}}, Since: e.At}
	})
}

// span is a duration in the largest units that matter: 3 days, 2h, 10m.
func span(d time.Duration) Words {
	switch {
	case d >= 48*time.Hour:
		return Words{"health.days", []any{int(d.Hours() / 24)}}
	case d >= 2*time.Hour:
		return Words{"health.hours", []any{int(d.Hours())}}
	case d >= 2*time.Minute:
		return Words{"health.minutes", []any{int(d.Minutes())}}
	}
	return Words{"health.seconds", []any{int(d.Seconds())}}
}

// Span is a duration in words.
func Span(d time.Duration) Words { return span(d) }

// Moment is the same where nobody counts seconds.
func Moment(d time.Duration) Words {
	if d < 10*time.Second {
		return Words{Key: "health.moment"}
	}
	return span(d)
}
