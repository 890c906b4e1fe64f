package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ConversationList asks for a page of conversations. Empty fields do not filter.
type ConversationList struct {
	Kind       string // chat or ticket
	View       string // all (not closed), joined, mine (assigned to me), online (the customer has the chat open now), waiting, open, closed; of those who wait for an answer unserved, pending, soon, overdue; of tickets snoozed and followed; empty: every status
	TeamID     TeamID
	AgentID    AgentID // the assignee
	CustomerID CustomerID
	InboxID    InboxID
	Channel    string
	Query      string           // part of the customer's name or address, of the subject, or a ticket's number
	Status     string           // of the ticket: open, pending, resolved or closed
	StatusID   StatusID         // of the ticket: a named one
	Priority   string           // of the ticket
	TopicID    TopicID          // of the ticket: this one and all below it
	TagID      TagID            // that it has
	Fields     []FieldAsk       // of the ticket, ten at most
	Origin     string           // of the ticket
	SLA        string           // of the ticket: one of SLAStates, how it stands to what was promised
	Unassigned bool             // nobody has it
	Assigned   bool             // the acting agent has it, whatever the view
	Pinned     bool             // the acting agent keeps it at the top
	Unpinned   bool             // or does not
	Only, But  []ConversationID // these alone; all but these
	From, To   time.Time        // when it was opened; zero: any time. To is not in it
	Since      time.Time        // when its last public message was written; zero: any time
	Until      time.Time        // not in it
	Sort       string           // empty: the last written first; of tickets also created (the newest first), oldest and priority (the most urgent first)
	By         FormFieldID      // of tickets, instead of Sort: what this field holds, those last in which it is empty
	Down       bool             // and the greatest first
	Before     string           // cursor of the page before
	Limit      int              // 1 to 200

	topics        string       // those that TopicID stands for, as JSON
	online        string       // those whose customers are here now, as JSON
	soon, overdue int64        // who has waited since then is soon overdue, or overdue
	filled        []fieldAsked // what Fields stands for
	begins        bool         // with the few that looked stands for; else it is walked in its order
	looked        []condition  // what was looked up of its sets (list_set.go)
	each          []condition  // what each is asked
	without       FormFieldID  // only those in which this field is empty
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

// anywhere is the pattern of like … escape '\' that finds a text wherever it stands.
func anywhere(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
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
	if l.Kind != "" {
		q.and("c.kind = ?", l.Kind)
	}
	l.view(q, by)
	for _, f := range []struct {
		is   bool
		what string
		arg  any
	}{
		{l.AgentID != 0, "c.assignee_id = ?", l.AgentID},
		{l.CustomerID != 0, "c.customer_id = ?", l.CustomerID}, {l.InboxID != 0, "c.inbox_id = ?", l.InboxID},
		{l.Channel != "", "c.inbox_id in (select id from inboxes where channel = ?)", l.Channel}, {l.Status != "", "c.ticket_status = ?", l.Status}, {l.Priority != "", "c.ticket_priority = ?", l.Priority},
	} {
		if f.is {
			q.and(f.what, f.arg)
		}
	}
	if l.TeamID != 0 {
		q.and("(c.team_id = ? or c.id in (select conversation_id from conversation_teams where team_id = ?))", l.TeamID, l.TeamID)
	}
	const pinned = "(select conversation_id from pins where agent_id = ?)"
	if l.Pinned {
		q.and("c.id in "+pinned, by.Agent())
	}
	if l.Unpinned {
		q.and("c.id not in "+pinned, by.Agent())
	}
	if l.Only != nil {
		q.and("c.id in (select value from json_each(?))", jsonList(l.Only))
	}
	if len(l.But) > 0 {
		q.and("c.id not in (select value from json_each(?))", jsonList(l.But))
	}
	if l.Unassigned {
		q.and("c.assignee_id is null")
	}
	if l.Origin != "" {
		q.and("c.ticket_origin = ?", l.Origin)
	}
	switch l.SLA {
	case "soon":
		q.and("c.id in (select conversation_id from sla_clocks where warned_at is not null and breached_at is null and met_at is null and running_since is not null)")
	case "late":
		q.and("(c.id in (select conversation_id from sla_clocks where breached_at is not null and met_at is null) or c.status = 'closed' and c.id in (select conversation_id from sla_clocks where breached_at is not null))")
	}
	if !l.From.IsZero() {
		q.and("c.created_at >= ?", ms(l.From))
	}
	if !l.To.IsZero() {
		q.and("c.created_at < ?", ms(l.To))
	}
	if l.Assigned {
		q.and("c.assignee_id = ?", by.Agent())
	}
	if !l.Since.IsZero() {
		q.and("c.last_at >= ?", ms(l.Since))
	}
	if !l.Until.IsZero() {
		q.and("c.last_at < ?", ms(l.Until))
	}
	if l.topics != "" {
		q.and("c.ticket_topic in (select value from json_each(?))", l.topics)
	}
	for _, a := range l.looked {
		q.and(a.sql, a.args...)
	}
	// Behind all that is cheaper, since SQLite asks in this order.
	visible, args := visibleIn(by)
	q.and(visible, args...)
	if l.without != 0 {
		q.and("not exists (select 1 from ticket_values where conversation_id = c.id and field_id = ?)", l.without)
	}
	for _, a := range l.each {
		q.and(a.sql, a.args...)
	}
	return q
}

func (l *ConversationList) view(q *query, by Actor) {
	if l.Kind == "ticket" && (l.View == "all" || l.View == "mine" || l.View == "waiting") {
		q.and("not exists (select 1 from snoozes where conversation_id = c.id)")
	}
	switch l.View {
	case "all", "online":
		q.and("c.status <> 'closed'")
	case "joined":
		q.and("c.status <> 'closed' and c.id in (select conversation_id from participants where agent_id = ? and left_at is null)", by.Agent())
	case "mine":
		q.and("c.status <> 'closed' and c.assignee_id = ?", by.Agent())
	case "snoozed":
		q.and("c.status <> 'closed'")
	case "waiting", "open", "closed":
		q.and("c.status = ?", l.View)
	case "unserved":
		q.and("c.status <> 'closed' and c.waiting_since is not null and c.status = 'waiting'")
	case "pending":
		q.and("c.status <> 'closed' and c.waiting_since is not null and c.status = 'open'")
	case "soon":
		q.and("c.status <> 'closed' and c.waiting_since <= ? and c.waiting_since > ?", l.soon, l.overdue)
	case "overdue":
		q.and("c.status <> 'closed' and c.waiting_since <= ?", l.overdue)
	}
}

// Conversations lists what the actor may see, the last written first, and answers the cursor of the next page, empty at the end.
func (d *Desk) Conversations(ctx context.Context, by Actor, l ConversationList) ([]*Conversation, string, error) {
	if l.By != 0 {
		return d.conversationsBy(ctx, by, l)
	}
	cur, err := parseCursor(l.Before)
	if err != nil {
		return nil, "", err
	}
	if err := l.prepare(ctx, d, by); err != nil {
		return nil, "", err
	}
	q, key := l.query(by), l.key()
	than, order := " < ", key+" desc, c.id desc"
	if l.Sort == "oldest" {
		than, order = " > ", key+", c.id"
		if l.Before == "" {
			cur = cursor{}
		}
	}
	along := l.along()
	if along != "" && l.Kind == "ticket" {
		q.and("c.kind = 'ticket'") // in so many words, since these are indexes of tickets alone
	}
	q.and("("+key+", c.id)"+than+"(?, ?)", cur.at, cur.id)
	q.args = append(q.args, l.Limit+1)
	// First which ones, along an index that has all that is asked; then what is shown of them.
	picked := "select c.id from conversations c" + along + " where " + strings.Join(q.where, " and ") + fmt.Sprintf(" order by %s limit ?%d", order, len(q.args))
	rows, err := d.read().QueryContext(ctx, "with picked as materialized ("+picked+") select "+conversationColumns+" from picked cross join conversations c on c.id = picked.id"+conversationBeside+" order by "+order, q.args...)
	list, err := collect(rows, err, scanConversation)
	if err != nil {
		return nil, "", err
	}
	return page(list, l.Limit, func(c *Conversation) cursor { return cursor{l.place(c), int64(c.ID)} })
}

// along says by which index a list is read: that of its order, or of what is rarest in it.
func (l *ConversationList) along() string {
	switch {
	case l.CustomerID != 0:
		return " indexed by conversations_of_customer"
	case l.begins:
		return " not indexed"
	case l.Sort == "" || l.Kind != "ticket":
		return ""
	case l.Sort == "priority":
		return " indexed by tickets_by_urgency"
	}
	return " indexed by tickets_by_creation"
}

// urgency is how a priority weighs: more than any time since 1970 in milliseconds, until the year 2527.
const urgency = 1 << 44

// key is the SQL of the number by which a list is sorted; place is the same of a row that was read.
func (l *ConversationList) key() string {
	switch l.Sort {
	case "created", "oldest":
		return "c.created_at"
	case "priority":
		return "c.urgency"
	}
	return "c.last_at"
}

func (l *ConversationList) place(c *Conversation) int64 {
	switch l.Sort {
	case "created", "oldest":
		return ms(c.CreatedAt)
	case "priority":
		rank := 0
		if c.Ticket != nil {
			rank = max(slices.Index(Priorities, c.Ticket.Priority), 0)
		}
		return int64(rank)*urgency + ms(c.LastAt)
	}
	return ms(c.LastAt)
}
