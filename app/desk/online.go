package desk

import "context"

// online are the chats that are not closed and whose customers have them open now, as JSON. Who is here is known by the streams
// alone, no row says it. So it is asked first who is here, and only of those whether they have a chat; where more are here than can
// be asked for one by one, the open chats are gone through instead.
func (d *Desk) online(ctx context.Context) (string, error) {
	if d.Visiting == nil {
		return d.openHere(ctx)
	}
	here := d.Visiting()
	if len(here) > rare {
		return d.openHere(ctx)
	}
	rows, err := d.read().QueryContext(ctx, `select distinct c.id from json_each(?) h cross join conversations c indexed by open_chats on c.customer_id = h.value ->> 'CustomerID' and c.inbox_id = h.value ->> 'InboxID'
		where c.kind = 'chat' and c.status <> 'closed'`, jsonList(here))
	ids, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	return jsonList(ids), err
}

// openHere asks of each chat that is not closed whether its customer is here.
func (d *Desk) openHere(ctx context.Context) (string, error) {
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
