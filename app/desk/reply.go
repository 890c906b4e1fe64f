package desk

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"deskbell/app/mail"
)

// Draft is what an agent is about to send. Its JSON is how it is kept until then.
type Draft struct {
	Text     string    `json:"text,omitempty"`
	HTML     string    `json:"html,omitempty"`     // mail only; made from Text when empty
	Internal bool      `json:"internal,omitempty"` // a whisper: agents only
	Kind     string    `json:"kind,omitempty"`     // empty: text, or what the files are
	FileIDs  []string  `json:"file_ids,omitempty"`
	Sticker  string    `json:"sticker,omitempty"`   // the id of a sticker: the message is this and nothing else
	CC       []string  `json:"cc,omitempty"`        // mail only: further recipients, kept for the ticket's next answers
	AllCC    bool      `json:"all_cc,omitempty"`    // CC is all of them: who is not in it gets no copies any more
	BCC      []string  `json:"bcc,omitempty"`       // mail only: get this one alone, and nobody is told
	ClientID string    `json:"client_id,omitempty"` // the same never makes a second message
	Auto     bool      `json:"auto,omitempty"`      // written by a program
	QuotedID MessageID `json:"quoted_id,omitempty"` // the message of the same conversation that it answers; 0: none
	Seen     int64     `json:"seen,omitempty"`      // the Seq of the last message that its writer had seen when he began; 0: nobody asks
	Version  int64     `json:"-"`                   // of the kept draft that it was; 0: none
	Subject  string    `json:"subject,omitempty"`   // mail only: its own; empty: the ticket's
	Alone    bool      `json:"alone,omitempty"`     // mail only: to the customer, and to nobody who gets copies

	Signature string `json:"signature,omitempty"` // mail only: the name of one of the mailbox's, or NoSignature; empty: the active one
}

// Reply sends an agent's answer to the customer, or whispers it to the colleagues. A chat must be joined before; answering a
// ticket joins it. A message with a client id that was stored before is answered as it was stored.
func (d *Desk) Reply(ctx context.Context, by Actor, id ConversationID, draft Draft) (*Message, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	if err := d.checkDraft(&draft); err != nil {
		return nil, err
	}
	var m *Message
	err := d.Write(ctx, by, func(tx *Tx) error {
		c, err := tx.conversation(ctx, by, id)
		if err != nil {
			return err
		}
		if err := tx.maySign(ctx, c, draft); err != nil {
			return err
		}
		m, err = tx.reply(ctx, by, c, draft)
		return err
	})
	return m, err
}

func (d *Desk) checkDraft(draft *Draft) error {
	var c check
	draft.cleanHTML()
	if strings.TrimSpace(draft.Text) == "" && len(draft.FileIDs) == 0 && draft.Sticker == "" {
		c.fault("text", "fault.message_empty")
	}
	stickerAlone(&c, draft.Sticker, draft.Text, draft.FileIDs)
	if utf8.RuneCountInString(draft.Text) > d.Limit.AgentText || len(draft.HTML) > 20*d.Limit.AgentText {
		c.fault("text", "fault.message_too_long", d.Limit.AgentText)
	}
	if len(draft.ClientID) > 100 {
		c.fault("client_id", "fault.too_long", 100)
	}
	if len(draft.FileIDs) > 20 {
		c.fault("file_ids", "fault.too_many_files", 20)
	}
	for name, list := range map[string][]string{"cc": draft.CC, "bcc": draft.BCC} {
		if len(list) > 20 {
			c.fault(name, "fault.too_many_recipients", 20)
		}
		for i, a := range list {
			list[i] = checkEmail(&c, name, a)
		}
	}
	return c.err()
}

// cleanHTML leaves of a draft's HTML what is fit for mails, whoever wrote it, and makes its plain text from it: the two say the same.
// The desk's own letters have a text of their own.
func (d *Draft) cleanHTML() {
	if d.HTML == "" || d.Auto {
		return
	}
	d.HTML = mail.Sanitize(d.HTML, mail.SanitizeOptions{Remote: true, CID: func(cid string) string { return "cid:" + cid }})
	if text := strings.TrimSpace(mail.TextFromHTML(d.HTML)); text != "" {
		d.Text = text
	}
}

func (tx *Tx) reply(ctx context.Context, by Actor, c *Conversation, draft Draft) (*Message, error) {
	if draft.ClientID != "" {
		m, err := findMessage(ctx, tx, "m.author_kind = ? and m.author_id = ? and m.client_id = ?", by.Kind, by.ID, draft.ClientID)
		if err == nil {
			return m, complete(ctx, tx, []*Message{m})
		}
		if !errors.Is(err, NotFound) {
			return nil, err
		}
	}
	if err := tx.mayReply(ctx, by, c, draft); err != nil {
		return nil, err
	}
	if err := tx.mayQuote(ctx, c, draft); err != nil {
		return nil, err
	}
	if err := tx.nobodyElse(ctx, by, c, draft); err != nil {
		return nil, err
	}
	return tx.send(ctx, by, c, draft)
}

// send stores what an agent wrote and queues it for the channel. Whether he may is decided.
func (tx *Tx) send(ctx context.Context, by Actor, c *Conversation, draft Draft) (*Message, error) {
	m := &Message{Kind: draft.Kind, Visibility: "public", Direction: "out", AuthorKind: by.Kind, AuthorID: by.ID, AuthorName: by.Name,
		Text: draft.Text, HTML: draft.HTML, ClientID: draft.ClientID, Meta: Meta{Auto: draft.Auto, QuotedID: draft.QuotedID, Signature: draft.Signature}}
	name := MessageSent
	if draft.Internal {
		m.Visibility, name = "internal", MessageWhispered
	}
	if err := tx.carried(ctx, by, m, draft.FileIDs, draft.Sticker); err != nil {
		return nil, err
	}
	if m.Kind == "" {
		m.Kind = kindOf(m.Text, m.Files)
	}
	recipients, err := tx.address(ctx, c, m, draft)
	if err != nil {
		return nil, err
	}
	if err := tx.insertMessage(c, m); err != nil {
		return nil, err
	}
	if err := tx.inline(m); err != nil {
		return nil, err
	}
	if err := tx.attach(m); err != nil {
		return nil, err
	}
	if m.Deliveries, err = tx.queueDeliveries(m, recipients); err != nil {
		return nil, err
	}
	facts := Facts{"seq": m.Seq}
	if len(m.Deliveries) > 0 {
		facts["queued"] = len(m.Deliveries) // wakes the channels' outboxes
	}
	if err := quote(ctx, tx, []*Message{m}); err != nil {
		return nil, err
	}
	return m, tx.Record(name, c.ID, int64(m.ID), facts)
}

func (tx *Tx) mayReply(ctx context.Context, by Actor, c *Conversation, draft Draft) error {
	if c.Ticket != nil && c.Ticket.MergedInto != 0 {
		return Conflict("error.ticket_merged", c.Ticket.MergedInto)
	}
	if draft.Internal || by.Agent() == 0 {
		return nil
	}
	if c.Ticket != nil && c.Ticket.Origin == "note" && utf8.RuneCountInString(draft.Text) > NoteText {
		return Invalid("text", "fault.message_too_long", NoteText)
	}
	if c.Ticket != nil {
		return tx.takeTicket(ctx, by, c)
	}
	if c.Status == "closed" {
		return Conflict("error.conversation_closed")
	}
	if !c.Joined {
		return Conflict("error.join_first")
	}
	return tx.takeBack(ctx, by, c)
}

// takeTicket makes the agent who answers a ticket part of it; a closed one opens again.
func (tx *Tx) takeTicket(ctx context.Context, by Actor, c *Conversation) error {
	if c.Status == "closed" {
		if err := tx.setStatus(c, "open"); err != nil {
			return err
		}
		if err := tx.reopen(ctx, c); err != nil {
			return err
		}
	}
	return tx.join(c, by.Agent(), by.Name)
}

// address finds out to whom a message of the channel has to be delivered, and gives a mail its Message-ID, which stays the
// same however often it is sent. A webchat message is delivered by being stored.
func (tx *Tx) address(ctx context.Context, c *Conversation, m *Message, draft Draft) ([]string, error) {
	if c.Channel == Webchat && c.Ticket != nil && c.Ticket.Origin == "note" && m.Visibility == "public" {
		return tx.post(ctx, c, m, draft)
	}
	if c.chatOnPage() && m.Visibility == "public" {
		return tx.fallback(ctx, c, m)
	}
	if c.Channel != Email || m.Visibility != "public" {
		return nil, nil
	}
	inbox, err := findInbox(ctx, tx, c.InboxID)
	if err != nil {
		return nil, Conflict("error.mailbox_gone")
	}
	box, err := MailboxOf(inbox)
	if err != nil {
		return nil, err
	}
	if c.CustomerEmail == "" {
		return nil, Invalid("text", "fault.customer_without_email")
	}
	if err := tx.copies(c, draft); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(box.Address, "@")
	m.ExternalID = "deskbell." + randomID() + "." + c.Token + "@" + domain // the form that mail.IsOwnID knows
	m.Meta.Mail = &MailMeta{From: box.Address, To: []string{c.CustomerEmail}, Subject: draft.Subject}
	if draft.Alone {
		return []string{c.CustomerEmail}, nil
	}
	m.Meta.Mail.CC = c.Ticket.CC
	m.Meta.Mail.BCC = newCopies(c, draft.BCC)
	return append(append([]string{c.CustomerEmail}, c.Ticket.CC...), m.Meta.Mail.BCC...), nil
}

// copies keeps who gets the ticket's answers besides its customer.
func (tx *Tx) copies(c *Conversation, draft Draft) error {
	if !draft.AllCC {
		return tx.setCopies(c, slices.Concat(c.Ticket.CC, newCopies(c, draft.CC)))
	}
	was := c.Ticket.CC
	c.Ticket.CC = nil
	c.Ticket.CC = newCopies(c, draft.CC)
	if slices.Equal(was, c.Ticket.CC) {
		return nil
	}
	if err := tx.setCopies(c, c.Ticket.CC); err != nil {
		return err
	}
	return tx.Record(TicketChanged, c.ID, int64(c.Ticket.ID), Facts{"cc": true}) // the addresses stay out of the log
}

// inline gives the pictures that the HTML shows in their place the name by which it does (RFC 2392): their own.
func (tx *Tx) inline(m *Message) error {
	for i := range m.Files {
		f := &m.Files[i]
		if m.HTML == "" || f.ContentID != "" || !strings.Contains(m.HTML, "cid:"+f.ID) {
			continue
		}
		f.ContentID = f.ID
		if _, err := tx.Exec("update files set content_id = public_id where public_id = ?", f.ID); err != nil {
			return err
		}
	}
	return nil
}
