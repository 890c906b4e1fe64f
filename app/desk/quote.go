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
}

// quoteText is how much of a message is quoted, in characters.
const quoteText = 160

// mayQuote refuses what is not to be quoted: what is not of the conversation or was recalled, and a whisper in what the customer
// reads.
func (tx *Tx) mayQuote(ctx context.Context, c *Conversation, draft Draft) error {
	if draft.QuotedID == 0 {
		return nil
	}
	m, err := findMessage(ctx, tx, "m.id = ? and m.conversation_id = ? and m.kind <> 'event' and m.recalled_at is null", draft.QuotedID, c.ID)
	if errors.Is(err, NotFound) {
		return Invalid("quoted_id", "fault.quote_gone")
	}
	if err == nil && m.Visibility == "internal" && !draft.Internal {
		return Invalid("quoted_id", "fault.quote_whisper")
	}
	return err
}

// quotesOf finds what messages quote, as it is now: what was recalled is quoted no more.
func quotesOf(ctx context.Context, r reader, ids []MessageID) (map[MessageID]*Quote, error) {
	set, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := r.QueryContext(ctx, `select m.id, m.seq, m.author_kind, m.author_name, substr(iif(m.text <> '', m.text, coalesce((select name from files f where f.message_id = m.id order by f.id limit 1), '')), 1, ?)
		from messages m where m.id in (select value from json_each(?)) and m.recalled_at is null`, quoteText, string(set))
	list, err := collect(rows, err, func(row scanner) (*Quote, error) {
		var q Quote
		return &q, row.Scan(&q.ID, &q.Seq, &q.AuthorKind, &q.AuthorName, &q.Text)
	})
	quotes := make(map[MessageID]*Quote, len(list))
	for _, q := range list {
		quotes[q.ID] = q
	}
	return quotes, err
}

// quote gives messages what they quote.
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
		m.Quote = quotes[m.Meta.QuotedID]
	}
	return err
}
