package desk

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
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

// SearchList asks for messages by their text. Empty fields do not filter.
type SearchList struct {
	Text     string
	Status   string  // open: conversations that are not closed; or closed
	TeamID   TeamID  // of the conversation
	AgentID  AgentID // took part in the conversation
	Channel  string
	From, To time.Time // when it was written; zero: any time. To is not in it
	Before   MessageID // 0: the newest
	Limit    int       // 1 to 200
}

// Found is a message that matches a search, with its conversation.
type Found struct {
	*Message
	Conversation *Conversation
}

// A search looks at so many messages that have the words, the newest first, before it answers with what it has: what an agent may see of a
// word that everybody uses must not be looked for through the whole past in one go.
const (
	searchMost = 10_000
	searchStep = 500
)

// Search finds messages by their text among what the actor may see, the newest first. Next is the Before of what is older, 0 when there is
// no more; it may be given though fewer were found than asked for.
func (d *Desk) Search(ctx context.Context, by Actor, l SearchList) (found []Found, next MessageID, err error) {
	if err := by.Can(Serve); err != nil {
		return nil, 0, err
	}
	expression := match(l.Text)
	if expression == "" {
		return nil, 0, nil
	}
	if l.Before == 0 {
		l.Before = 1 << 62
	}
	var list []*Message
	for looked := 0; looked < searchMost && len(list) <= l.Limit; looked += searchStep {
		// The index alone first: it goes down by itself, and what it names is then looked at one by one.
		rows, err := d.read().QueryContext(ctx, "select rowid from message_search where message_search match ? and rowid < ? order by rowid desc limit ?", expression, l.Before, searchStep)
		ids, err := collect(rows, err, func(row scanner) (id MessageID, err error) { return id, row.Scan(&id) })
		if err != nil {
			return nil, 0, err
		}
		part, err := d.searched(ctx, by, l, ids, l.Limit+1-len(list))
		if err != nil {
			return nil, 0, err
		}
		list, next = append(list, part...), 0
		if len(ids) < searchStep {
			break
		}
		next = ids[len(ids)-1]
		l.Before = next
	}
	if len(list) > l.Limit {
		list = list[:l.Limit]
		next = list[l.Limit-1].ID
	}
	seen := map[ConversationID]*Conversation{}
	for _, m := range list {
		if seen[m.ConversationID] == nil {
			if seen[m.ConversationID], err = d.Conversation(ctx, by, m.ConversationID); err != nil {
				return nil, 0, err
			}
		}
		found = append(found, Found{m, seen[m.ConversationID]})
	}
	return found, next, nil
}

// searched reads those of some messages that the actor may see and that a search asks for.
func (d *Desk) searched(ctx context.Context, by Actor, l SearchList, ids []MessageID, limit int) ([]*Message, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	q := &query{args: []any{by.Agent(), string(set), limit}}
	q.where = append(q.where, "m.recalled_at is null and not "+sealed)
	visible, args := visibleTo(by)
	q.and(visible, args...)
	for _, f := range []struct {
		is   bool
		what string
		arg  any
	}{
		{l.TeamID != 0, "c.team_id = ?", l.TeamID}, {l.AgentID != 0, listed("served", 1), l.AgentID},
		{l.Channel != "", "c.inbox_id in (select id from inboxes where channel = ?)", l.Channel},
		{!l.From.IsZero(), "m.created_at >= ?", ms(l.From)}, {!l.To.IsZero(), "m.created_at < ?", ms(l.To)},
	} {
		if f.is {
			q.and(f.what, f.arg)
		}
	}
	switch l.Status {
	case "open":
		q.and("c.status <> 'closed'")
	case "closed":
		q.and("c.status = 'closed'")
	}
	rows, err := d.read().QueryContext(ctx, "select "+messageColumns+" from json_each(?2) x cross join messages m on m.id = x.value cross join conversations c on c.id = m.conversation_id where "+
		strings.Join(q.where, " and ")+" order by m.id desc limit ?3", q.args...)
	return collect(rows, err, scanMessage)
}

// Place is a message of a conversation by its number in it.
type Place struct {
	ID   MessageID
	Seq  int64
	Text string
	At   time.Time
}

// placesMost is how many places a search within a conversation answers.
const placesMost = 200

// FindIn finds what is said in one conversation that the actor may read, the first said first; of very many places the newest.
func (d *Desk) FindIn(ctx context.Context, by Actor, id ConversationID, text string) ([]Place, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	if _, err := unsealed(ctx, d.read(), by, id); err != nil || match(text) == "" {
		return nil, err
	}
	rows, err := d.read().QueryContext(ctx, "select id, seq, text, created_at from messages where conversation_id = ? and kind <> 'event' and text <> '' and recalled_at is null order by seq desc limit 10000", id)
	var places []Place
	_, err = collect(rows, err, func(row scanner) (p Place, err error) {
		var said int64
		if err := row.Scan(&p.ID, &p.Seq, &p.Text, &said); err != nil {
			return p, err
		}
		if p.At = at(said); len(places) < placesMost && len(Marks(p.Text, text)) > 0 {
			places = append(places, p)
		}
		return p, nil
	})
	slices.Reverse(places)
	return places, err
}
