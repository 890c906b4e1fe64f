package desk

import "context"

// online are the chats that are not closed and whose customers have them open now, as JSON. Who is here is known by the streams
// alone: no row says it, so the chats are asked one by one.
func (d *Desk) online(ctx context.Context) (string, error) {
	type chat struct {
		id       ConversationID
		customer CustomerID
		inbox    InboxID
	}
	rows, err := d.read().QueryContext(ctx, "select id, customer_id, inbox_id from conversations where kind = 'chat' and status <> 'closed'")
	list, err := collect(rows, err, func(row scanner) (c chat, err error) { return c, row.Scan(&c.id, &c.customer, &c.inbox) })
	ids := []ConversationID{}
	for _, c := range list {
		if d.here(c.customer, c.inbox) {
			ids = append(ids, c.id)
		}
	}
	return jsonList(ids), err
}
