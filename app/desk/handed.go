package desk

import "context"

// handedMost is how many conversations are shown as just handed over.
const handedMost = 200

// Handed are the conversations that a colleague has given to the acting agent and that he has not looked at since: he has not read
// what told him so.
func (d *Desk) Handed(ctx context.Context, by Actor) ([]ConversationID, error) {
	rows, err := d.read().QueryContext(ctx, `select distinct n.conversation_id from notifications n indexed by notifications_unread join conversations c on c.id = n.conversation_id
		where n.agent_id = ?1 and n.read_at is null and n.category = 'conversation' and n.what in ('assigned', 'transferred') and c.assignee_id = ?1 and c.status = 'open' order by n.id desc limit ?2`, by.Agent(), handedMost)
	return collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
}
