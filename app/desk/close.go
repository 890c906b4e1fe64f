package desk

import "context"

// CloseConversation ends a conversation: an agent one that he may see, a customer his own, the system any. To close a closed one is
// no fault. Where tags are required an agent cannot close a chat without one.
func (d *Desk) CloseConversation(ctx context.Context, by Actor, id ConversationID) (*Conversation, error) {
	if by.Kind == ByAgent {
		if err := by.Can(Serve); err != nil {
			return nil, err
		}
	}
	return d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Status == "closed" {
			return nil
		}
		if by.Kind == ByAgent && c.Ticket == nil {
			if err := tx.tagged(ctx, c.ID); err != nil {
				return err
			}
		}
		if err := tx.hurry(ctx, c); err != nil {
			return err
		}
		if c.Ticket != nil {
			if err := tx.setStatus(c, "closed"); err != nil {
				return err
			}
		}
		return tx.close(ctx, c)
	})
}

func (tx *Tx) close(ctx context.Context, c *Conversation) error {
	if err := tx.dropTransfer(ctx, c); err != nil {
		return err
	}
	if err := tx.bid(c); err != nil {
		return err
	}
	if c.Ticket != nil {
		if err := tx.wake(c, "closed"); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("update conversations set status = 'closed', closed_at = ?, closed_by = ?, waiting_since = null, answered_count = received_count where id = ?", ms(tx.now), tx.by.Kind, c.ID); err != nil {
		return err
	}
	c.Status = "closed"
	if c.Kind == "chat" {
		if err := tx.stopPlanned(c.ID, "planned.closed", "1"); err != nil {
			return err
		}
	}
	if err := tx.line(c, ConversationClosed, "public", Facts{"by": tx.by.Name, "kind": tx.by.Kind}); err != nil {
		return err
	}
	if err := tx.Record(ConversationClosed, c.ID, int64(c.CustomerID), Facts{"by": tx.by.Kind}); err != nil {
		return err
	}
	return tx.inviteAtEnd(ctx, c)
}

// Reopen opens a closed conversation again. A chat can only be opened while its customer has no other open in the inbox.
func (d *Desk) Reopen(ctx context.Context, by Actor, id ConversationID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Status != "closed" {
			return nil
		}
		if c.Ticket == nil {
			if other, err := current(ctx, tx, c.CustomerID, c.InboxID); err != nil || other != 0 {
				return orElse(err, Conflict("error.customer_has_open"))
			}
		} else {
			if c.Ticket.MergedInto != 0 {
				return Conflict("error.ticket_merged", c.Ticket.MergedInto)
			}
			if err := tx.setStatus(c, "open"); err != nil {
				return err
			}
		}
		return tx.reopen(ctx, c)
	})
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// reopen gives a conversation back to those who are in it, or lets it wait.
func (tx *Tx) reopen(ctx context.Context, c *Conversation) error {
	err := tx.QueryRowContext(ctx, `update conversations set closed_at = null, closed_by = '', quiet_since = ?2,
		status = iif(assignee_id is null, 'waiting', 'open') where id = ?1 returning status`, c.ID, ms(tx.now)).Scan(&c.Status)
	if err != nil {
		return err
	}
	if err := tx.line(c, ConversationReopened, "public", Facts{"by": tx.by.Name}); err != nil {
		return err
	}
	return tx.Record(ConversationReopened, c.ID, int64(c.CustomerID), nil)
}
