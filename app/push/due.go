package push

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"deskbell/app/desk"
)

const (
	atOnce   = 8  // requests to push services at the same time
	round    = 64 // notifications taken at a time
	attempts = 3  // tries of one notification, while it is not too old
)

// due is a notification that waits for one browser.
type due struct {
	subscription   subscription
	tag            string
	conversationID desk.ConversationID // 0: it is about a notification or a room
	subject        int64
	what           string
	messageID      desk.MessageID
	eventID        desk.EventID
	eventAt        time.Time
	attempts       int
}

// automatic says whether a program wrote the message: nobody is disturbed for "I am on holiday".
func automatic(e desk.Event) bool {
	var facts struct{ Auto bool }
	return json.Unmarshal(e.Data, &facts) == nil && facts.Auto
}

// about is what a push tells of: of several with one tag the last is shown.
type about struct {
	what, tag string
	subject   int64
}

// keep writes down who is to be told. What is noted already for the same conversation takes the last message, and keeps its
// time: a customer who goes on writing must not hold the notification up for ever.
func (p *Push) keep(ctx context.Context, e desk.Event, a about, agents []desk.AgentID) error {
	set, err := json.Marshal(agents)
	if err != nil {
		return err
	}
	var message sql.NullInt64
	if e.Name == desk.MessageReceived {
		message = sql.NullInt64{Int64: e.SubjectID, Valid: true}
	}
	err = p.desk.Write(ctx, desk.System, func(tx *desk.Tx) error {
		now := tx.Now().UnixMilli()
		_, err := tx.Exec(`insert into pushes(subscription_id, tag, conversation_id, subject_id, what, message_id, event_id, event_at, due_at)
			select s.id, ?9, nullif(?1, 0), ?10, ?2, ?3, ?4, ?5, ?6 + ?7 from push_subscriptions s join agents a on a.id = s.agent_id
				where s.agent_id in (select value from json_each(?8)) and a.enabled and a.deleted_at is null
			on conflict do update set message_id = coalesce(excluded.message_id, message_id), subject_id = excluded.subject_id, event_id = excluded.event_id, event_at = excluded.event_at,
				due_at = iif(due_at <= ?6, excluded.due_at, due_at),
				what = case when 'assigned' in (what, excluded.what) then 'assigned' when 'ticket' in (what, excluded.what) then 'ticket'
					when 'waiting' in (what, excluded.what) then 'waiting' else excluded.what end
			where event_id < excluded.event_id`,
			e.ConversationID, a.what, message, e.ID, e.At.UnixMilli(), now, together.Milliseconds(), string(set), a.tag, a.subject)
		return err
	})
	if err == nil {
		p.nudge()
	}
	return err
}

// anybody says whether there is any browser to push to: most events of most desks end here.
func (p *Push) anybody(ctx context.Context) (some bool, err error) {
	err = p.desk.DB().Readers().QueryRowContext(ctx, "select exists (select 1 from push_subscriptions)").Scan(&some)
	return some, err
}

func (p *Push) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run sends what is due until ctx ends.
func (p *Push) Run(ctx context.Context) error {
	for {
		next, err := p.Send(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		var timer <-chan time.Time
		if !next.IsZero() {
			timer = time.After(max(10*time.Millisecond, next.Sub(p.desk.Clock())))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-timer:
		}
	}
}

// Send pushes what is due and answers when the next one is: zero when nothing waits.
func (p *Push) Send(ctx context.Context) (next time.Time, err error) {
	if err := sendAll(ctx, p.take, p.settle); err != nil {
		return next, err
	}
	if err := sendAll(ctx, p.takeAnswers, p.settleAnswer); err != nil {
		return next, err
	}
	var at sql.NullInt64
	err = p.desk.DB().Readers().QueryRowContext(ctx, "select min(at) from (select min(due_at) as at from pushes union all select min(due_at) from visitor_pushes)").Scan(&at)
	if at.Valid {
		next = time.UnixMilli(at.Int64)
	}
	return next, err
}

// sendAll takes what is due by rounds and settles it, some at the same time. What cannot be settled ends it: it would be taken again at once.
func sendAll[T any](ctx context.Context, take func(context.Context) ([]T, error), settle func(context.Context, T) error) error {
	for {
		list, err := take(ctx)
		if err != nil {
			return err
		}
		var all sync.WaitGroup
		slots, faults := make(chan struct{}, atOnce), make([]error, len(list))
		for i, n := range list {
			slots <- struct{}{}
			all.Go(func() {
				defer func() { <-slots }()
				faults[i] = settle(ctx, n)
			})
		}
		all.Wait()
		if err := errors.Join(faults...); err != nil || len(list) < round {
			return err
		}
	}
}

func (p *Push) take(ctx context.Context) ([]due, error) {
	rows, err := p.desk.DB().Readers().QueryContext(ctx, "select "+subscriptionColumns+`, n.tag, coalesce(n.conversation_id, 0), n.subject_id, n.what, coalesce(n.message_id, 0), n.event_id, n.event_at, n.attempts
		from pushes n join push_subscriptions s on s.id = n.subscription_id where n.due_at <= ? order by n.due_at limit ?`, p.desk.Clock().UnixMilli(), round)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []due
	for rows.Next() {
		var n due
		var at int64
		if err := rows.Scan(append(n.subscription.fields(), &n.tag, &n.conversationID, &n.subject, &n.what, &n.messageID, &n.eventID, &at, &n.attempts)...); err != nil {
			return nil, err
		}
		n.eventAt = time.UnixMilli(at)
		list = append(list, n)
	}
	return list, rows.Err()
}

// settle sends one notification, or finds that nobody needs it any more, and writes down what came of it.
func (p *Push) settle(ctx context.Context, n due) error {
	return p.once(ctx, [2]int64{n.subscription.id, int64(n.eventID)}, func() error { return p.deliver(ctx, n) }, n.outcome)
}

type came struct{ err error }

// once delivers and writes down what came of it. When that cannot be written, the next time only the writing is tried again: a full
// disk must not make somebody's phone ring until there is room.
func (p *Push) once(ctx context.Context, key any, deliver func() error, outcome func(*desk.Tx, error) error) error {
	of, was := p.came.Load(key)
	if !was {
		if of = (came{deliver()}); ctx.Err() != nil {
			return nil // it stays where it is
		}
	}
	err := p.desk.Write(context.WithoutCancel(ctx), desk.System, func(tx *desk.Tx) error { return outcome(tx, of.(came).err) })
	if err != nil {
		p.came.Store(key, of)
		return fmt.Errorf("note what came of a push: %w", err)
	}
	p.came.Delete(key)
	return nil
}

func (p *Push) deliver(ctx context.Context, n due) error {
	if p.desk.Clock().Sub(n.eventAt) > tooOld || p.Looking(n.subscription.agentID) {
		return errUnneeded
	}
	text, err := p.notice(ctx, n)
	if err != nil {
		return err
	}
	return p.post(ctx, n.subscription, text)
}

// errUnneeded says that there is nothing to tell any more.
var errUnneeded = errors.New("nobody needs it any more")

// outcome writes down what came of a push. A row that took a newer event meanwhile stays for that.
func (n *due) outcome(tx *desk.Tx, err error) error {
	now := tx.Now()
	id := n.subscription.id
	var refused *refusal
	gone := errors.As(err, &refused) && refused.gone()
	switch {
	case gone:
		_, err := tx.Exec("delete from push_subscriptions where id = ?", id)
		return err
	case err == nil:
		if _, err := tx.Exec("update push_subscriptions set pushed_at = ?, error = '' where id = ?", now.UnixMilli(), id); err != nil {
			return err
		}
	case !errors.Is(err, errUnneeded):
		if _, err := tx.Exec("update push_subscriptions set error = ? where id = ?", clip(err.Error(), 500), id); err != nil {
			return err
		}
		if passing(err) && n.attempts+1 < attempts {
			later := now.Add(10 * time.Second << n.attempts)
			_, err := tx.Exec("update pushes set attempts = attempts + 1, due_at = ? where subscription_id = ? and tag = ?", later.UnixMilli(), id, n.tag)
			return err
		}
	}
	_, err = tx.Exec("delete from pushes where subscription_id = ? and tag = ? and event_id = ?", id, n.tag, n.eventID)
	return err
}
