package desk

import (
	"context"
	"slices"
)

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

// Readers are the colleagues who see a conversation that the actor sees, by name: those who hear of it when a whisper names them.
func (d *Desk) Readers(ctx context.Context, by Actor, id ConversationID) ([]*Agent, error) {
	if _, err := d.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	all, err := d.Agents(ctx, by)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(a *Agent) bool {
		sees := false
		if a.Enabled && a.ID != by.Agent() && err == nil {
			where, args := visibleTo(a.Actor())
			err = d.read().QueryRowContext(ctx, "select exists (select 1 from conversations c where c.id = ? and "+where+")", append([]any{id}, args...)...).Scan(&sees)
		}
		return !sees
	}), err
}
