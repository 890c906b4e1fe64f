package desk

import "context"

// Read notes how far the actor has read a conversation: an agent for his own count and for the customer's "read", a customer
// for the agents'.
func (d *Desk) Read(ctx context.Context, by Actor, id ConversationID, seq int64) error {
	c, err := d.Conversation(ctx, by, id)
	if err != nil {
		return err
	}
	seq = min(seq, c.LastSeq)
	if by.Kind == ByAgent && c.Unread == 0 && seq <= c.AgentReadSeq || by.Kind == ByCustomer && seq <= c.CustomerReadSeq {
		return nil
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if by.Kind == ByCustomer {
			if _, err := tx.Exec("update conversations set customer_read_seq = max(customer_read_seq, ?) where id = ?", seq, id); err != nil {
				return err
			}
			return tx.Record(ConversationRead, id, by.ID, Facts{"seq": seq})
		}
		if _, err := tx.Exec(`insert into reads(conversation_id, agent_id, seq, received_count) values (?1, ?2, ?3, (select count(*) from messages where conversation_id = ?1 and seq <= ?3 and direction = 'in' and visibility = 'public'))
			on conflict do update set seq = max(seq, excluded.seq), received_count = max(received_count, excluded.received_count)`, id, by.ID, seq); err != nil {
			return err
		}
		if _, err := tx.Exec("update conversations set agent_read_seq = max(agent_read_seq, ?) where id = ?", seq, id); err != nil {
			return err
		}
		return tx.Record(ConversationRead, id, by.ID, Facts{"seq": seq})
	})
}

// UnreadBy counts what a customer has not seen in an inbox: of the chat that goes on, and of the answers to his notes.
func (d *Desk) UnreadBy(ctx context.Context, by Actor, inbox InboxID) (n int, err error) {
	err = d.read().QueryRowContext(ctx, `select count(*) from conversations c cross join messages m on m.conversation_id = c.id and m.seq > c.customer_read_seq
		where c.customer_id = ? and +c.inbox_id = ? and (+c.kind = 'chat' and +c.status <> 'closed' or +c.ticket_origin = 'note')
		and m.direction = 'out' and m.visibility = 'public' and m.kind <> 'event' and m.recalled_at is null`, by.Customer(), inbox).Scan(&n)
	return n, err
}
