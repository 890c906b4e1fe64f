package desk

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Receive is a step of a change: a channel that keeps a ledger of what came in writes the message and its own row at once.
func (tx *Tx) Receive(ctx context.Context, by Actor, in Incoming) (*Received, error) {
	if by.Kind != ByCustomer && !by.isSystem() {
		return nil, Forbidden
	}
	was := tx.by
	defer func() { tx.by = was }()
	tx.by = by
	return tx.receive(ctx, by, in)
}

// automaticAnHour is how often programs answer in one ticket within an hour: two that answer each other come to an end.
const automaticAnHour = 5

// saidEnough tells whether programs have answered so often in a ticket already.
func (tx *Tx) saidEnough(ctx context.Context, c *Conversation) (enough bool, err error) {
	if c.Ticket == nil {
		return false, nil
	}
	err = tx.QueryRowContext(ctx, "select count(*) >= ? from messages where conversation_id = ? and direction = 'out' and visibility = 'public' and created_at > ? and meta ->> '$.auto' = 1",
		automaticAnHour, c.ID, ms(tx.now.Add(-time.Hour))).Scan(&enough)
	return enough, err
}

// leftAlone says whether programs write nothing by themselves to a conversation's customer (RFC 3834 section 2): a program, a list or
// somebody who wants no automatic answers wrote, or who may well be another than he says. That counts for the last message alone where it
// is what is answered, else for all of them together.
func (tx *Tx) leftAlone(ctx context.Context, id ConversationID, last bool) (is bool, err error) {
	const quiet = "(coalesce(meta ->> '$.auto', 0) or coalesce(meta ->> '$.mail.quiet', 0))"
	of := "select min(" + quiet + ") from messages where conversation_id = ? and direction = 'in' and kind <> 'event'"
	if last {
		of = "select " + quiet + " from messages where conversation_id = ? and direction = 'in' and kind <> 'event' order by seq desc limit 1"
	}
	err = tx.QueryRowContext(ctx, "select coalesce(("+of+"), 0)", id).Scan(&is)
	return is, err
}

// Answer is Reply as a step of a change, for a program that answers by itself. What would be too much is not said.
func (tx *Tx) Answer(ctx context.Context, id ConversationID, draft Draft) error {
	if err := tx.d.checkDraft(&draft); err != nil {
		return err
	}
	was := tx.by
	defer func() { tx.by = was }()
	tx.by = System
	c, err := tx.conversation(ctx, System, id)
	if err != nil {
		return err
	}
	if enough, err := tx.saidEnough(ctx, c); err != nil || enough {
		return err
	}
	_, err = tx.reply(ctx, System, c, draft)
	return err
}

// MessageByExternalID finds the message that carries the channel's id, that of the inbox before those of others, as a channel
// looks for the place of an answer.
func (tx *Tx) MessageByExternalID(ctx context.Context, inbox InboxID, id string) (*Message, error) {
	return findMessage(ctx, tx, "m.external_id = ? order by m.inbox_id = ? desc, m.id limit 1", id, inbox)
}

// ConversationOf finds a conversation as a channel looks for the place of an answer.
func (tx *Tx) ConversationOf(ctx context.Context, id ConversationID) (*Conversation, error) {
	return tx.conversation(ctx, System, id)
}

// ConversationByToken finds the conversation to which a reply address belongs.
func (tx *Tx) ConversationByToken(ctx context.Context, token string) (*Conversation, error) {
	return findConversation(ctx, tx, System, "c.token", token)
}

// ConversationByTicket finds the conversation of a ticket's number.
func (tx *Tx) ConversationByTicket(ctx context.Context, id TicketID) (*Conversation, error) {
	return findConversation(ctx, tx, System, "tk.id", id)
}

// TakesPart says whether a mail address is that of the conversation's customer, of somebody who gets copies, or of somebody whose
// mail was taken into it before, or to whom a message of it went. Who merely knows a Message-ID takes no part.
func (tx *Tx) TakesPart(ctx context.Context, c *Conversation, address string) (bool, error) {
	if address = strings.ToLower(address); address == "" {
		return false, nil
	}
	if strings.EqualFold(address, c.CustomerEmail) {
		return true, nil
	}
	if c.Ticket != nil {
		for _, cc := range c.Ticket.CC {
			if strings.EqualFold(cc, address) {
				return true, nil
			}
		}
	}
	var known bool
	err := tx.QueryRowContext(ctx, `select exists(select 1 from identities where customer_id = ?1 and channel = ?2 and external_id = ?3)
		or exists(select 1 from messages m join deliveries d on d.message_id = m.id where m.conversation_id = ?4 and d.recipient = ?3 collate nocase)
		or exists(select 1 from messages m join identities i on i.customer_id = m.author_id
			where m.conversation_id = ?4 and m.author_kind = 'customer' and i.channel = ?2 and i.external_id = ?3)`,
		c.CustomerID, Email, address, c.ID).Scan(&known)
	return known, err
}

// TellLinked writes into a new ticket why it is not the one that its mail answers: why is stranger, since the address takes no part in that,
// or forged, since the mail may not come from the address.
func (tx *Tx) TellLinked(ctx context.Context, id, answers ConversationID, why, address string) error {
	c, err := tx.conversation(ctx, System, id)
	if err != nil {
		return err
	}
	other, err := tx.conversation(ctx, System, answers)
	if err != nil || other.Ticket == nil {
		return err
	}
	was := tx.by
	defer func() { tx.by = was }()
	tx.by = System
	return tx.line(c, ConversationLinked, "internal", Facts{"why": why, "address": address, "ticket": other.Ticket.ID})
}

// HurryDeliveries makes an inbox's waiting deliveries due now: its settings were mended.
func (d *Desk) HurryDeliveries(ctx context.Context, by Actor, inbox InboxID) error {
	if !by.isSystem() {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		for _, table := range []string{"deliveries", "system_mails"} {
			if _, err := tx.Exec("update "+table+" set next_at = ?1 where inbox_id = ?2 and next_at > ?1", ms(tx.now), inbox); err != nil {
				return err
			}
		}
		return nil
	})
}

// IsNotFound says whether a lookup found nothing.
func IsNotFound(err error) bool { return errors.Is(err, NotFound) }
