package channel

import (
	"context"
	"errors"
	"time"

	"deskbell/app/desk"
)

// Postman is a channel that also carries the company's own mail to its agents.
type Postman interface {
	// Post hands over one mail, as Deliver does.
	Post(ctx context.Context, in *desk.Inbox, m *desk.SystemMail) (Receipt, error)
}

// post tries the system mail that is due, and answers whether there was any and when the next is due.
func (r *run) post(ctx context.Context) (some bool, next time.Time, err error) {
	postman, ok := r.ch.(Postman)
	if !ok {
		return false, time.Time{}, nil
	}
	due, next, err := r.s.desk.DueSystemMails(ctx, desk.System, r.in.ID, atOnce)
	if err != nil {
		return false, next, err
	}
	var trouble *Failure
	for _, m := range due {
		a, failure := desk.Attempt{State: "sent"}, trouble
		if trouble == nil {
			failure = r.tryPost(ctx, postman, m)
		}
		if failure != nil {
			if ctx.Err() != nil {
				return false, next, ctx.Err()
			}
			a = attempted(desk.Delivery{Tries: m.Attempts, BegunAt: m.CreatedAt}, failure, r.s.desk.Clock())
			r.s.log.Warn("send system mail", "mail", m.ID, "inbox", r.in.ID, "attempt", m.Attempts+1, "state", a.State, "error", failure)
		}
		if failure != nil && failure.Account && trouble == nil {
			trouble = failure
			r.s.down(r.in.ID, sending, failure, a.Retry)
		}
		if err := r.s.desk.SystemMailAttempted(context.WithoutCancel(ctx), desk.System, m.ID, a); err != nil {
			return false, next, err
		}
	}
	if len(due) > 0 && trouble == nil && r.s.up(r.in.ID, sending) {
		err = r.s.desk.HurryDeliveries(ctx, desk.System, r.in.ID)
	}
	return len(due) > 0, next, err
}

func (r *run) tryPost(ctx context.Context, postman Postman, m *desk.SystemMail) *Failure {
	err := r.guarded(func() error {
		_, err := postman.Post(ctx, r.in, m)
		return err
	})
	if err == nil {
		return nil
	}
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Err: err}
	}
	return f
}
