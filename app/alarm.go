package app

import (
	"context"
	"strings"
	"time"

	"deskbell/app/desk"
	"deskbell/app/health"
)

const alarmEvery = time.Minute

// alarm tells the admins of a part of the desk that has failed twice in a row, and when it is well again.
func (a *App) alarm(ctx context.Context) error {
	tick := time.NewTicker(alarmEvery)
	defer tick.Stop()
	var before map[string]bool
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			var err error
			if before, err = a.alarmOnce(ctx, before); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
}

// patience is how long each mailbox may fail before anybody is told; less than nothing: nobody ever is.
func (a *App) patience(ctx context.Context) (map[string]time.Duration, error) {
	list, err := a.Desk.Inboxes(ctx, desk.System, desk.Email)
	if err != nil {
		return nil, err
	}
	all := map[string]time.Duration{}
	for _, in := range list {
		box, err := desk.MailboxOf(in)
		if err != nil {
			return nil, err
		}
		if box.Alert == 0 {
			box.Alert = desk.DefaultAlert
		}
		all[in.Name] = time.Duration(box.Alert) * time.Minute
	}
	return all, nil
}

// alarmOnce looks once, and answers what has failed now.
func (a *App) alarmOnce(ctx context.Context, before map[string]bool) (map[string]bool, error) {
	told, err := a.Desk.FailedParts(ctx, desk.System)
	if err != nil {
		return before, err
	}
	patience, err := a.patience(ctx)
	if err != nil {
		return before, err
	}
	now := map[string]bool{}
	for _, p := range a.Health.Parts(ctx) {
		key := p.Name + " " + p.Of
		if p.State == health.Failed {
			now[key] = p.Name != "mailboxes" || told[key] || patience[p.Of] >= 0 && a.Desk.Clock().Sub(p.Since) >= patience[p.Of]
		}
		if told[key] == now[key] || now[key] && !before[key] {
			continue
		}
		if err := a.Desk.PartChanged(ctx, desk.System, p.Name, p.Of, now[key]); err != nil {
			return now, err
		}
	}
	for key := range told {
		name, mailbox := strings.CutPrefix(key, "mailboxes ")
		if _, there := patience[name]; there || !mailbox {
			continue
		}
		if err := a.Desk.PartGone(ctx, desk.System, key); err != nil { // it was taken out of service while it failed
			return now, err
		}
	}
	return now, nil
}
