package desk

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Counts are the numbers beside the views of one kind: of what is not closed, so they stay small whatever the history.
type Counts struct {
	All, Joined, Mine, Waiting, Open, Unread int
	Unserved, Pending, Soon, Overdue         int       // customers who wait for an answer
	Snoozed                                  int       // tickets that sleep, which All and Mine and Waiting leave out
	Moves                                    time.Time // when the next of them is soon overdue, or overdue; zero: none will
}

// waits are the moments, in milliseconds, since which somebody has waited who is soon overdue, or overdue.
func (d *Desk) waits(ctx context.Context) (soon, overdue int64, err error) {
	h, err := readHandling(ctx, d.read())
	now := d.Clock()
	return ms(now.Add(-h.soon())), ms(now.Add(-h.overdue())), err
}

// Counts counts the acting agent's views of a kind.
func (d *Desk) Counts(ctx context.Context, by Actor, kind string) (Counts, error) {
	return d.CountsOf(ctx, by, ConversationList{Kind: kind})
}

// CountsOf counts the acting agent's views under a list's filters but for its view and its query.
func (d *Desk) CountsOf(ctx context.Context, by Actor, l ConversationList) (Counts, error) {
	var n Counts
	soon, overdue, err := d.waits(ctx)
	if err != nil {
		return n, err
	}
	l = ConversationList{Kind: l.Kind, View: "all", TeamID: l.TeamID, InboxID: l.InboxID, Channel: l.Channel}
	q := l.query(by)
	q.args = append(q.args, by.Agent(), soon, overdue)
	last := len(q.args)
	var moves sql.NullInt64 // how long until then
	err = d.read().QueryRowContext(ctx, fmt.Sprintf(`select count(*), coalesce(sum(joined), 0), coalesce(sum(mine), 0), coalesce(sum(status = 'waiting'), 0), coalesce(sum(status = 'open'), 0),
			coalesce(sum(new and (joined or status = 'waiting')), 0), coalesce(sum(since is not null and status = 'waiting'), 0), coalesce(sum(since is not null and status = 'open'), 0),
			coalesce(sum(since <= ?%[2]d and since > ?%[3]d), 0), coalesce(sum(since <= ?%[3]d), 0),
			min(case when since > ?%[2]d then since - ?%[2]d when since > ?%[3]d then since - ?%[3]d end) from (
		select c.status, c.waiting_since as since, c.assignee_id is ?%[1]d as mine, c.id in (select conversation_id from participants where agent_id = ?1 and left_at is null) as joined,
			c.received_count > c.answered_count and c.received_count > coalesce((select received_count from reads r where r.conversation_id = c.id and r.agent_id = ?1), 0) as new
		from conversations c where %[4]s)`, last-2, last-1, last, strings.Join(q.where, " and ")), q.args...).
		Scan(&n.All, &n.Joined, &n.Mine, &n.Waiting, &n.Open, &n.Unread, &n.Unserved, &n.Pending, &n.Soon, &n.Overdue, &moves)
	if err == nil && l.Kind == "ticket" {
		q := (&ConversationList{Kind: l.Kind, View: "snoozed"}).query(by)
		err = d.read().QueryRowContext(ctx, "select count(*) from conversations c where "+strings.Join(q.where, " and ")+" and ?1 = ?1", q.args...).Scan(&n.Snoozed)
	}
	if moves.Valid {
		n.Moves = d.Clock().Add(time.Duration(moves.Int64) * time.Millisecond)
	}
	return n, err
}
