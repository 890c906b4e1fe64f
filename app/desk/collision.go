package desk

import (
	"context"
	"slices"
)

// nobodyElse holds an answer that was written while a colleague's answer arrived: its writer is to see that one first. Whispers
// hurt nobody.
func (tx *Tx) nobodyElse(ctx context.Context, by Actor, c *Conversation, draft Draft) error {
	if draft.Internal || draft.Seen == 0 || by.Agent() == 0 {
		return nil
	}
	list, err := arrived(ctx, tx, by.Agent(), c.ID, draft.Seen)
	if err != nil || len(list) == 0 {
		return err
	}
	return Conflict("error.collision", list[len(list)-1].AuthorName)
}

// Arrived lists what colleagues have answered the customer since a message: what the acting agent is to see before he sends what
// he wrote meanwhile.
func (d *Desk) Arrived(ctx context.Context, by Actor, id ConversationID, seen int64) ([]*Message, error) {
	if _, err := unsealed(ctx, d.read(), by, id); err != nil {
		return nil, err
	}
	list, err := arrived(ctx, d.read(), by.Agent(), id, seen)
	if err != nil {
		return nil, err
	}
	return list, d.complete(ctx, list)
}

func arrived(ctx context.Context, r reader, agent AgentID, id ConversationID, seen int64) ([]*Message, error) {
	rows, err := r.QueryContext(ctx, "select "+messageColumns+` from messages m where m.conversation_id = ? and m.seq > ? and m.visibility = 'public' and m.kind <> 'event'
		and m.author_kind = 'agent' and m.author_id <> ? and m.recalled_at is null and m.meta ->> '$.auto' is null order by m.seq desc limit 5`, id, seen, agent)
	list, err := collect(rows, err, scanMessage)
	slices.Reverse(list)
	return list, err
}
