package desk

import (
	"context"
	"database/sql"
	"slices"
)

// CustomerMessages reads a part of everything that was said between a customer and one inbox, over all its chats, newest part
// first and the oldest message first within it. Before is a message id, 0 for the newest; next is the Before of the part before,
// 0 at the beginning.
func (d *Desk) CustomerMessages(ctx context.Context, by Actor, inbox InboxID, before MessageID, limit int) (list []*Message, next MessageID, err error) {
	if by.Customer() == 0 {
		return nil, 0, Forbidden
	}
	if before == 0 {
		before = 1 << 62
	}
	rows, err := d.read().QueryContext(ctx, `select `+messageColumns+` from conversations c cross join messages m on m.conversation_id = c.id
		where c.customer_id = ? and +c.inbox_id = ? and (+c.kind = 'chat' or +c.ticket_origin = 'note') and m.id < ? and m.visibility = 'public' and m.recalled_at is null
		order by m.id desc limit ?`, by.ID, inbox, before, limit+1)
	if list, err = collect(rows, err, scanMessage); err != nil {
		return nil, 0, err
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].ID
	}
	slices.Reverse(list)
	if err := d.begun(ctx, list); err != nil {
		return nil, 0, err
	}
	return list, next, d.complete(ctx, list)
}

// begun says of the first message of each chat in a list that it is the first. What is set aside of a customer on the blacklist is no chat.
func (d *Desk) begun(ctx context.Context, list []*Message) error {
	byID := make(map[MessageID]*Message, len(list))
	ids := make([]ConversationID, 0, len(list))
	for _, m := range list {
		byID[m.ID] = m
		ids = append(ids, m.ConversationID)
	}
	rows, err := d.read().QueryContext(ctx, `select c.created_at, (select m.id from messages m where m.conversation_id = c.id and m.visibility = 'public' and m.recalled_at is null order by m.seq limit 1)
		from conversations c where c.id in (select value from json_each(?)) and +c.kind = 'chat' and c.closed_by <> 'blacklist'`, jsonList(slices.Compact(ids)))
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var began int64
		var first sql.NullInt64
		err := row.Scan(&began, &first)
		if m := byID[MessageID(first.Int64)]; m != nil {
			m.Began = at(began)
		}
		return struct{}{}, err
	})
	return err
}
