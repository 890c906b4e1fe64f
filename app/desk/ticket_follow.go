package desk

import "context"

// FollowTicket makes an agent, oneself or a colleague who may see the ticket, hear of what happens in it without being in it.
func (d *Desk) FollowTicket(ctx context.Context, by Actor, id TicketID, agent AgentID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return d.changeNumber(ctx, by, id, func(tx *Tx, c *Conversation) error {
		a, err := findAgent(ctx, tx, agent)
		if err != nil || !a.Enabled {
			return Invalid("agent_id", "fault.agent_unknown")
		}
		if _, err := tx.conversation(ctx, a.Actor(), c.ID); err != nil {
			return Invalid("agent_id", "fault.follower_sees_not", a.Name)
		}
		res, err := tx.Exec("insert into ticket_followers(conversation_id, agent_id, created_at) values (?, ?, ?) on conflict do nothing", c.ID, agent, ms(tx.now))
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil
		}
		return tx.Record(TicketFollowed, c.ID, int64(c.Ticket.ID), Facts{"agent": agent})
	})
}

// UnfollowTicket ends that.
func (d *Desk) UnfollowTicket(ctx context.Context, by Actor, id TicketID, agent AgentID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return d.changeNumber(ctx, by, id, func(tx *Tx, c *Conversation) error {
		res, err := tx.Exec("delete from ticket_followers where conversation_id = ? and agent_id = ?", c.ID, agent)
		if err != nil {
			return err
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return nil
		}
		return tx.Record(TicketUnfollowed, c.ID, int64(c.Ticket.ID), Facts{"agent": agent})
	})
}

// Followers lists the agents who follow a conversation that the actor may see, by name.
func (d *Desk) Followers(ctx context.Context, by Actor, id ConversationID) ([]*Agent, error) {
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select "+agentColumns+" from agents where id in (select agent_id from ticket_followers where conversation_id = ?) order by name collate nocase, id", id)
	return collect(rows, err, scanAgent)
}
