package email

import (
	"context"

	"deskbell/app/desk"
	"deskbell/app/mail"
)

// far is how many ids a mail may name before the nearest of them are enough.
const far = 20

// place finds the conversation that a mail goes on with, or nil for a new one, which is then linked to the one that the sender
// knows of without taking part in it. The nearest sign counts first: the token in the address, the ids that it answers, the
// ticket's number in the subject.
func (k *intake) place(ctx context.Context, tx *desk.Tx, m *mail.Message, sender string) (c *desk.Conversation, linked desk.ConversationID, err error) {
	for _, look := range k.signs(ctx, tx, m, sender) {
		found, err := look()
		if desk.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if found.Channel != desk.Email && found.Channel != desk.Webchat { // what was begun on a page goes on by mail when its visitor has gone
			continue
		}
		in, err := tx.TakesPart(ctx, found, sender)
		if err != nil {
			return nil, 0, err
		}
		if in {
			return found, 0, nil
		}
		if linked == 0 {
			linked = found.ID
		}
	}
	return nil, linked, nil
}

type lookup func() (*desk.Conversation, error)

func (k *intake) signs(ctx context.Context, tx *desk.Tx, m *mail.Message, sender string) []lookup {
	var list []lookup
	for _, t := range m.Tokens {
		if k.box.owns(t.Base) {
			list = append(list, func() (*desk.Conversation, error) { return tx.ConversationByToken(ctx, t.Value) })
		}
	}
	for i, id := range m.Ancestors {
		if i == far {
			break
		}
		list = append(list, func() (*desk.Conversation, error) {
			parent, err := tx.MessageByExternalID(ctx, k.in.ID, id)
			if err == nil {
				return tx.ConversationOf(ctx, parent.ConversationID)
			}
			if token := mail.IDToken(id); token != "" && desk.IsNotFound(err) {
				return tx.ConversationByToken(ctx, token)
			}
			return nil, err
		})
	}
	for _, n := range m.Tickets {
		list = append(list, func() (*desk.Conversation, error) {
			c, err := tx.ConversationByTicket(ctx, desk.TicketID(n))
			if err != nil {
				return nil, err
			}
			in, err := tx.TakesPart(ctx, c, sender)
			if err == nil && !in { // anybody can write a number: it does not even make a link
				err = desk.NotFound
			}
			return c, err
		})
	}
	return list
}
