package desk

import (
	"context"
	"time"
)

// Awaited is a chat whose customer has waited for an answer of its agent for longer than the company wants.
type Awaited struct {
	ID      ConversationID
	AgentID AgentID
	Since   EventID // of the message since which he waits
}

// AnswersOverdue lists the chats whose agents are to be reminded: none while the company does not want it. What began to wait longer ago
// than stale is left out.
func (d *Desk) AnswersOverdue(ctx context.Context, by Actor, stale time.Duration) ([]Awaited, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	h, err := readHandling(ctx, d.read())
	if err != nil || !h.RemindOverdue {
		return nil, err
	}
	now := d.Clock()
	rows, err := d.read().QueryContext(ctx, `select id, assignee_id, since from (select c.id, c.assignee_id,
			(select min(e.id) from events e where e.conversation_id = c.id and e.name = 'message.received' and e.at >= c.waiting_since) as since
			from conversations c where c.kind = 'chat' and c.status = 'open' and c.assignee_id is not null and c.waiting_since <= ? and c.waiting_since > ?)
		where since is not null order by since`, ms(now.Add(-h.overdue())), ms(now.Add(-stale)))
	return collect(rows, err, func(row scanner) (l Awaited, err error) { return l, row.Scan(&l.ID, &l.AgentID, &l.Since) })
}
