package desk

import (
	"context"
	"fmt"
	"strings"
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
	visible, args := visibleTo(by)
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
		{l.Channel != "", "i.channel = ?", l.Channel}, {l.Status != "", "tk.status = ?", l.Status}, {l.Priority != "", "tk.priority = ?", l.Priority},
	} {
		if f.is {
			q.and(f.what, f.arg)
		}
	}
	if text := strings.TrimSpace(l.Query); text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
		q.and(`(k.name like ? escape '\' or k.email like ? escape '\' or tk.subject like ? escape '\' or tk.id = ?)`, like, like, like, strings.TrimPrefix(text, "#"))
	}
	return q
}

func (l *ConversationList) view(q *query, by Actor) {
	switch l.View {
	case "all":
		q.and("c.status <> 'closed'")
	case "joined":
		q.and("c.status <> 'closed' and me.agent_id is not null")
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
	rows, err := d.read().QueryContext(ctx, "select "+conversationColumns+conversationJoins+" where "+strings.Join(q.where, " and ")+fmt.Sprintf(" order by c.last_at desc, c.id desc limit ?%d", len(q.args)), q.args...)
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
	err := d.read().QueryRowContext(ctx, fmt.Sprintf(`select count(*), coalesce(sum(me.agent_id is not null), 0), coalesce(sum(c.assignee_id = ?%d), 0), coalesce(sum(c.status = 'waiting'), 0), coalesce(sum(c.status = 'open'), 0),
		coalesce(sum(c.received_count > max(c.answered_count, coalesce(r.received_count, 0)) and (me.agent_id is not null or c.status = 'waiting')), 0)`, len(q.args))+conversationJoins+" where "+strings.Join(q.where, " and "), q.args...).
		Scan(&n.All, &n.Joined, &n.Mine, &n.Waiting, &n.Open, &n.Unread)
	return n, err
}
