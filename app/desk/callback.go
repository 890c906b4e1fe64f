package desk

import (
	"context"
	"database/sql"
	"errors"
)

// CallBack opens a new chat with a customer whose last one is over, in the inbox where that was: the acting agent is in it, and may
// write first. While the customer has an open chat there is nothing to call back; who never had one has no place to be called.
func (d *Desk) CallBack(ctx context.Context, by Actor, id CustomerID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return nil, Forbidden
	}
	var made *Conversation
	err := d.Write(ctx, by, func(tx *Tx) error {
		customer, err := findCustomer(ctx, tx, id)
		if err != nil {
			return err
		}
		if !customer.BlacklistedAt.IsZero() {
			return Conflict("error.customer_blacklisted")
		}
		last := Conversation{CustomerID: id, Kind: "chat", Status: "waiting"}
		var team sql.NullInt64
		var open bool
		err = tx.QueryRowContext(ctx, `select c.inbox_id, c.team_id, exists (select 1 from conversations o where o.customer_id = ?1 and o.kind = 'chat' and o.status <> 'closed')
			from conversations c join inboxes i on i.id = c.inbox_id where c.customer_id = ?1 and c.kind = 'chat' and c.closed_by <> 'blacklist' and i.enabled and i.deleted_at is null order by c.id desc limit 1`, id).
			Scan(&last.InboxID, &team, &open)
		if errors.Is(err, sql.ErrNoRows) {
			return Conflict("error.no_chat_to_call")
		}
		if err != nil {
			return err
		}
		if open {
			return Conflict("error.customer_has_open")
		}
		last.TeamID = TeamID(team.Int64)
		if made, err = tx.newConversation(ctx, last); err != nil {
			return err
		}
		if err := tx.line(made, ConversationCalledBack, "internal", Facts{"by": by.Name}); err != nil {
			return err
		}
		if err := tx.Record(ConversationCalledBack, made.ID, int64(id), nil); err != nil {
			return err
		}
		if err := tx.join(made, by.Agent(), by.Name); err != nil {
			return err
		}
		made, err = tx.conversation(ctx, by, made.ID)
		return err
	})
	return made, err
}
