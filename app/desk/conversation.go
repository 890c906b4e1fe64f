package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Conversation is the thread with one customer in one inbox: the unit of work. A ticket is one with a Ticket.
type Conversation struct {
	ID              ConversationID
	Token           string // in reply addresses and signed links; cannot be guessed
	InboxID         InboxID
	InboxName       string
	Channel         string
	CustomerID      CustomerID
	CustomerName    string
	CustomerEmail   string
	CustomerSeenAt  time.Time
	Kind            string // chat or ticket
	Status          string // waiting, open or closed
	TeamID          TeamID
	TeamName        string
	AssigneeID      AgentID
	AssigneeName    string
	AssigneeAway    bool // offline or away: nobody answers just now
	LinkedID        ConversationID
	LastSeq         int64
	LastAt          time.Time
	LastText        string
	LastDirection   string
	WaitingSince    time.Time // the first customer message without an answer; zero: none
	CustomerReadSeq int64
	AgentReadSeq    int64
	CreatedAt       time.Time
	ClosedAt        time.Time
	ClosedBy        string
	Moved           int64 // how often messages were taken out of it

	// For the one who asks.
	Unread int  // customer messages that he has not seen and nobody has answered
	Joined bool // he is in it
	Sealed bool // it waits, and he may not read what waits until he takes it

	Ticket *Ticket // nil for a chat

	received int64
}

// Visible conditions and the per-agent facts come with the same joins everywhere.
const conversationColumns = `c.id, c.token, c.inbox_id, i.name, i.channel, c.customer_id, k.name, k.email, k.seen_at, c.kind, c.status, c.team_id, coalesce(t.name, ''),
	c.assignee_id, coalesce(a.name, ''), coalesce(a.presence in ('offline', 'away'), 0), c.linked_id, c.last_seq, c.last_at, c.last_text, c.last_direction, c.waiting_since, c.customer_read_seq, c.agent_read_seq,
	c.created_at, c.closed_at, c.closed_by, c.received_count, max(0, c.received_count - max(c.answered_count, coalesce(r.received_count, 0))), me.agent_id is not null,
	tk.id, coalesce(tk.subject, ''), coalesce(tk.status, ''), coalesce(tk.priority, ''), coalesce(tk.origin, ''), coalesce(tk.cc, '[]'), coalesce(tk.created_at, 0), coalesce(tk.updated_at, 0), coalesce(tk.topic_id, 0), coalesce(tp.name, ''), coalesce(tk.fields, '{}'),
	c.moved, coalesce(tk.status_id, 0), coalesce(ts.name, ''), coalesce(tk.parent_id, 0), coalesce(tk.merged_into, 0), sn.conversation_id is not null, sn.until, ` + sealed

const conversationJoins = " from conversations c" + conversationBeside

// conversationBeside is what is read beside a conversation c.
const conversationBeside = `
	join customers k on k.id = c.customer_id
	join inboxes i on i.id = c.inbox_id
	left join teams t on t.id = c.team_id
	left join agents a on a.id = c.assignee_id
	left join tickets tk on tk.conversation_id = c.id
	left join topics tp on tp.id = tk.topic_id
	left join ticket_statuses ts on ts.id = tk.status_id
	left join snoozes sn on sn.conversation_id = c.id
	left join reads r on r.conversation_id = c.id and r.agent_id = ?1
	left join participants me on me.conversation_id = c.id and me.agent_id = ?1 and me.left_at is null`

func scanConversation(row scanner) (*Conversation, error) {
	var c Conversation
	var team, assignee, linked, waiting, closed, ticket, until sql.NullInt64
	var seen, lastAt, created, ticketCreated, ticketUpdated int64
	var tk Ticket
	var cc, fields string
	err := row.Scan(&c.ID, &c.Token, &c.InboxID, &c.InboxName, &c.Channel, &c.CustomerID, &c.CustomerName, &c.CustomerEmail, &seen, &c.Kind, &c.Status, &team, &c.TeamName,
		&assignee, &c.AssigneeName, &c.AssigneeAway, &linked, &c.LastSeq, &lastAt, &c.LastText, &c.LastDirection, &waiting, &c.CustomerReadSeq, &c.AgentReadSeq,
		&created, &closed, &c.ClosedBy, &c.received, &c.Unread, &c.Joined,
		&ticket, &tk.Subject, &tk.Status, &tk.Priority, &tk.Origin, &cc, &ticketCreated, &ticketUpdated, &tk.TopicID, &tk.TopicName, &fields,
		&c.Moved, &tk.StatusID, &tk.StatusName, &tk.ParentID, &tk.MergedInto, &tk.Snoozed, &until, &c.Sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	c.TeamID, c.AssigneeID, c.LinkedID = TeamID(team.Int64), AgentID(assignee.Int64), ConversationID(linked.Int64)
	if c.Sealed {
		c.LastText = ""
	}
	c.CustomerSeenAt, c.LastAt, c.CreatedAt, c.WaitingSince, c.ClosedAt = at(seen), at(lastAt), at(created), atNull(waiting), atNull(closed)
	if ticket.Valid {
		tk.ID, tk.ConversationID, tk.CreatedAt, tk.UpdatedAt = TicketID(ticket.Int64), c.ID, at(ticketCreated), at(ticketUpdated)
		tk.SnoozedUntil = atNull(until)
		c.Ticket = &tk
		return &c, errors.Join(tk.readCC(cc), json.Unmarshal([]byte(fields), &tk.Fields))
	}
	return &c, nil
}

// findConversation reads one that the actor may see; every other is NotFound.
func findConversation(ctx context.Context, r reader, by Actor, where string, arg any) (*Conversation, error) {
	visible, args := visibleTo(by)
	args = append([]any{by.Agent(), arg}, args...)
	return scanConversation(r.QueryRowContext(ctx, "select "+conversationColumns+conversationJoins+" where "+where+" = ?2 and "+numbered(visible, 3), args...))
}

func (tx *Tx) conversation(ctx context.Context, by Actor, id ConversationID) (*Conversation, error) {
	return findConversation(ctx, tx, by, "c.id", id)
}

// Conversation finds one that the actor may see.
func (d *Desk) Conversation(ctx context.Context, by Actor, id ConversationID) (*Conversation, error) {
	return findConversation(ctx, d.read(), by, "c.id", id)
}

// TicketByNumber finds the conversation of a ticket that the actor may see.
func (d *Desk) TicketByNumber(ctx context.Context, by Actor, id TicketID) (*Conversation, error) {
	return findConversation(ctx, d.read(), by, "tk.id", id)
}

// CurrentConversation finds a customer's chat in an inbox that is not closed: nil when there is none.
func (d *Desk) CurrentConversation(ctx context.Context, by Actor, customer CustomerID, inbox InboxID) (*Conversation, error) {
	id, err := current(ctx, d.read(), customer, inbox)
	if err != nil || id == 0 {
		return nil, err
	}
	return d.Conversation(ctx, by, id)
}

func current(ctx context.Context, r reader, customer CustomerID, inbox InboxID) (ConversationID, error) {
	var id ConversationID
	err := r.QueryRowContext(ctx, "select id from conversations where customer_id = ? and inbox_id = ? and kind = 'chat' and status <> 'closed' order by id desc limit 1", customer, inbox).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// Participants lists the agents who are in a conversation that the actor may see, the longest there first.
func (d *Desk) Participants(ctx context.Context, by Actor, id ConversationID) ([]*Agent, error) {
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select "+agentColumns+" from participants p join agents on agents.id = p.agent_id where p.conversation_id = ? and p.left_at is null order by p.joined_at, id", id)
	return collect(rows, err, scanAgent)
}

// newConversation opens one and says so in the log, unless it only keeps what is set aside.
func (tx *Tx) newConversation(ctx context.Context, c Conversation) (*Conversation, error) {
	res, err := tx.Exec(`insert into conversations(inbox_id, customer_id, kind, status, team_id, linked_id, token, last_at, created_at, quiet_since, closed_at, closed_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.InboxID, c.CustomerID, c.Kind, c.Status, nullID(c.TeamID), nullID(c.LinkedID), randomID(), ms(tx.now), ms(tx.now), ms(tx.now), nullTime(c.ClosedAt), c.ClosedBy)
	if err != nil {
		return nil, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return nil, err
	}
	if c.ClosedBy == "blacklist" {
		return tx.conversation(ctx, System, ConversationID(id))
	}
	if err := tx.Record(ConversationCreated, ConversationID(id), int64(c.CustomerID), Facts{"kind": c.Kind, "inbox": c.InboxID}); err != nil {
		return nil, err
	}
	return tx.conversation(ctx, System, ConversationID(id))
}
