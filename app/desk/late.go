package desk

import (
	"context"
	"time"
)

const (
	awaitedFor = 90 * 24 * time.Hour // how long after an answer the mail that it answers may come
	awaiting   = 500                 // answers to one mail that are put beside it; more are a list's, or a flood
)

// Await notes the ids that a mail answers and that no message has: a server may number two deliveries against their order, one mailbox
// of ours may be read long before another, and then an answer opens a ticket of its own. TakeAnswers finds it.
func (tx *Tx) Await(message MessageID, ids []string) error {
	for _, id := range ids {
		if _, err := tx.Exec("insert into awaited(external_id, message_id, at) select ?1, ?2, ?3 where not exists (select 1 from messages where external_id = ?1) on conflict do nothing",
			id, message, ms(tx.now)); err != nil {
			return err
		}
	}
	return nil
}

// TakeAnswers puts the answers to a mail beside it that came before it did, however many mails ago. The ticket of one from somebody who
// takes part is merged into the parent's, unless an agent has written in it or somebody has closed it; any other is linked to it.
func (tx *Tx) TakeAnswers(ctx context.Context, id ConversationID, externalID string) error {
	rows, err := tx.Query("select message_id from awaited where external_id = ? order by message_id limit ?", externalID, awaiting)
	answers, err := collect(rows, err, func(row scanner) (m MessageID, err error) { return m, row.Scan(&m) })
	if err != nil || len(answers) == 0 {
		return err
	}
	if _, err := tx.Exec("delete from awaited where external_id = ?", externalID); err != nil {
		return err
	}
	parent, err := tx.conversation(ctx, System, id)
	if err != nil {
		return err
	}
	for _, answer := range answers {
		if err := tx.takeAnswer(ctx, parent, answer); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) takeAnswer(ctx context.Context, parent *Conversation, answer MessageID) error {
	m, err := findMessage(ctx, tx, "m.id = ?", answer)
	if err != nil || m.ConversationID == parent.ID || m.AuthorKind != ByCustomer {
		return err
	}
	late, err := tx.conversation(ctx, System, m.ConversationID)
	if err != nil {
		return err
	}
	merge := late.Ticket != nil && parent.Ticket != nil && mayMerge(late, parent) == nil
	if merge {
		merge, err = tx.untouched(late)
	}
	if merge && err == nil {
		merge, err = tx.writerTakesPart(ctx, parent, CustomerID(m.AuthorID))
	}
	if err != nil {
		return err
	}
	if merge {
		return tx.merge(ctx, late, parent)
	}
	_, err = tx.Exec("update conversations set linked_id = ? where id = ? and linked_id is null", parent.ID, late.ID)
	return err
}

// untouched says whether no agent has dealt with a ticket: nobody has closed it, written in it, or begun to.
func (tx *Tx) untouched(c *Conversation) (yes bool, err error) {
	return yes, tx.QueryRow(`select ?2 <> 'closed' and not exists (select 1 from messages where conversation_id = ?1 and kind <> 'event' and author_kind = 'agent')
		and not exists (select 1 from drafts where conversation_id = ?1)`, c.ID, c.Status).Scan(&yes)
}

func (tx *Tx) writerTakesPart(ctx context.Context, c *Conversation, writer CustomerID) (in bool, err error) {
	rows, err := tx.Query("select external_id from identities where customer_id = ? and channel = ?", writer, Email)
	addresses, err := collect(rows, err, func(row scanner) (s string, err error) { return s, row.Scan(&s) })
	for _, address := range addresses {
		if in, err = tx.TakesPart(ctx, c, address); in || err != nil {
			break
		}
	}
	return in, err
}
