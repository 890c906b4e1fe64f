package desk

import (
	"context"
	"database/sql"
	"errors"
)

// CallBack opens a new chat with a customer whose last one is over, in the inbox where that was: the acting agent is in it, and may
// write first. While the customer has an open chat there is nothing to call back; who never had one has no place to be called.
func (d *Desk) CallBack(ctx context.Context, by Actor, id CustomerID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	var made *Conversation
	err := d.Write(ctx, by, func(tx *Tx) error {
		customer, err := findCustomer(ctx, tx, id)
		if err != nil {
			return err
		}
		if !customer.BlacklistedAt.IsZero() {
			return Conflict("error.customer_blacklisted")
		}
		last := Conversation{CustomerID: id, Kind: "chat", Status: "waiting"}
		var team sql.NullInt64
		var open bool
		err = tx.QueryRowContext(ctx, `select c.inbox_id, c.team_id, exists (select 1 from conversations o where o.customer_id = ?1 and o.kind = 'chat' and o.status <> 'closed')
			from conversations c join inboxes i on i.id = c.inbox_id where c.customer_id = ?1 and c.kind = 'chat' and c.closed_by <> 'blacklist' and i.enabled and i.deleted_at is null order by c.id desc limit 1`, id).
			Scan(&last.InboxID, &team, &open)
		if errors.Is(err, sql.ErrNoRows) {
			return Conflict("error.no_chat_to_call")
		}
		if err != nil {
			return err
		}
		if open {
			return Conflict("error.customer_has_open")
		}
		last.TeamID = TeamID(team.Int64)
		if made, err = tx.callBack(ctx, last); err != nil {
			return err
		}
		if err := tx.join(made, by.Agent(), by.Name); err != nil {
			return err
		}
		made, err = tx.conversation(ctx, by, made.ID)
		return err
	})
	return made, err
}

// callBack opens a chat that its customer did not begin.
func (tx *Tx) callBack(ctx context.Context, c Conversation) (*Conversation, error) {
	made, err := tx.newConversation(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec("update conversations set called_back = 1 where id = ?", made.ID); err != nil {
		return nil, err
	}
	if err := tx.line(made, ConversationCalledBack, "internal", Facts{"by": tx.by.Name}); err != nil {
		return nil, err
	}
	return made, tx.Record(ConversationCalledBack, made.ID, int64(made.CustomerID), nil)
}

// HandOn gives what a closed chat was about to an agent or a team: in a new chat, linked to the old one, whose team has it unless
// another is named. The old one stays as it is.
func (d *Desk) HandOn(ctx context.Context, by Actor, id ConversationID, to Handover) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	var made *Conversation
	err := d.Write(ctx, by, func(tx *Tx) error {
		c, err := tx.conversation(ctx, by, id)
		if err != nil {
			return err
		}
		if c.Kind != "chat" || c.Status != "closed" {
			return Conflict("error.not_closed")
		}
		var blocked, away, open bool
		err = tx.QueryRowContext(ctx, `select k.blacklisted_at is not null, not i.enabled or i.deleted_at is not null, exists (select 1 from conversations o where o.customer_id = k.id and o.kind = 'chat' and o.status <> 'closed')
			from customers k, inboxes i where k.id = ? and i.id = ?`, c.CustomerID, c.InboxID).Scan(&blocked, &away, &open)
		switch {
		case err != nil:
			return err
		case blocked:
			return Conflict("error.customer_blacklisted")
		case away:
			return Conflict("error.no_chat_to_call")
		case open:
			return Conflict("error.customer_has_open")
		}
		team := c.TeamID
		if to.TeamID != 0 {
			if _, err := findTeam(ctx, tx, to.TeamID); err != nil {
				return Invalid("team_id", "fault.team_unknown")
			}
			team = to.TeamID
		}
		if made, err = tx.callBack(ctx, Conversation{InboxID: c.InboxID, CustomerID: c.CustomerID, Kind: "chat", Status: "waiting", TeamID: team, LinkedID: c.ID}); err != nil {
			return err
		}
		if to.AgentID != 0 {
			if err := tx.assign(ctx, made, team, to.AgentID); err != nil {
				return err
			}
		}
		made, err = findConversation(ctx, tx, asAgentOrSystem(by), "c.id", made.ID)
		return err
	})
	return made, err
}
