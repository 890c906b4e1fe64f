package desk

import (
	"context"
	"errors"
)

// AcceptTransfer takes over what the acting agent is asked to. Of several who are asked one gets it; the others, and whoever comes
// too late, get a Conflict that says what became of it.
func (d *Desk) AcceptTransfer(ctx context.Context, by Actor, id TransferID) (*Conversation, error) {
	var c *Conversation
	err := d.answer(ctx, by, id, func(tx *Tx, t *Transfer) (err error) {
		if c, err = tx.conversation(ctx, System, t.ConversationID); err != nil {
			return err
		}
		if c.Status == "closed" {
			return Conflict("error.conversation_closed")
		}
		if err := tx.settleTransfer(ctx, c, t, TransferAccepted, "accepted", by.Agent()); err != nil {
			return err
		}
		team := t.TeamID
		if team == 0 {
			team = c.TeamID
		}
		if err := tx.assign(ctx, c, team, by.Agent()); err != nil {
			return err
		}
		c, err = findConversation(ctx, tx, by, "c.id", c.ID)
		return err
	})
	return c, err
}

// RefuseTransfer says no. It is refused when all who were asked have said so.
func (d *Desk) RefuseTransfer(ctx context.Context, by Actor, id TransferID) error {
	return d.answer(ctx, by, id, func(tx *Tx, t *Transfer) error {
		if _, err := tx.Exec("update transfer_asked set refused_at = ? where transfer_id = ? and agent_id = ?", ms(tx.now), id, by.ID); err != nil {
			return err
		}
		var left bool
		if err := tx.QueryRowContext(ctx, "select exists (select 1 from transfer_asked where transfer_id = ? and refused_at is null)", id).Scan(&left); err != nil {
			return err
		}
		c, err := tx.conversation(ctx, System, t.ConversationID)
		if err != nil {
			return err
		}
		if left { // one fewer is asked
			return tx.Record(TransferRefused, c.ID, int64(id), Facts{"from": t.FromID, "asked": []AgentID{by.Agent()}, "state": "asked"})
		}
		return tx.settleTransfer(ctx, c, t, TransferRefused, "refused", by.Agent())
	})
}

// WithdrawTransfer takes back what the acting agent asked for (an admin: anybody's).
func (d *Desk) WithdrawTransfer(ctx context.Context, by Actor, id TransferID) (*Conversation, error) {
	var c *Conversation
	err := d.Write(ctx, by, func(tx *Tx) error {
		t, err := scanTransfer(tx.QueryRowContext(ctx, "select "+transferColumns+"where t.id = ?", id))
		if err != nil {
			return err
		}
		if c, err = tx.conversation(ctx, by, t.ConversationID); err != nil {
			return err
		}
		if t.FromID != by.Agent() && !by.IsAdmin() {
			return Forbidden
		}
		if t.State != "asked" {
			return tx.tooLate(ctx, t)
		}
		return tx.settleTransfer(ctx, c, t, TransferWithdrawn, "withdrawn", by.Agent())
	})
	return c, err
}

// answer runs what somebody who is asked answers.
func (d *Desk) answer(ctx context.Context, by Actor, id TransferID, do func(*Tx, *Transfer) error) error {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		t, err := scanTransfer(tx.QueryRowContext(ctx, "select "+transferColumns+"where t.id = ? and t.id in (select transfer_id from transfer_asked where agent_id = ?)", id, by.ID))
		if err != nil {
			return err
		}
		if t.State != "asked" || !t.DueAt.After(tx.now) {
			return tx.tooLate(ctx, t)
		}
		return do(tx, t)
	})
}

// tooLate says what became of a transfer.
func (tx *Tx) tooLate(ctx context.Context, t *Transfer) error {
	var name string
	err := tx.QueryRowContext(ctx, "select coalesce((select a.name from transfers t join agents a on a.id = t.settled_by where t.id = ?), '')", t.ID).Scan(&name)
	switch {
	case err != nil:
		return err
	case t.State == "accepted":
		return Conflict("error.transfer_taken", name)
	case t.State == "withdrawn":
		return Conflict("error.transfer_withdrawn")
	}
	return Conflict("error.transfer_over")
}

// settleTransfer writes down what became of a transfer, and tells those whom it concerns.
func (tx *Tx) settleTransfer(ctx context.Context, c *Conversation, t *Transfer, what EventName, state string, by AgentID) error {
	if _, err := tx.Exec("update transfers set state = ?, settled_at = ?, settled_by = ? where id = ? and state = 'asked'", state, ms(tx.now), nullID(by), t.ID); err != nil {
		return err
	}
	asked, err := tx.askedIDs(ctx, t.ID)
	if err != nil {
		return err
	}
	who := t.AgentName
	if who == "" {
		who = t.TeamName
	}
	facts := Facts{"from": t.FromID, "asked": asked, "state": state, "name": who}
	if what != TransferAccepted { // the assignment has a line of its own
		if err := tx.line(c, what, "internal", Facts{"agent": who, "by": tx.by.Name}); err != nil {
			return err
		}
	} else {
		facts["name"] = tx.by.Name
	}
	return tx.Record(what, c.ID, int64(t.ID), facts)
}

// dropTransfer withdraws the transfer of a conversation that is on its way otherwise: it was closed, or given to somebody.
func (tx *Tx) dropTransfer(ctx context.Context, c *Conversation) error {
	t, err := pending(ctx, tx, c.ID)
	if err != nil || t == nil {
		return err
	}
	return tx.settleTransfer(ctx, c, t, TransferWithdrawn, "withdrawn", tx.by.Agent())
}

// takeBack withdraws the acting agent's own transfer: he goes on speaking to the customer himself.
func (tx *Tx) takeBack(ctx context.Context, by Actor, c *Conversation) error {
	t, err := pending(ctx, tx, c.ID)
	if err != nil || t == nil || t.FromID != by.Agent() {
		return err
	}
	return tx.settleTransfer(ctx, c, t, TransferWithdrawn, "withdrawn", by.Agent())
}

// timeOut ends a transfer that nobody answered in time.
func (d *Desk) timeOut(ctx context.Context, id TransferID) error {
	return d.Write(ctx, System, func(tx *Tx) error {
		t, err := scanTransfer(tx.QueryRowContext(ctx, "select "+transferColumns+"where t.id = ? and t.state = 'asked'", id))
		if errors.Is(err, NotFound) {
			return nil // somebody was faster
		}
		if err != nil {
			return err
		}
		c, err := tx.conversation(ctx, System, t.ConversationID)
		if err != nil {
			return err
		}
		return tx.settleTransfer(ctx, c, t, TransferTimedOut, "timed_out", 0)
	})
}
