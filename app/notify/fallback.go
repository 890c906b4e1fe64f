package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskbell/app/desk"
)

const (
	every = time.Minute
	lines = 10             // of a mail; the rest is a number
	apart = time.Hour      // between two mails to one agent
	stale = 24 * time.Hour // what is older is mailed to nobody
)

// Run reminds agents of who waits too long, and mails what nothing else could tell, until ctx ends.
func (n *Notify) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := errors.Join(n.Remind(ctx), n.Mail(ctx)); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Mail sends each agent whom no push reaches what he has not read for as long as he chose: one mail for all of it, one an hour.
func (n *Notify) Mail(ctx context.Context) error {
	missed, err := n.desk.Missed(ctx, desk.System, stale, apart)
	if err != nil {
		return err
	}
	for id, list := range missed {
		if n.Looking(id) {
			continue
		}
		err := n.mail(ctx, id, list)
		var none *desk.Error
		if errors.As(err, &none) && none.Kind == desk.KindConflict {
			return nil // there is no mailbox; the page of system mail says so
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (n *Notify) mail(ctx context.Context, id desk.AgentID, list []*desk.Notification) error {
	agent, err := n.desk.Agent(ctx, desk.System, id)
	if err != nil {
		return err
	}
	lang := agent.Locale
	if lang == "" {
		company, err := n.desk.Company(ctx, desk.System)
		if err != nil {
			return err
		}
		lang = company.Locale
	}
	say := func(key string, args ...any) string { return n.Translate(lang, key, args...) }
	var text []string
	ids := make([]desk.NotificationID, 0, len(list))
	for i, one := range list {
		ids = append(ids, one.ID)
		if i < lines {
			sentence, _ := one.Say(say)
			text = append(text, "• "+sentence)
		}
	}
	if more := len(list) - lines; more > 0 {
		text = append(text, say("system_mail.more", more))
	}
	return n.desk.MailMissed(ctx, desk.System, ids, desk.SystemMail{AgentID: id, Locale: lang, What: "missed",
		Words: desk.SystemWords{Args: []string{fmt.Sprint(len(list)), strings.Join(text, "\n")}, Path: "/notifications"}})
}
