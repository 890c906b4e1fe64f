package channel

import (
	"context"
	"errors"
	"time"

	"deskbell/app/desk"
)

// A delivery that failed for now is tried again after FirstRetry, then after twice as long, up to LastRetry, and given up when it
// is GiveUp old (RFC 5321 section 4.5.4.1).
const (
	FirstRetry = 5 * time.Minute
	LastRetry  = time.Hour
	GiveUp     = 5 * 24 * time.Hour
)

const atOnce = 50 // deliveries read at a time

// send empties the inbox's outbox whenever it is woken or something falls due, until ctx ends.
func (r *run) send(ctx context.Context) {
	for ctx.Err() == nil {
		due, next, err := r.s.desk.DueDeliveries(ctx, desk.System, r.in.ID, atOnce)
		var free time.Time
		if err == nil && len(due) > 0 {
			if due, free, err = r.paced(ctx, due); err == nil && len(due) > 0 {
				err = r.deliver(ctx, due)
			}
			next = sooner(next, free)
		}
		var posted bool
		var nextPost time.Time
		if err == nil {
			posted, nextPost, err = r.post(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil { // the database is in trouble, and without it no attempt can be kept
			r.s.log.Error("send", "inbox", r.in.ID, "error", err)
			pause(ctx, time.Second)
			continue
		}
		if len(due) > 0 || posted {
			continue
		}
		r.await(ctx, sooner(next, nextPost))
	}
}

// paced is what of the due may go out now by the account's own limit, and when there is room again for the rest.
func (r *run) paced(ctx context.Context, due []desk.Delivery) ([]desk.Delivery, time.Time, error) {
	p, ok := r.ch.(Paced)
	if !ok || p.Hourly(r.in) == 0 {
		return due, time.Time{}, nil
	}
	room, free, err := r.s.desk.SendingRoom(ctx, desk.System, r.in.ID, p.Hourly(r.in))
	return due[:min(max(room, 0), len(due))], free, err
}

// sooner is the earlier of two times; zero is none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// await returns when the outbox is woken, or when the next delivery falls due by the desk's clock.
func (r *run) await(ctx context.Context, next time.Time) {
	var due <-chan time.Time
	if !next.IsZero() {
		timer := time.NewTimer(min(max(next.Sub(r.s.desk.Clock()), 10*time.Millisecond), time.Minute))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-r.news:
	case <-due:
	case <-ctx.Done():
	}
}

// deliver tries what is due. When the account itself is in trouble, the rest shares the failure and is not tried.
func (r *run) deliver(ctx context.Context, due []desk.Delivery) error {
	var trouble *Failure
	for _, d := range due {
		a, failure := desk.Attempt{}, trouble
		if trouble == nil {
			a, failure = r.try(ctx, d)
		}
		if failure != nil {
			if ctx.Err() != nil {
				return ctx.Err() // what came of it is unknown: it is tried again with the same id
			}
			a = attempted(d, failure, r.s.desk.Clock())
			r.s.log.Warn("deliver", "message", d.MessageID, "delivery", d.ID, "inbox", r.in.ID, "attempt", d.Attempts+1, "state", a.State, "error", failure)
		}
		if failure != nil && failure.Account && trouble == nil {
			trouble = failure
			r.s.down(r.in.ID, sending, failure, a.Retry)
		}
		if err := r.s.desk.Attempted(context.WithoutCancel(ctx), desk.System, d.ID, a); err != nil {
			return err
		}
	}
	if trouble == nil && r.s.up(r.in.ID, sending) {
		return r.s.desk.HurryDeliveries(ctx, desk.System, r.in.ID) // those that waited for the account need wait no longer
	}
	return nil
}

// try hands one message over.
func (r *run) try(ctx context.Context, d desk.Delivery) (desk.Attempt, *Failure) {
	m, err := r.s.desk.Message(ctx, desk.System, d.MessageID)
	if err != nil {
		return desk.Attempt{}, &Failure{Err: err}
	}
	if !m.RecalledAt.IsZero() {
		return desk.Attempt{}, &Failure{Permanent: true, Words: "recalled before it was sent"}
	}
	c, err := r.s.desk.Conversation(ctx, desk.System, m.ConversationID)
	if err != nil {
		return desk.Attempt{}, &Failure{Err: err}
	}
	var receipt Receipt
	err = r.guarded(func() (err error) {
		receipt, err = r.ch.Deliver(ctx, r.in, Outbound{Delivery: d, Message: m, Conversation: c})
		return err
	})
	if err != nil {
		var f *Failure
		if !errors.As(err, &f) {
			f = &Failure{Err: err}
		}
		return desk.Attempt{}, f
	}
	if receipt.State == "" {
		receipt.State = "sent"
	}
	return desk.Attempt{State: receipt.State, Code: receipt.Code, Answer: receipt.Answer}, nil
}

// attempted is what to keep of a failure: five minutes after the first, doubling to an hour, for five days from when it was wanted.
func attempted(d desk.Delivery, f *Failure, now time.Time) desk.Attempt {
	a := desk.Attempt{State: "failed", Code: f.Code, Answer: f.words()}
	if f.Permanent || now.Sub(d.BegunAt) >= GiveUp {
		return a
	}
	a.State, a.Retry = "queued", LastRetry
	if d.Tries < 4 {
		a.Retry = FirstRetry << d.Tries
	}
	a.Retry = min(a.Retry, LastRetry)
	return a
}
