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
	Online                                   int       // chats whose customers are there now: of a list that asks for it, by CountUpTo
	Snoozed                                  int       // tickets that sleep, which All and Mine and Waiting leave out: CountMost at most, and then there may be more
	Followed, Done                           int       // tickets that the agent follows, and those that are closed; CountMost as well
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
		n.Snoozed, err = d.CountUpTo(ctx, by, ConversationList{Kind: l.Kind, View: "snoozed"}, CountMost)
	}
	if err == nil && l.Kind == "ticket" {
		n.Followed, err = d.CountUpTo(ctx, by, ConversationList{Kind: l.Kind, View: "followed"}, CountMost)
	}
	if err == nil && l.Kind == "ticket" {
		n.Done, err = d.CountUpTo(ctx, by, ConversationList{Kind: l.Kind, View: "closed"}, CountMost)
	}
	if moves.Valid {
		n.Moves = d.Clock().Add(time.Duration(moves.Int64) * time.Millisecond)
	}
	return n, err
}

// CountMost is up to where the tickets are counted of views that may hold any number.
const CountMost = 1000

// CountUpTo counts what a list holds, and stops at most.
func (d *Desk) CountUpTo(ctx context.Context, by Actor, l ConversationList, most int) (n int, err error) {
	if err := l.prepare(ctx, d, by); err != nil {
		return 0, err
	}
	q := l.query(by)
	along := ""
	if l.CustomerID != 0 || l.begins {
		along = l.along()
	}
	q.args = append(q.args, most)
	err = d.read().QueryRowContext(ctx, fmt.Sprintf("select count(*) from (select 1 from conversations c%s where %s and ?1 = ?1 limit ?%d)", along, strings.Join(q.where, " and "), len(q.args)), q.args...).Scan(&n)
	return n, err
}
