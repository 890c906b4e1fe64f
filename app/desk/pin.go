package desk

import (
	"context"
	"encoding/json"
)

// pinsMost is how many conversations an agent keeps at the top of his list.
const pinsMost = 50

// Pin keeps a conversation at the top of the acting agent's list, or no more.
func (d *Desk) Pin(ctx context.Context, by Actor, id ConversationID, on bool) error {
	if err := by.Can(Serve); err != nil || by.Agent() == 0 {
		return Forbidden
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if _, err := tx.conversation(ctx, by, id); err != nil {
			return err
		}
		if !on {
			if _, err := tx.Exec("delete from pins where agent_id = ? and conversation_id = ?", by.ID, id); err != nil {
				return err
			}
			return tx.Record(ConversationPinned, id, by.ID, Facts{"on": false})
		}
		var others int
		if err := tx.QueryRow("select count(*) from pins where agent_id = ? and conversation_id <> ?", by.ID, id).Scan(&others); err != nil {
			return err
		}
		if others >= pinsMost {
			return Conflict("error.pins_full", pinsMost)
		}
		if _, err := tx.Exec("insert into pins(agent_id, conversation_id) values (?, ?) on conflict do nothing", by.ID, id); err != nil {
			return err
		}
		return tx.Record(ConversationPinned, id, by.ID, Facts{"on": true})
	})
}

// Pinned tells whether the acting agent keeps a conversation at the top.
func (d *Desk) Pinned(ctx context.Context, by Actor, id ConversationID) (on bool, err error) {
	err = d.read().QueryRowContext(ctx, "select exists (select 1 from pins where agent_id = ? and conversation_id = ?)", by.Agent(), id).Scan(&on)
	return on, err
}

// Undelivered tells which of these conversations end with a message that could not be delivered.
func (d *Desk) Undelivered(ctx context.Context, by Actor, list []*Conversation) (map[ConversationID]bool, error) {
	if by.Kind == ByCustomer {
		return nil, Forbidden
	}
	ids := make([]ConversationID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, `select c.id from json_each(?) j join conversations c on c.id = j.value
		where exists (select 1 from deliveries dl where dl.message_id = c.last_message_id and dl.state in ('failed', 'bounced'))`, string(set))
	found, err := collect(rows, err, func(row scanner) (id ConversationID, err error) { return id, row.Scan(&id) })
	failed := make(map[ConversationID]bool, len(found))
	for _, id := range found {
		failed[id] = true
	}
	return failed, err
}
