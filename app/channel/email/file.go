package email

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

// file reads the mails of a batch and files them in their order, several in one change. A mail that the desk does not
// take is set aside alone. What it returns is an error of our own database: the rows that are left wait for the next start.
func (k *intake) file(ctx context.Context, list []*arrival) error {
	if err := k.readAll(ctx, list); err != nil {
		return err
	}
	for len(list) > 0 {
		n := min(chunk, len(list))
		if err := k.settle(ctx, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// settle files a few mails in one change; when that fails, each in one of its own.
func (k *intake) settle(ctx context.Context, list []*arrival) error {
	before := make([]arrival, len(list))
	for i, a := range list {
		before[i] = *a
	}
	err := k.c.desk.Write(ctx, desk.System, func(tx *desk.Tx) error {
		for _, a := range list {
			if err := k.fileOne(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	for i, a := range list {
		*a = before[i]
		err := k.c.desk.Write(ctx, desk.System, func(tx *desk.Tx) error { return k.fileOne(ctx, tx, a) })
		if err == nil {
			continue
		}
		if ctx.Err() != nil || ours(err) {
			return fmt.Errorf("file mail %d of inbox %d: %w", a.row.ID, k.in.ID, err)
		}
		*a = before[i]
		a.row.State, a.row.Cause, a.row.Detail = channel.SetAside, channel.CauseRefused, printable(err.Error())
		if err := k.settleAlone(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func (k *intake) settleAlone(ctx context.Context, a *arrival) error {
	return k.c.desk.Write(ctx, desk.System, func(tx *desk.Tx) error { return k.c.ledger.Settle(tx, &a.row) })
}

// fileOne decides what a mail is and writes that, with its row, as a step of a change. What would end the program refuses the mail
// instead: it would end it again at every start.
func (k *intake) fileOne(ctx context.Context, tx *desk.Tx, a *arrival) (err error) {
	defer func() {
		if p := recover(); p != nil {
			k.c.log.Error("file a mail", "inbox", k.in.ID, "row", a.row.ID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if a.row.ID == 0 {
		return nil // its row was there before, and whoever made it files it
	}
	if a.waits() {
		if err := k.decide(ctx, tx, a); err != nil {
			return err
		}
	}
	return k.c.ledger.Settle(tx, &a.row)
}

func (k *intake) decide(ctx context.Context, tx *desk.Tx, a *arrival) error {
	if !a.row.Forced {
		if done, err := k.unwanted(ctx, tx, a); done || err != nil {
			return err
		}
	}
	c, linked, err := k.place(ctx, tx, a)
	if err != nil {
		return err
	}
	to, err := k.addressed(ctx, tx, a.msg)
	if err != nil {
		return err
	}
	inbox, answers := to.in.ID, desk.InboxID(0)
	if c != nil {
		inbox, answers = c.InboxID, c.InboxID
	}
	known, err := tx.MessageByExternalID(ctx, inbox, a.row.ExternalID)
	if err != nil && !desk.IsNotFound(err) {
		return err
	}
	if known != nil && (known.InboxID == inbox || known.Direction == "out" || a.alike(known)) {
		if !k.doubled(a, known) {
			if c != nil && c.Channel != desk.Email {
				return nil
			}
			return k.alsoHere(ctx, tx, a, known, &to)
		}
		a.row.ExternalID = fmt.Sprintf("row:%d", a.row.ID) // wanted although another has its Message-ID
		c, linked = nil, known.ConversationID
	}
	if c == nil {
		if err := a.sentOn(ctx, tx, k.box, to.ours); err != nil {
			return err
		}
	}
	in := a.incoming(k.in, k.box, c != nil)
	in.LinkedID, in.Anyway = linked, a.row.Forced
	if c != nil {
		in.InboxID, in.ConversationID = c.InboxID, c.ID
		if c.Channel == desk.Webchat && strings.EqualFold(a.sender(k.box).Addr, c.CustomerEmail) {
			in.CustomerID = c.CustomerID // the visitor: he has no identity of this address
		}
	} else {
		in.InboxID, in.TeamID = to.in.ID, to.team
		in.Ticket = &desk.NewTicket{Subject: a.subject(), Origin: "mail", CC: a.copies(k.box, to.ours)}
	}
	got, err := tx.Receive(ctx, desk.System, in)
	if err != nil {
		return err
	}
	a.row.State, a.row.Cause, a.row.Detail = channel.Filed, "", ""
	a.row.MessageID, a.row.ConversationID = got.ID, got.ConversationID
	if !got.Blocked && !got.Again {
		if err := k.family(ctx, tx, a, c == nil, linked); err != nil {
			return err
		}
	}
	if c == nil && !got.Blocked && !got.Again {
		if err := k.autoReply(ctx, tx, a, &to); err != nil {
			return err
		}
	}
	if got.Blocked || c != nil && c.Channel != desk.Email {
		return nil // nobody is to be disturbed, or a talk of another channel goes on by mail
	}
	return to.showAll(ctx, tx, got.ConversationID, answers)
}

// family puts a mail's answers beside it that came before it did, notes those whom it answers itself and that may come yet, and tells
// in a new ticket why it is not the one that it answers.
func (k *intake) family(ctx context.Context, tx *desk.Tx, a *arrival, opened bool, linked desk.ConversationID) error {
	if opened {
		if err := tx.Await(a.row.MessageID, a.msg.Ancestors[:min(far, len(a.msg.Ancestors))]); err != nil {
			return err
		}
	}
	if linked != 0 && !a.row.Forced {
		why := "stranger"
		if a.doubtful(k.box) {
			why = "forged"
		}
		if err := tx.TellLinked(ctx, a.row.ConversationID, linked, why, a.sender(k.box).Addr); err != nil {
			return err
		}
	}
	if a.doubtful(k.box) {
		return nil
	}
	return tx.TakeAnswers(ctx, a.row.ConversationID, a.msg.ID)
}

// alsoHere shows the ticket of a mail that had come before to those whom this copy of it reached.
func (k *intake) alsoHere(ctx context.Context, tx *desk.Tx, a *arrival, known *desk.Message, to *addressed) error {
	if a.row.Cause != channel.CauseDuplicate || known.Direction == "out" {
		return nil
	}
	if known.InboxID != k.in.ID {
		a.row.Cause = channel.CauseElsewhere
	}
	first := desk.InboxID(0)
	if known.Seq > 1 {
		first = known.InboxID
	}
	return to.showAll(ctx, tx, known.ConversationID, first)
}

// doubled settles a mail whose Message-ID another message has: the same one again, our own that came back, or another one that
// merely says so. Only that last is a mail of its own, and only when somebody says so.
func (k *intake) doubled(a *arrival, known *desk.Message) (file bool) {
	a.row.MessageID, a.row.ConversationID = known.ID, known.ConversationID
	a.row.State = channel.Filed
	same := known.Meta.Mail != nil && known.Meta.Mail.Raw == hex.EncodeToString(a.row.Raw[:])
	switch {
	case a.row.Forced:
		return true
	case known.Direction == "out" && known.Meta.Mail != nil && strings.EqualFold(known.Meta.Mail.From, a.msg.Writer().Addr):
		a.row.Cause = channel.CauseOwn
	case same && a.row.Tries == 0, a.alike(known):
		a.row.Cause = channel.CauseDuplicate
	case same: // it is this one: a stop came between the message and its row, in a version that wrote them apart
	default:
		a.row.State, a.row.Cause = channel.SetAside, channel.CauseSameID
		a.row.MessageID, a.row.ConversationID = 0, 0
	}
	return false
}

// alike says whether a mail is a message that we have: by its fingerprint, or because it says the same, from the same sender.
func (a *arrival) alike(known *desk.Message) bool {
	m := a.msg
	if known.Meta.Mail == nil || known.Meta.Mail.From != m.Writer().String() {
		return false
	}
	if a.sum != "" && known.Meta.Mail.Sum == a.sum {
		return true
	}
	all := known.Text + known.Meta.Quoted
	return words(all) == words(m.Text) || !known.RecalledAt.IsZero()
}

// words are a text's letters without the blanks between them, the first of them where they are many.
func words(s string) string {
	var b strings.Builder
	left := maxText / 2
	for _, r := range s {
		if unicode.IsSpace(r) {
			continue
		}
		if left--; left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// bounce marks the message that a delivery report is about. The report itself becomes no message: its words stand where the agent
// looks for them.
func (k *intake) bounce(ctx context.Context, tx *desk.Tx, a *arrival) error {
	b := a.msg.Bounce
	m, err := tx.MessageByExternalID(ctx, k.in.ID, b.OriginalID)
	if err != nil && !desk.IsNotFound(err) {
		return err
	}
	if m == nil && b.OriginalID != "" {
		if ours, err := k.systemBounce(tx, a); ours || err != nil {
			return err
		}
	}
	if m == nil || m.Direction != "out" || b.OriginalID == "" {
		a.row.State, a.row.Cause = channel.SetAside, channel.CauseUnknownBounce
		return nil
	}
	a.row.State, a.row.Cause, a.row.ConversationID = channel.Filed, channel.CauseBounce, m.ConversationID
	for _, f := range b.Failures {
		said := whatWasSaid(f, a.msg.Text)
		a.row.Detail = printable(strings.TrimSpace(f.Recipient + " " + said))
		if !f.Permanent() {
			continue
		}
		marked, err := tx.Bounced(m.ID, f.Recipient, said)
		if err == nil && !marked && len(b.Failures) == 1 {
			_, err = tx.Bounced(m.ID, "", said) // it was sent on to another address, which is the one that failed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// whatWasSaid are the other side's words for a failure, in a report of this text.
func whatWasSaid(f mail.Failure, text string) string {
	return or(or(strings.TrimSpace(f.Diagnostic), saidOf(f.Recipient, text)), strings.TrimSpace(f.Action+" "+f.Status))
}

// saidOf finds the words in a report's text: Exim and others write them on the lines below the address only.
func saidOf(recipient, text string) string {
	_, rest, found := strings.Cut(text, recipient)
	if !found || recipient == "" {
		return ""
	}
	rest, _, _ = strings.Cut(strings.TrimLeft(rest, " :>\t\r\n"), "\n\n")
	return printable(rest)
}

// autoReply answers a sender whose mail opened a ticket, if the mailbox says so: at most once a day, never a program or somebody who
// may not have written it, not to mail that has lain there for days, and to nobody who merely got a copy (RFC 3834 section 4). It is a step of the change that opens the ticket: there is never the one without the other.
func (k *intake) autoReply(ctx context.Context, tx *desk.Tx, a *arrival, to *addressed) error {
	reply := to.box.AutoReply
	if !reply.Enabled || a.handed || a.doubtful(k.box) || a.msg.Auto.Automatic() || a.row.Address == "" || to.ours(a.row.Address) || tx.Now().Sub(a.row.ReceivedAt) > 24*time.Hour {
		return nil
	}
	res, err := tx.Exec(`insert into mail_auto_replies(inbox_id, address, at) values (?1, ?2, ?3)
		on conflict(inbox_id, address) do update set at = excluded.at where at <= excluded.at - ?4`, to.in.ID, a.row.Address, tx.Now().UnixMilli(), (24 * time.Hour).Milliseconds())
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	err = tx.Answer(ctx, a.row.ConversationID, desk.Draft{Text: reply.Body, Auto: true, Alone: true, ClientID: fmt.Sprintf("auto-reply:%d", a.row.MessageID)})
	var refused *desk.Error
	if errors.As(err, &refused) { // an answer that cannot be written, such as one that is too long, must not keep the mail out
		k.c.log.Error("answer automatically", "inbox", to.in.ID, "message", a.row.MessageID, "error", err)
		return nil
	}
	return err
}
