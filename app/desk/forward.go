package desk

import (
	"context"
	"slices"
	"strings"
)

// Colleague says whether a mail address is that of an agent who works here.
func (tx *Tx) Colleague(ctx context.Context, address string) (yes bool, err error) {
	return yes, tx.QueryRowContext(ctx, "select exists (select 1 from agents where email = ? and enabled and deleted_at is null)", strings.TrimSpace(address)).Scan(&yes)
}

// TurnForward gives the ticket of a mail that was sent on to the other of the two: to who wrote it, or to who sent it on. Whose ticket it
// was reads it no more by the links that he got.
func (d *Desk) TurnForward(ctx context.Context, by Actor, id MessageID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	m, err := d.Message(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return d.change(ctx, by, m.ConversationID, func(tx *Tx, c *Conversation) error {
		if m.Meta.Mail == nil || m.Meta.Mail.Forward == nil || c.Ticket == nil {
			return NotFound
		}
		if c.Ticket.MergedInto != 0 {
			return Conflict("error.ticket_merged", c.Ticket.MergedInto)
		}
		to := m.Meta.Mail.Forward.Writer
		if to.Is(c.CustomerEmail) {
			to = m.Meta.Mail.Forward.Sender
		}
		return tx.giveTo(ctx, c, to)
	})
}

func (tx *Tx) giveTo(ctx context.Context, c *Conversation, to Correspondent) error {
	customer, err := tx.identified(ctx, Identity{Channel: Email, ExternalID: strings.ToLower(to.Address)}, Customer{Name: to.Name, Email: to.Address})
	if err != nil || customer.ID == c.CustomerID {
		return err
	}
	if _, err := tx.Exec("update conversations set customer_id = ? where id = ?", customer.ID, c.ID); err != nil {
		return err
	}
	if _, err := tx.Exec("update tickets set link_version = link_version + 1 where conversation_id = ?", c.ID); err != nil {
		return err
	}
	if cc := slices.DeleteFunc(slices.Clone(c.Ticket.CC), to.Is); len(cc) != len(c.Ticket.CC) { // he gets the answers themselves now
		if err := tx.setCopies(c, cc); err != nil {
			return err
		}
	}
	if err := tx.line(c, TicketGiven, "internal", Facts{"by": tx.by.Name, "customer": to.String()}); err != nil {
		return err
	}
	return tx.Record(TicketGiven, c.ID, int64(c.Ticket.ID), Facts{"customer": customer.ID})
}
