package desk

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// TicketDraft is a ticket that an agent (or a program for him) opens for a customer.
type TicketDraft struct {
	InboxID    InboxID // the mailbox through which answers go
	CustomerID CustomerID
	Customer   *Contact // instead of CustomerID
	NewTicket
	LinkedID ConversationID
	CopyIDs  []MessageID // messages of the linked conversation that are told again here
	First    Draft       // the first message: public goes to the customer by mail
}

// Contact names a customer by his mail address; he is added when nobody has it.
type Contact struct{ Email, Name string }

// check answers who he would be.
func (k *Contact) check() (c Customer, err error) {
	if k == nil {
		return c, nil
	}
	if k.Email = strings.ToLower(strings.TrimSpace(k.Email)); k.Email == "" {
		return c, Invalid("email", "fault.email_missing")
	}
	_, err = (&CustomerChange{Name: &k.Name, Email: &k.Email}).apply(&c)
	return c, err
}

// OpenTicket opens a ticket with its first message. The same client id of that message opens one.
func (d *Desk) OpenTicket(ctx context.Context, by Actor, in TicketDraft) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	var c check
	if strings.TrimSpace(in.Subject) == "" {
		c.fault("subject", "fault.subject_missing")
	}
	if utf8.RuneCountInString(in.Subject) > 998 {
		c.fault("subject", "fault.too_long", 998)
	}
	if in.Priority != "" && !slices.Contains(Priorities, in.Priority) {
		c.fault("priority", "fault.priority_unknown")
	}
	told, err := in.Customer.check()
	if err := joinFaults(c.err(), err, d.checkDraft(&in.First)); err != nil {
		return nil, err
	}
	if in.Origin == "" {
		in.Origin = "agent"
	}
	var made *Conversation
	err = d.Write(ctx, by, func(tx *Tx) error {
		if made, err = tx.openedAs(ctx, by, in.First.ClientID); err != nil || made != nil {
			return err
		}
		inbox, err := findInbox(ctx, tx, in.InboxID)
		if err != nil || inbox.Channel != Email {
			return Invalid("mailbox_id", "fault.mailbox_unknown")
		}
		if in.CustomerID, err = tx.contacted(ctx, by, in, told); err != nil {
			return err
		}
		if in.LinkedID != 0 {
			linked, err := tx.conversation(ctx, by, in.LinkedID)
			if err != nil {
				return err
			}
			if linked.Sealed {
				in.CopyIDs = nil
			}
		}
		if err := tx.knownTopic(ctx, in.TopicID); err != nil {
			return err
		}
		if made, err = tx.newConversation(ctx, Conversation{InboxID: inbox.ID, CustomerID: in.CustomerID, Kind: "ticket", Status: "waiting", TeamID: inbox.TeamID, LinkedID: in.LinkedID}); err != nil {
			return err
		}
		if err := tx.family(ctx, by, &Ticket{}, in.ParentID); err != nil {
			return err
		}
		filled := Filled{}
		if _, err := tx.fill(ctx, filled, in.Fields, in.Origin != "api"); err != nil {
			return err
		}
		in.NewTicket.Fields = filled
		if err := tx.insertTicket(made, in.NewTicket); err != nil {
			return err
		}
		if err := tx.holdFiles(ctx, made); err != nil {
			return err
		}
		if err := tx.copyMessages(ctx, in.LinkedID, made, in.CopyIDs); err != nil {
			return err
		}
		if _, err := tx.reply(ctx, by, made, in.First); err != nil {
			return err
		}
		made, err = tx.conversation(ctx, System, made.ID)
		return err
	})
	return made, err
}

// contacted finds for whom the ticket is, or adds him.
func (tx *Tx) contacted(ctx context.Context, by Actor, in TicketDraft, told Customer) (CustomerID, error) {
	if in.Customer == nil {
		if _, err := findCustomer(ctx, tx, in.CustomerID); err != nil {
			return 0, Invalid("customer_id", "fault.customer_unknown")
		}
		return in.CustomerID, nil
	}
	if err := by.Can(ManageCustomers); err != nil {
		return 0, err
	}
	c, err := tx.identified(ctx, Identity{Channel: Email, ExternalID: in.Customer.Email}, told)
	if err != nil {
		return 0, err
	}
	return c.ID, nil
}

// openedAs finds the ticket that was opened with the same client id; nil: there is none.
func (tx *Tx) openedAs(ctx context.Context, by Actor, client string) (*Conversation, error) {
	if client == "" {
		return nil, nil
	}
	var id ConversationID
	err := tx.QueryRowContext(ctx, "select conversation_id from messages where author_kind = ? and author_id = ? and client_id = ?", by.Kind, by.ID, client).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, err := tx.conversation(ctx, by, id)
	if err == nil && c.Ticket == nil {
		err = Conflict("error.key_reused")
	}
	return c, err
}
