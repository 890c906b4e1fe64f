package desk

import (
	"context"
	"errors"
	"time"
)

// forsaken is the SQL condition under which a chat's customer has waited since ?1 or longer for agents who have all been gone since then.
const forsaken = `c.kind = 'chat' and c.status = 'open' and c.waiting_since <= ?1 and not exists (select 1 from participants p join agents a on a.id = p.agent_id
	where p.conversation_id = c.id and p.left_at is null and (a.presence <> 'offline' or a.presence_at > ?1))`

// ReturnForsaken gives chats back to their queues whose customers wait for an answer of agents who have gone, as soon as both has lasted
// as long as the company lets it. Until then they stay with their agent, who may only have lost his line. It answers how many they
// were. Only the program does it.
func (d *Desk) ReturnForsaken(ctx context.Context, by Actor) (n int, err error) {
	if !by.isSystem() {
		return 0, Forbidden
	}
	h, err := readHandling(ctx, d.read())
	if err != nil || h.ReturnAfter == 0 {
		return 0, err
	}
	since := ms(d.Clock().Add(-time.Duration(h.ReturnAfter) * time.Minute))
	rows, err := d.read().QueryContext(ctx, "select c.id from conversations c where c.status <> 'closed' and "+forsaken+" order by c.waiting_since, c.id", since)
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	for _, id := range ids {
		err := d.Write(ctx, by, func(tx *Tx) error {
			var still bool
			if err := tx.QueryRowContext(ctx, "select exists (select 1 from conversations c where c.id = ?2 and "+forsaken+")", since, id).Scan(&still); err != nil || !still {
				return err
			}
			c, err := tx.conversation(ctx, System, id)
			if errors.Is(err, NotFound) {
				return nil // erased meanwhile
			}
			if err != nil {
				return err
			}
			n++
			return tx.assign(ctx, c, c.TeamID, 0)
		})
		if err != nil {
			return n, err
		}
	}
	return n, err
}

// leaveAll takes an agent who is disabled out of his chats: the next one in each has it, or it waits again.
func (tx *Tx) leaveAll(ctx context.Context, a *Agent) error {
	rows, err := tx.QueryContext(ctx, "select c.id from participants p join conversations c on c.id = p.conversation_id where p.agent_id = ? and p.left_at is null and c.kind = 'chat' and c.status <> 'closed' order by c.id", a.ID)
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := tx.conversation(ctx, System, id)
		if err != nil {
			return err
		}
		if err := tx.leave(c, a.ID, a.Name); err != nil {
			return err
		}
	}
	return nil
}
