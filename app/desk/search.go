package desk

import (
	"context"
	"encoding/json"
)

// Index puts the text of messages into the search index, and takes it out when they were recalled: it follows the event log,
// so that sending never waits for it, and by runs, because a commit for each message costs more than the message.
func (d *Desk) Index(ctx context.Context, run []Event) error {
	var ids []int64
	for _, e := range run {
		switch e.Name {
		case MessageReceived, MessageSent, MessageWhispered, MessageRecalled:
			ids = append(ids, e.SubjectID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	rows, err := d.read().QueryContext(ctx, `select value, coalesce(m.text, '') from json_each(?) left join messages m on m.id = value and m.recalled_at is null`, string(set))
	list, err := collect(rows, err, func(row scanner) (e entry, err error) { return e, row.Scan(&e.id, &e.text) })
	if err != nil {
		return err
	}
	for len(list) > 0 {
		n, size := 0, 0
		for n < len(list) && (n == 0 || size+len(list[n].text) < indexAtOnce) {
			size += len(list[n].text)
			n++
		}
		if err := d.Write(ctx, System, func(tx *Tx) error { return tx.index(list[:n]) }); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// indexAtOnce is how many bytes of text are indexed before others may write again. Two hundred messages of 1,400 Chinese
// characters in one change kept them waiting for 40 ms, and for more than 100 when they were in the index before.
const indexAtOnce = 16 << 10

// entry is a message for the index; without a text it is taken out.
type entry struct {
	id   MessageID
	text string
}

func (tx *Tx) index(list []entry) error {
	for _, e := range list {
		if _, err := tx.Exec("delete from message_search where rowid = ?", e.id); err != nil {
			return err
		}
		if e.text == "" {
			continue
		}
		if _, err := tx.Exec("insert into message_search(rowid, text) values (?, ?)", e.id, indexed(e.text)); err != nil {
			return err
		}
	}
	return nil
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
		where message_search match ?2 and s.rowid < ?3 and m.recalled_at is null and not `+sealed+" and "+numbered(visible, 5)+" order by s.rowid desc limit ?4", append([]any{by.Agent(), expression, before, limit}, args...)...)
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
