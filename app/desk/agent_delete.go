package desk

import "context"

// DeleteAgent removes an agent for good: he cannot log in, and is in no list; what he wrote keeps his name, and his address is free for another.
// Who still has conversations or tickets that are not closed hands them over first. What he had planned to answer is stopped, and stands where it
// was to go out, for whoever takes it over.
func (d *Desk) DeleteAgent(ctx context.Context, by Actor, id AgentID) error {
	if err := by.Can(ManageAgents); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		a, err := findAgent(ctx, tx, id)
		if err != nil {
			return err
		}
		if id == by.Agent() {
			return Conflict("error.delete_yourself")
		}
		var open int
		err = tx.QueryRowContext(ctx, `select count(*) from conversations c where c.status <> 'closed' and (c.assignee_id = ?1
			or c.id in (select conversation_id from participants where agent_id = ?1 and left_at is null))`, id).Scan(&open)
		if err != nil {
			return err
		}
		if open > 0 {
			return Conflict("error.agent_has_conversations", a.Name, open)
		}
		if _, err := tx.Exec("update agents set deleted_at = ?, enabled = 0, presence = 'offline' where id = ?", ms(tx.now), id); err != nil {
			return err
		}
		if err := tx.keepAnAdmin(); err != nil {
			return err
		}
		if err := tx.endSessions(id, 0); err != nil {
			return err
		}
		for _, table := range []string{"team_members", "tokens", "invitations", "push_subscriptions", "ticket_followers", "drafts", "pins", "two_factors", "recovery_codes"} {
			if _, err := tx.Exec("delete from "+table+" where agent_id = ?", id); err != nil {
				return err
			}
		}
		if err := tx.stopAll("planned.removed", "p.agent_id = ?", id); err != nil {
			return err
		}
		if _, err := tx.Exec("update conversations set named_agent_id = null, wanted_agent_id = null where status = 'waiting' and (named_agent_id = ?1 or wanted_agent_id = ?1)", id); err != nil {
			return err
		}
		return tx.Record(AgentDeleted, 0, int64(id), Facts{"deleted": true})
	})
}
