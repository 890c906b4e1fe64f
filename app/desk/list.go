package desk

import (
	"context"
	"fmt"
	"strings"

	"deskbell/app/sqlite"
)

// ConversationList asks for a page of conversations. Empty fields do not filter.
type ConversationList struct {
	Kind       string // chat or ticket
	View       string // all (not closed), joined, mine (assigned to me), waiting, open, closed; empty: every status
	TeamID     TeamID
	AgentID    AgentID // the assignee
	CustomerID CustomerID
	InboxID    InboxID
	Channel    string
	Query      string // part of the customer's name or address, of the subject, or a ticket's number
	Status     string // of the ticket
	Priority   string // of the ticket
	Before     string // cursor of the page before
	Limit      int    // 1 to 200
}

// numbered replaces each ? by ?n, counting from first, so that a condition can stand beside numbered parameters.
func numbered(sql string, first int) string {
	var b strings.Builder
	for _, r := range sql {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "?%d", first)
		first++
	}
	return b.String()
}

// query gathers conditions and their parameters.
type query struct {
	where []string
	args  []any
}

func (q *query) and(condition string, args ...any) {
	q.where = append(q.where, numbered(condition, len(q.args)+1))
	q.args = append(q.args, args...)
}

func (l *ConversationList) query(by Actor) *query {
	q := &query{args: []any{by.Agent()}}
	visible, args := visibleIn(by)
	q.and(visible, args...)
	if l.Kind != "" {
		q.and("c.kind = ?", l.Kind)
	}
	l.view(q, by)
	for _, f := range []struct {
		is   bool
		what string
		arg  any
	}{
		{l.TeamID != 0, "c.team_id = ?", l.TeamID}, {l.AgentID != 0, "c.assignee_id = ?", l.AgentID},
		{l.CustomerID != 0, "c.customer_id = ?", l.CustomerID}, {l.InboxID != 0, "c.inbox_id = ?", l.InboxID},
		{l.Channel != "", "c.inbox_id in (select id from inboxes where channel = ?)", l.Channel}, {l.Status != "", "c.ticket_status = ?", l.Status}, {l.Priority != "", "c.ticket_priority = ?", l.Priority},
	} {
		if f.is {
			q.and(f.what, f.arg)
		}
	}
	if text := strings.TrimSpace(l.Query); text != "" {
		match := sqlite.PairsMatch(text)
		q.and(`(+c.customer_id in (select rowid from customer_search where ? <> '' and customer_search match ?)
			or +c.id in (select conversation_id from tickets where id = ? or id in (select rowid from ticket_search where ? <> '' and ticket_search match ?)))`,
			match, match, strings.TrimPrefix(text, "#"), match, match)
	}
	return q
}

func (l *ConversationList) view(q *query, by Actor) {
	switch l.View {
	case "all":
		q.and("c.status <> 'closed'")
	case "joined":
		q.and("c.status <> 'closed' and c.id in (select conversation_id from participants where agent_id = ? and left_at is null)", by.Agent())
	case "mine":
		q.and("c.status <> 'closed' and c.assignee_id = ?", by.Agent())
	case "waiting", "open", "closed":
		q.and("c.status = ?", l.View)
	}
}

// Conversations lists what the actor may see, the last written first, and answers the cursor of the next page, empty at the end.
func (d *Desk) Conversations(ctx context.Context, by Actor, l ConversationList) ([]*Conversation, string, error) {
	cur, err := parseCursor(l.Before)
	if err != nil {
		return nil, "", err
	}
	q := l.query(by)
	q.and("(c.last_at, c.id) < (?, ?)", cur.at, cur.id)
	q.args = append(q.args, l.Limit+1)
	// First which ones, along an index that has all that is asked; then what is shown of them.
	picked := "select c.id from conversations c where " + strings.Join(q.where, " and ") + fmt.Sprintf(" order by c.last_at desc, c.id desc limit ?%d", len(q.args))
	rows, err := d.read().QueryContext(ctx, "with picked as materialized ("+picked+") select "+conversationColumns+" from picked cross join conversations c on c.id = picked.id"+conversationBeside+" order by c.last_at desc, c.id desc", q.args...)
	list, err := collect(rows, err, scanConversation)
	if err != nil {
		return nil, "", err
	}
	return page(list, l.Limit, func(c *Conversation) cursor { return cursor{ms(c.LastAt), int64(c.ID)} })
}

// Counts are the numbers beside the views of one kind: of what is not closed, so they stay small whatever the history.
type Counts struct{ All, Joined, Mine, Waiting, Open, Unread int }

// Counts counts the acting agent's views of a kind.
func (d *Desk) Counts(ctx context.Context, by Actor, kind string) (Counts, error) {
	l := ConversationList{Kind: kind, View: "all"}
	q := l.query(by)
	q.args = append(q.args, by.Agent())
	var n Counts
	err := d.read().QueryRowContext(ctx, fmt.Sprintf(`select count(*), coalesce(sum(joined), 0), coalesce(sum(mine), 0), coalesce(sum(status = 'waiting'), 0), coalesce(sum(status = 'open'), 0),
			coalesce(sum(new and (joined or status = 'waiting')), 0) from (
		select c.status, c.assignee_id is ?%d as mine, c.id in (select conversation_id from participants where agent_id = ?1 and left_at is null) as joined,
			c.received_count > c.answered_count and c.received_count > coalesce((select received_count from reads r where r.conversation_id = c.id and r.agent_id = ?1), 0) as new
		from conversations c where %s)`, len(q.args), strings.Join(q.where, " and ")), q.args...).
		Scan(&n.All, &n.Joined, &n.Mine, &n.Waiting, &n.Open, &n.Unread)
	return n, err
}
