package desk

import (
	"context"
	"encoding/json"
	"errors"
)

// Quote is the message that another one answers, as much of it as is shown beside that one.
type Quote struct {
	ID         MessageID
	Seq        int64
	AuthorKind ActorKind
	AuthorName string
	Text       string // its first characters, or the name of its first file

	in ConversationID // where it stands now
}

// quoteText is how much of a message is quoted, in characters.
const quoteText = 160

// mayQuote refuses what is not to be quoted: what is not of the conversation or was recalled, what its writer does not read, and in what
// the customer reads a whisper, or what another customer wrote.
func (tx *Tx) mayQuote(ctx context.Context, c *Conversation, draft Draft) error {
	if draft.QuotedID == 0 {
		return nil
	}
	m, err := quotable(ctx, tx, c, draft.QuotedID)
	if errors.Is(err, NotFound) {
		return Invalid("quoted_id", "fault.quote_gone")
	}
	if err != nil || draft.Internal {
		return err
	}
	if m.Visibility == "internal" {
		return Invalid("quoted_id", "fault.quote_whisper")
	}
	if _, err = findMessage(ctx, tx, foreign+"m.id = ?", m.ID); errors.Is(err, NotFound) {
		return Invalid("quoted_id", "fault.quote_foreign")
	}
	return err
}

// quotable finds a message that somebody who sees the conversation can quote there; every other is NotFound.
func quotable(ctx context.Context, r reader, c *Conversation, id MessageID) (*Message, error) {
	if c.Sealed {
		return nil, NotFound
	}
	return findMessage(ctx, r, "m.id = ? and m.conversation_id = ? and m.kind <> 'event' and m.recalled_at is null", id, c.ID)
}

// quoteIn is what a draft in the conversation quotes; nil: nothing that can be quoted there. A draft is kept as it was sent, whatever it names.
func (d *Desk) quoteIn(ctx context.Context, c *Conversation, id MessageID) (*Quote, error) {
	if id == 0 {
		return nil, nil
	}
	if _, err := quotable(ctx, d.read(), c, id); err != nil {
		return nil, notMissing(err)
	}
	quotes, err := quotesOf(ctx, d.read(), []MessageID{id})
	return quotes[id], err
}

// quotesOf finds what messages quote, as it is now: what was recalled is quoted no more.
func quotesOf(ctx context.Context, r reader, ids []MessageID) (map[MessageID]*Quote, error) {
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := r.QueryContext(ctx, `select m.id, m.conversation_id, m.seq, m.author_kind, m.author_name, substr(iif(m.text <> '', m.text, coalesce((select name from files f where f.message_id = m.id order by f.id limit 1), '')), 1, ?)
		from messages m where m.id in (select value from json_each(?)) and m.recalled_at is null`, quoteText, string(set))
	list, err := collect(rows, err, func(row scanner) (*Quote, error) {
		var q Quote
		return &q, row.Scan(&q.ID, &q.in, &q.Seq, &q.AuthorKind, &q.AuthorName, &q.Text)
	})
	quotes := make(map[MessageID]*Quote, len(list))
	for _, q := range list {
		quotes[q.ID] = q
	}
	return quotes, err
}

// quote gives messages what they quote. What was taken out of their conversation since is read by those who see where it went.
func quote(ctx context.Context, r reader, list []*Message) error {
	var ids []MessageID
	for _, m := range list {
		if m.Meta.QuotedID != 0 {
			ids = append(ids, m.Meta.QuotedID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	quotes, err := quotesOf(ctx, r, ids)
	for _, m := range list {
		if q := quotes[m.Meta.QuotedID]; q != nil && q.in == m.ConversationID {
			m.Quote = q
		}
	}
	return err
}
