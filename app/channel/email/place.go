package email

import (
	"context"
	"strings"

	"deskbell/app/desk"
	"deskbell/app/mail"
)

// far is how many ids a mail may name before the nearest of them are enough.
const far = 20

// place finds the conversation that a mail goes on with, or nil for a new one, which is then linked to the one that the sender
// knows of without taking part in it. The nearest sign counts first: the token in the address, the ids that it answers, the
// ticket's number in the subject. That number anybody can guess, and an address anybody can write: it counts only in a mail whose sender
// its server has not found doubtful. Tokens and ids are known to those alone who got our mails.
func (k *intake) place(ctx context.Context, tx *desk.Tx, a *arrival) (c *desk.Conversation, linked desk.ConversationID, err error) {
	sender := a.sender(k.box).Addr
	for _, hint := range k.signs(ctx, tx, a.msg, sender) {
		found, err := hint.look()
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
		if in && !(hint.weak && a.doubtful(k.box)) {
			return found, 0, nil
		}
		if linked == 0 {
			linked = found.ID
		}
	}
	return nil, linked, nil
}

// hint is one sign of where a mail belongs.
type hint struct {
	look func() (*desk.Conversation, error)
	weak bool // anybody could write it
}

func (k *intake) signs(ctx context.Context, tx *desk.Tx, m *mail.Message, sender string) []hint {
	var list []hint
	for _, t := range m.Tokens {
		if k.box.owns(t.Base) {
			list = append(list, hint{look: func() (*desk.Conversation, error) { return tx.ConversationByToken(ctx, strings.ToLower(t.Value)) }})
		}
	}
	for i, id := range m.Ancestors {
		if i == far {
			break
		}
		list = append(list, hint{look: func() (*desk.Conversation, error) {
			parent, err := tx.MessageByExternalID(ctx, k.in.ID, id)
			if err == nil {
				return tx.ConversationOf(ctx, parent.ConversationID)
			}
			if token := mail.IDToken(id); token != "" && desk.IsNotFound(err) {
				return tx.ConversationByToken(ctx, token)
			}
			return nil, err
		}})
	}
	for _, n := range m.Tickets {
		list = append(list, hint{weak: true, look: func() (*desk.Conversation, error) {
			c, err := tx.ConversationByTicket(ctx, desk.TicketID(n))
			if err != nil {
				return nil, err
			}
			in, err := tx.TakesPart(ctx, c, sender)
			if err == nil && !in { // anybody can write a number: it does not even make a link
				err = desk.NotFound
			}
			return c, err
		}})
	}
	return list
}
