package desk

import (
	"context"
	"strings"
)

// near is how many mails before a mail are looked through for an answer to it.
const near = 32

// TakeAnswers puts answers beside their parent that came just before it: two deliveries at one moment may be numbered by the server
// against their order, so an answer can open a ticket of its own first. One from somebody who takes part is merged into the
// parent's ticket, unless somebody has dealt with it; one from a stranger is linked to it.
func (tx *Tx) TakeAnswers(ctx context.Context, inbox InboxID, parent *Conversation, externalID string) error {
	rows, err := tx.QueryContext(ctx, `select m.conversation_id, i.external_id from
			(select message_id from mail_ledger where inbox_id = ?1 and state = 'filed' order by id desc limit ?2) l
			join messages m on m.id = l.message_id join conversations c on c.id = m.conversation_id
			join identities i on i.customer_id = c.customer_id and i.channel = ?3
		where m.direction = 'in' and m.conversation_id <> ?4 and exists (select 1 from json_each(m.meta, '$.mail.references') where value = ?5)
			and c.assignee_id is null and c.status <> 'closed'
			and not exists (select 1 from messages o where o.conversation_id = c.id and o.kind <> 'event' and o.id <> m.id and o.author_kind <> 'system')
		group by m.conversation_id order by m.conversation_id`, inbox, near, Email, parent.ID, externalID)
	type answer struct {
		id     ConversationID
		sender string
	}
	list, err := collect(rows, err, func(row scanner) (a answer, err error) { return a, row.Scan(&a.id, &a.sender) })
	if err != nil {
		return err
	}
	for _, a := range list {
		late, err := tx.conversation(ctx, System, a.id)
		if err != nil {
			return err
		}
		in, err := tx.TakesPart(ctx, parent, strings.ToLower(a.sender))
		if err != nil {
			return err
		}
		if in && late.Ticket != nil && parent.Ticket != nil && mayMerge(late, parent) == nil {
			if err := tx.merge(ctx, late, parent); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec("update conversations set linked_id = ? where id = ? and linked_id is null", parent.ID, late.ID); err != nil {
			return err
		}
	}
	return nil
}
