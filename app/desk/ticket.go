package desk

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Ticket is what a conversation has besides when it is a ticket. Its id is the number that people see.
type Ticket struct {
	ID             TicketID
	ConversationID ConversationID
	Subject        string
	Status         string   // open, pending, resolved or closed
	StatusID       StatusID // a named one of that kind; 0: none
	StatusName     string
	Priority       string  // low, normal, high or urgent
	Origin         string  // mail, note, chat, agent or api
	TopicID        TopicID // 0: none
	TopicName      string
	Fields         Filled
	CC             []string
	ParentID       TicketID  // below which it stands; 0: none
	MergedInto     TicketID  // where what was said in it is now; 0: here
	SnoozedUntil   time.Time // zero: awake, or until an answer
	Snoozed        bool
	SLA            []SLAClock // how it stands to what was promised; after FillSLA
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

func (t *Ticket) readCC(text string) error { return json.Unmarshal([]byte(text), &t.CC) }

// TicketStatuses and Priorities are the choices, in the order in which people see them.
var (
	TicketStatuses = []string{"open", "pending", "resolved", "closed"}
	Priorities     = []string{"low", "normal", "high", "urgent"}
	Origins        = []string{"mail", "note", "chat", "agent", "api"}
)

// NewTicket is what makes a conversation a ticket.
type NewTicket struct {
	Subject  string // at most 998 characters (RFC 5322 section 2.1.1); longer is cut
	Origin   string
	Priority string // empty: normal
	TopicID  TopicID
	Fields   Filled // what the form fields hold
	ParentID TicketID
	CC       []string
}

func (tx *Tx) insertTicket(c *Conversation, in NewTicket) error {
	subject := strings.Join(strings.Fields(in.Subject), " ")
	if r := []rune(subject); len(r) > 998 {
		subject = string(r[:998])
	}
	if in.Priority == "" {
		in.Priority = "normal"
	}
	if in.Fields == nil {
		in.Fields = Filled{}
	}
	fields, err := json.Marshal(in.Fields)
	if err != nil {
		return err
	}
	res, err := tx.Exec("insert into tickets(conversation_id, subject, status, priority, origin, cc, topic_id, fields, parent_id, created_at, updated_at) values (?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?)",
		c.ID, subject, in.Priority, in.Origin, jsonList(in.CC), nullID(in.TopicID), string(fields), nullID(in.ParentID), ms(tx.now), ms(tx.now))
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	c.Ticket = &Ticket{ID: TicketID(id), ConversationID: c.ID, Subject: subject, Status: "open", Priority: in.Priority, Origin: in.Origin, TopicID: in.TopicID, Fields: in.Fields, CC: in.CC, ParentID: in.ParentID, CreatedAt: tx.now, UpdatedAt: tx.now}
	if len(in.Fields) > 0 {
		if err := tx.keepValues(c.ID, in.Fields); err != nil {
			return err
		}
	}
	return tx.Record(TicketCreated, c.ID, id, Facts{"origin": in.Origin})
}

// TicketChange is what may be changed of a ticket; nil leaves it.
type TicketChange struct {
	Subject    *string
	Status     *string   // one of TicketStatuses
	StatusID   *StatusID // a named one, instead; 0 takes the name off
	Priority   *string
	TopicID    *TopicID  // 0: none
	ParentID   *TicketID // 0: none
	Fields     Filled    // those that are named; empty text empties one
	TeamID     *TeamID   // 0: everyone
	AssigneeID *AgentID  // 0: nobody
	Tag, Untag []TagID   // tags that it is to have besides, and those that it is to lose
}

// ChangeTicket changes a ticket that the actor may see. Resolved and closed close its conversation, open and pending reopen it.
func (d *Desk) ChangeTicket(ctx context.Context, by Actor, id TicketID, ch TicketChange) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	var c *Conversation
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		if c, err = findConversation(ctx, tx, by, "tk.id", id); err != nil {
			return err
		}
		if err := tx.changeTicket(ctx, by, c, ch); err != nil {
			return err
		}
		c, err = tx.conversation(ctx, System, c.ID)
		return err
	})
	return c, err
}

// changeTicket is ChangeTicket as a step of a change.
func (tx *Tx) changeTicket(ctx context.Context, by Actor, c *Conversation, ch TicketChange) error {
	if c.Ticket.MergedInto != 0 {
		return Conflict("error.ticket_merged", c.Ticket.MergedInto)
	}
	if err := tx.named(ctx, &ch); err != nil {
		return err
	}
	facts, err := ch.apply(c.Ticket)
	if err != nil {
		return err
	}
	if len(ch.Fields) > 0 {
		changed, err := tx.fill(ctx, c.Ticket.Fields, ch.Fields, false)
		if err != nil {
			return err
		}
		if len(changed) > 0 {
			facts["fields"] = changed // the values stay out of the log
			if err := tx.keepValues(c.ID, c.Ticket.Fields); err != nil {
				return err
			}
			if err := tx.holdFiles(ctx, c); err != nil {
				return err
			}
		}
	}
	if _, moved := facts["topic"]; moved {
		if err := tx.knownTopic(ctx, c.Ticket.TopicID); err != nil {
			return err
		}
	}
	if _, moved := facts["parent"]; moved {
		if err := tx.family(ctx, by, c.Ticket, c.Ticket.ParentID); err != nil {
			return err
		}
	}
	if len(facts) > 0 {
		if err := tx.updateTicket(c, facts); err != nil {
			return err
		}
	}
	if err := tx.retag(ctx, c.ID, ch.Tag, ch.Untag); err != nil {
		return err
	}
	if ch.TeamID != nil || ch.AssigneeID != nil {
		if err := tx.assign(ctx, c, or(ch.TeamID, c.TeamID), or(ch.AssigneeID, c.AssigneeID)); err != nil {
			return err
		}
	}
	return tx.followStatus(ctx, c)
}

func (ch *TicketChange) apply(t *Ticket) (Facts, error) {
	var c check
	facts := Facts{}
	if ch.Subject != nil {
		s := strings.TrimSpace(*ch.Subject)
		if s == "" {
			c.fault("subject", "fault.subject_missing")
		}
		if utf8.RuneCountInString(s) > 998 {
			c.fault("subject", "fault.too_long", 998)
		}
		if s != t.Subject {
			t.Subject, facts["subject"] = s, true // the words stay out of the log
		}
	}
	if ch.Status != nil && !slices.Contains(TicketStatuses, *ch.Status) {
		c.fault("status", "fault.status_unknown")
	} else {
		ch.status(t, facts)
	}
	if ch.Priority != nil && *ch.Priority != t.Priority {
		if !slices.Contains(Priorities, *ch.Priority) {
			c.fault("priority", "fault.priority_unknown")
		}
		facts["was_priority"], facts["priority"] = t.Priority, *ch.Priority
		t.Priority = *ch.Priority
	}
	if ch.TopicID != nil && *ch.TopicID != t.TopicID {
		facts["was_topic"], facts["topic"] = t.TopicID, *ch.TopicID
		t.TopicID = *ch.TopicID
	}
	if ch.ParentID != nil && *ch.ParentID != t.ParentID {
		facts["was_parent"], facts["parent"] = t.ParentID, *ch.ParentID
		t.ParentID = *ch.ParentID
	}
	return facts, c.err()
}

// status takes over the status and its name; one of the four without a name takes a name off.
func (ch *TicketChange) status(t *Ticket, facts Facts) {
	status, id := or(ch.Status, t.Status), or(ch.StatusID, t.StatusID)
	if ch.Status != nil && ch.StatusID == nil {
		id = 0
	}
	if status == t.Status && id == t.StatusID {
		return
	}
	facts["was_status"], facts["status"] = t.Status, status
	if t.StatusID != 0 {
		facts["was_status_id"] = t.StatusID
	}
	if id != 0 {
		facts["status_id"] = id
	}
	t.Status, t.StatusID = status, id
}

// knownTopic refuses a topic that is none, or none any more.
func (tx *Tx) knownTopic(ctx context.Context, id TopicID) error {
	if id == 0 {
		return nil
	}
	var known bool
	err := tx.QueryRowContext(ctx, "select exists(select 1 from topics where id = ? and deleted_at is null)", id).Scan(&known)
	if err == nil && !known {
		err = Invalid("topic_id", "fault.topic_unknown")
	}
	return err
}

func (tx *Tx) updateTicket(c *Conversation, facts Facts) error {
	t := c.Ticket
	fields, err := json.Marshal(t.Fields)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("update tickets set subject = ?, status = ?, priority = ?, topic_id = ?, fields = ?, status_id = ?, parent_id = ?, updated_at = ? where id = ?", t.Subject, t.Status, t.Priority, nullID(t.TopicID), string(fields), nullID(t.StatusID), nullID(t.ParentID), ms(tx.now), t.ID); err != nil {
		return err
	}
	return tx.Record(TicketChanged, c.ID, int64(t.ID), facts)
}

// followStatus keeps the conversation's status in step with its ticket's.
func (tx *Tx) followStatus(ctx context.Context, c *Conversation) error {
	done := c.Ticket.Status == "resolved" || c.Ticket.Status == "closed"
	switch {
	case done && c.Status != "closed":
		return tx.close(ctx, c)
	case !done && c.Status == "closed":
		return tx.reopen(ctx, c)
	}
	return nil
}
