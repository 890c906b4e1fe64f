package email

import (
	"context"
	"strings"

	"deskbell/app/desk"
	"deskbell/app/mail"
)

// addressed is for whom a mail is: the mailbox that keeps it and answers it, whichever of ours brought it in, and the teams that
// see it.
type addressed struct {
	in    *desk.Inbox
	box   desk.Mailbox
	team  desk.TeamID // that the address belongs to; 0: the mailbox's own
	also  []share     // the others who were addressed
	boxes []desk.OpenMailbox
}

// share is a team that is to see a ticket: that of a mailbox, or the one its settings name.
type share struct {
	inbox desk.InboxID
	team  desk.TeamID // 0: the mailbox's own
}

// addressed reads for whom a mail is. The first of our addresses in To and Cc keeps it, so that it is the same one whichever mailbox
// is the faster; without any it is the mailbox that shows it. Who was sent it in secret (Bcc) sees it too.
func (k *intake) addressed(ctx context.Context, tx *desk.Tx, m *mail.Message) (addressed, error) {
	to := addressed{in: k.in, box: k.box.Mailbox}
	var err error
	if to.boxes, err = tx.Mailboxes(ctx); err != nil {
		return to, err
	}
	shown, here := map[share]bool{}, false
	for _, address := range k.recipients(m) {
		box, team := to.best(address, k.in.ID)
		if box == nil {
			continue
		}
		s := share{box.ID, team}
		if s.team == 0 {
			s.team = box.TeamID
		}
		if len(shown) == 0 {
			to.in, to.box, to.team = box.Inbox, box.Mailbox, team
		} else if !shown[s] {
			to.also = append(to.also, s)
		}
		shown[s] = true
		here = here || box.ID == k.in.ID
	}
	if len(shown) > 0 && !here && !k.box.Catches() {
		to.also = append(to.also, share{k.in.ID, k.in.TeamID})
	}
	return to, nil
}

// best is the mailbox whose an address is the most surely, of equals the one that shows the mail.
func (to *addressed) best(address string, shows desk.InboxID) (best *desk.OpenMailbox, team desk.TeamID) {
	most := 0
	for i := range to.boxes {
		b := &to.boxes[i]
		rank, t := b.Reach(address)
		if rank > most || rank == most && rank > 0 && b.ID == shows {
			most, best, team = rank, b, t
		}
	}
	return best, team
}

// ours says whether an address is that of any of our mailboxes.
func (to *addressed) ours(address string) bool {
	for i := range to.boxes {
		if rank, _ := to.boxes[i].Reach(address); rank > 0 {
			return true
		}
	}
	return false
}

// recipients are the addresses that a mail went to, as its head has them, before those that servers noted on its way. That it was
// put into this very account says nothing: the account's own server notes it on every mail.
func (k *intake) recipients(m *mail.Message) []string {
	seen := map[string]bool{}
	var list []string
	add := func(all []mail.Address) {
		for _, a := range all {
			if low := strings.ToLower(a.Addr); low != "" && !seen[low] && len(list) < 200 {
				seen[low] = true
				list = append(list, low)
			}
		}
	}
	add(m.To)
	add(m.Cc)
	seen[k.box.Address], seen[strings.ToLower(k.box.imap.Username)] = true, true
	add(m.Envelope())
	return list
}

// showAll shows a ticket to everybody who was addressed besides, or of an answer, which goes where its ticket is, to those whom
// it reached by another mailbox than the ticket's.
func (to *addressed) showAll(ctx context.Context, tx *desk.Tx, id desk.ConversationID, answers desk.InboxID) error {
	also := to.also
	if answers != 0 {
		also = append(also[:len(also):len(also)], share{to.in.ID, to.team})
	}
	for _, s := range also {
		if s.inbox == answers {
			continue
		}
		if err := tx.ShowTo(ctx, id, s.inbox, s.team); err != nil {
			return err
		}
	}
	return nil
}
