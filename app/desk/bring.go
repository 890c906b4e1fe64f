package desk

import "context"

// Bring brings a colleague into an open conversation that the acting agent is in (an admin: that he sees). It is the colleague's
// from then on as it is of those in it, whatever his teams; who serves it stays the same. To bring somebody who is in it is no fault.
func (d *Desk) Bring(ctx context.Context, by Actor, id ConversationID, agent AgentID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	return d.change(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if c.Status == "closed" {
			return Conflict("error.conversation_closed")
		}
		if !c.Joined && !by.IsAdmin() {
			return Conflict("error.join_first")
		}
		a, err := findAgent(ctx, tx, agent)
		if err != nil || !a.Enabled {
			return orElse(notMissing(err), Invalid("agent_id", "fault.agent_unknown"))
		}
		return tx.join(c, agent, a.Name)
	})
}
