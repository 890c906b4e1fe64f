package desk

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Incoming is a message from a customer on its way in.
type Incoming struct {
	InboxID        InboxID
	ConversationID ConversationID // 0: the open chat, or a new conversation
	Ticket         *NewTicket     // set: a new conversation is a ticket
	LinkedID       ConversationID // the new conversation is linked to this one
	TeamID         TeamID         // the new conversation is this team's, whatever the rules say; 0: the rules are asked
	Entry          string         // the new conversation is asked of this team, by its name or id, as if the page had named it
	Anyway         bool           // somebody wants it although the customer is on the blacklist

	CustomerID CustomerID // who writes, where the channel knows him; 0: the one of the identity
	Identity   Identity   // who writes, unless the actor is the customer himself
	Customer   Customer   // what is known of him, if he is new

	ClientID   string // the visitor's own id of the message: the same never makes a second one
	ExternalID string // the channel's id, such as a Message-ID: likewise, within the inbox

	Kind    string // empty: text, or what the files are
	Text    string
	HTML    string
	Meta    Meta
	FileIDs []string  // uploaded before by the same actor
	Sticker string    // the id of a sticker: the message is this and nothing else
	At      time.Time // when it was written, if the channel knows; zero, or to come: now
}

// Received is the stored message. Again says that it had been stored before: nothing was written now.
type Received struct {
	*Message
	Again   bool
	Blocked bool // the customer is on the blacklist: stored, but nobody is disturbed
}

// Receive stores what a customer wrote, once, opening a conversation when none is open. When it returns, the message is on disk.
func (d *Desk) Receive(ctx context.Context, by Actor, in Incoming) (*Received, error) {
	if by.Kind != ByCustomer && !by.isSystem() {
		return nil, Forbidden
	}
	if by.Kind == ByCustomer {
		if err := d.checkVisitorText(in); err != nil {
			return nil, err
		}
	}
	var got *Received
	err := d.Write(ctx, by, func(tx *Tx) (err error) {
		got, err = tx.receive(ctx, by, in)
		return err
	})
	return got, err
}

func (d *Desk) checkVisitorText(in Incoming) error {
	if strings.TrimSpace(in.Text) == "" && len(in.FileIDs) == 0 && in.Meta.Card == nil && in.Sticker == "" {
		return Invalid("text", "fault.message_empty")
	}
	if utf8.RuneCountInString(in.Text) > d.Limit.VisitorText {
		return Invalid("text", "fault.message_too_long", d.Limit.VisitorText)
	}
	if len(in.ClientID) > 100 {
		return Invalid("client_id", "fault.too_long", 100)
	}
	if len(in.FileIDs) > 20 {
		return Invalid("file_ids", "fault.too_many_files", 20)
	}
	var c check
	stickerAlone(&c, in.Sticker, in.Text, in.FileIDs)
	return c.err()
}

// seenEvery is how exactly the desk knows when a customer was there last: each message of a lively talk need not move him up in
// the list of customers.
const seenEvery = 10 * time.Second

func (tx *Tx) receive(ctx context.Context, by Actor, in Incoming) (*Received, error) {
	customer, err := tx.writer(ctx, by, in)
	if err != nil {
		return nil, err
	}
	if m, err := tx.stored(ctx, customer.ID, in); err != nil || m != nil {
		return &Received{Message: m, Again: true}, err
	}
	if tx.by.isSystem() {
		tx.by = AsCustomer(customer.ID) // the log says who wrote
	}
	tx.by.Name = customer.Name
	blocked := !customer.BlacklistedAt.IsZero() && !in.Anyway
	c, way, err := tx.find(ctx, customer, in, blocked)
	if err != nil {
		return nil, err
	}
	m := &Message{Kind: in.Kind, Visibility: "public", Direction: "in", AuthorKind: ByCustomer, AuthorID: int64(customer.ID), AuthorName: customer.Name,
		Text: in.Text, HTML: in.HTML, Meta: in.Meta, ClientID: in.ClientID, ExternalID: in.ExternalID}
	if in.At.Before(tx.now) {
		m.CreatedAt = in.At
	}
	if err := tx.carried(ctx, by, m, in.FileIDs, in.Sticker); err != nil {
		return nil, err
	}
	if m.Kind == "" {
		m.Kind = kindOf(m.Text, m.Files)
	}
	if err := tx.insertMessage(c, m); err != nil {
		return nil, err
	}
	if err := tx.attach(m); err != nil {
		return nil, err
	}
	if tx.now.Sub(customer.SeenAt) > seenEvery {
		if _, err := tx.Exec("update customers set seen_at = ? where id = ?", ms(tx.now), customer.ID); err != nil {
			return nil, err
		}
	}
	if blocked {
		return &Received{Message: m, Blocked: true}, nil
	}
	if !m.Meta.Auto {
		if err := tx.stopPlanned(c.ID, "planned.answered", "unless_answered"); err != nil {
			return nil, err
		}
	}
	if err := tx.Record(MessageReceived, c.ID, int64(m.ID), Facts{"seq": m.Seq, "auto": m.Meta.Auto}); err != nil || way == nil {
		return &Received{Message: m}, err
	}
	if err := tx.place(ctx, c, *way); err != nil || !way.fresh {
		return &Received{Message: m}, err
	}
	return &Received{Message: m}, tx.remindOffDuty(ctx, c)
}

func (tx *Tx) writer(ctx context.Context, by Actor, in Incoming) (*Customer, error) {
	if by.Kind == ByCustomer {
		return findCustomer(ctx, tx, by.Customer())
	}
	if in.CustomerID != 0 {
		return findCustomer(ctx, tx, in.CustomerID)
	}
	return tx.identified(ctx, in.Identity, in.Customer)
}

// stored finds the message that was made before from the same client id or external id.
func (tx *Tx) stored(ctx context.Context, customer CustomerID, in Incoming) (*Message, error) {
	var m *Message
	err := error(NotFound)
	if in.ClientID != "" {
		m, err = findMessage(ctx, tx, "m.author_kind = 'customer' and m.author_id = ? and m.client_id = ?", customer, in.ClientID)
	}
	if errors.Is(err, NotFound) && in.ExternalID != "" {
		m, err = findMessage(ctx, tx, "m.inbox_id = ? and m.external_id = ?", in.InboxID, in.ExternalID)
	}
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return m, complete(ctx, tx, []*Message{m})
}

// find finds or opens the conversation to which the message belongs. One that was opened still has to find its way.
func (tx *Tx) find(ctx context.Context, customer *Customer, in Incoming, blocked bool) (*Conversation, *placing, error) {
	inbox, err := findInbox(ctx, tx, in.InboxID)
	if err != nil {
		return nil, nil, err
	}
	if blocked {
		c, err := tx.aside(ctx, customer, inbox)
		return c, nil, err
	}
	id := in.ConversationID
	if id == 0 && in.Ticket == nil {
		if c, err := tx.openChat(ctx, customer.ID, inbox.ID); err != nil || c != nil {
			return c, nil, err
		}
	}
	if id != 0 {
		c, err := tx.continued(ctx, id, in)
		return c, nil, err
	}
	c := Conversation{InboxID: inbox.ID, CustomerID: customer.ID, Kind: "chat", Status: "waiting", TeamID: inbox.TeamID, LinkedID: in.LinkedID}
	if in.Ticket != nil {
		c.Kind = "ticket"
	} else if err := tx.mayBegin(ctx, customer, inbox, in); err != nil {
		return nil, nil, err
	}
	way, err := tx.way(ctx, customer, inbox)
	if err != nil {
		return nil, nil, err
	}
	if in.TeamID != 0 {
		if _, err := findTeam(ctx, tx, in.TeamID); err == nil {
			c.TeamID, way.given = in.TeamID, in.TeamID
		} else if !errors.Is(err, NotFound) {
			return nil, nil, err
		}
	}
	if team, err := tx.teamNamed(ctx, in.Entry); err != nil {
		return nil, nil, err
	} else if team != 0 {
		way.entry, way.named = team, 0 // what he chose himself
	}
	made, err := tx.newConversation(ctx, c)
	if err == nil && in.Ticket == nil {
		err = tx.invited(ctx, made)
	}
	if err != nil || in.Ticket == nil {
		return made, way, err
	}
	return made, way, tx.insertTicket(made, *in.Ticket)
}

// openChat is the customer's chat that is not closed, with what a further message of it needs and no more: this is the way of
// almost every message. Nil: there is none.
func (tx *Tx) openChat(ctx context.Context, customer CustomerID, inbox InboxID) (*Conversation, error) {
	c := Conversation{InboxID: inbox, CustomerID: customer, Kind: "chat"}
	err := tx.QueryRowContext(ctx, "select id, last_seq from conversations where customer_id = ? and inbox_id = ? and kind = 'chat' and status <> 'closed' order by id desc limit 1", customer, inbox).Scan(&c.ID, &c.LastSeq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &c, err
}

// continued goes on in a conversation; a ticket that was closed opens again, unless a program wrote.
func (tx *Tx) continued(ctx context.Context, id ConversationID, in Incoming) (*Conversation, error) {
	c, err := tx.conversation(ctx, System, id)
	// What is answered to a merged ticket goes on where that one went.
	for n := 0; err == nil && c.Ticket != nil && c.Ticket.MergedInto != 0 && n < 20; n++ {
		c, err = findConversation(ctx, tx, System, "tk.id", c.Ticket.MergedInto)
	}
	if err != nil || in.Meta.Auto {
		return c, err
	}
	if c.Ticket == nil {
		return tx.continuedChat(ctx, c)
	}
	if c.Ticket.Status != "open" {
		if err := tx.setStatus(c, "open"); err != nil {
			return nil, err
		}
	}
	if err := tx.wake(c, "answer"); err != nil {
		return nil, err
	}
	if c.Status == "closed" {
		return c, tx.reopen(ctx, c)
	}
	return c, nil
}

// continuedChat goes on in a chat; when it has closed, in the one that its customer has open, or it opens again.
func (tx *Tx) continuedChat(ctx context.Context, c *Conversation) (*Conversation, error) {
	if c.Status != "closed" {
		return c, nil
	}
	if other, err := current(ctx, tx, c.CustomerID, c.InboxID); err != nil || other != 0 {
		if err != nil {
			return nil, err
		}
		return tx.conversation(ctx, System, other)
	}
	return c, tx.reopen(ctx, c)
}

// aside is the closed conversation that keeps what a blacklisted customer writes, without an event or a queue.
func (tx *Tx) aside(ctx context.Context, customer *Customer, inbox *Inbox) (*Conversation, error) {
	c, err := scanConversation(tx.QueryRow("select "+conversationColumns+conversationJoins+" where c.customer_id = ?2 and c.inbox_id = ?3 and c.closed_by = 'blacklist' order by c.id desc limit 1", 0, customer.ID, inbox.ID))
	if !errors.Is(err, NotFound) {
		return c, err
	}
	return tx.newConversation(ctx, Conversation{InboxID: inbox.ID, CustomerID: customer.ID, Kind: "chat", Status: "closed", ClosedAt: tx.now, ClosedBy: "blacklist", CreatedAt: time.Time{}})
}

// kindOf is what a message is when its sender did not say.
func kindOf(text string, files []File) string {
	if text != "" || len(files) == 0 {
		return "text"
	}
	return files[0].Kind()
}
