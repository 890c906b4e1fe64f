package desk

import (
	"context"
	"errors"
)

// Index puts a message's text into the search index, or takes it out when it was recalled: it follows the event log, so that
// sending never waits for it.
func (d *Desk) Index(ctx context.Context, e Event) error {
	switch e.Name {
	case MessageReceived, MessageSent, MessageWhispered, MessageRecalled:
	default:
		return nil
	}
	return d.Write(ctx, System, func(tx *Tx) error {
		if _, err := tx.Exec("delete from message_search where rowid = ?", e.SubjectID); err != nil {
			return err
		}
		m, err := findMessage(ctx, tx, "m.id = ?", e.SubjectID)
		if errors.Is(err, NotFound) || err == nil && m.Text == "" {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec("insert into message_search(rowid, text) values (?, ?)", m.ID, indexed(m.Text))
		return err
	})
}

// Found is a message that matches a search, with its conversation.
type Found struct {
	*Message
	Conversation *Conversation
}

// Search finds messages by their text among what the actor may see, the newest first. Before is a message id, 0 for the newest.
func (d *Desk) Search(ctx context.Context, by Actor, text string, before MessageID, limit int) ([]Found, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	expression := match(text)
	if expression == "" {
		return nil, nil
	}
	if before == 0 {
		before = 1 << 62
	}
	visible, args := visibleTo(by)
	rows, err := d.read().QueryContext(ctx, "select "+messageColumns+` from message_search s join messages m on m.id = s.rowid join conversations c on c.id = m.conversation_id
		where message_search match ?1 and s.rowid < ?2 and m.recalled_at is null and `+numbered(visible, 4)+" order by s.rowid desc limit ?3", append([]any{expression, before, limit}, args...)...)
	list, err := collect(rows, err, scanMessage)
	if err != nil {
		return nil, err
	}
	found := make([]Found, 0, len(list))
	for _, m := range list {
		c, err := d.Conversation(ctx, by, m.ConversationID)
		if err != nil {
			return nil, err
		}
		found = append(found, Found{m, c})
	}
	return found, nil
}
