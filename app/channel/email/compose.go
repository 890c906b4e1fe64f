package email

import (
	"context"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

// letter writes a mail as it goes over the line.
type letter interface {
	WriteTo(w io.Writer) (int64, error)
}

// compose makes the mail of a message: threaded, signed, with the customer's last words below.
func (c *Channel) compose(ctx context.Context, in *desk.Inbox, box mailbox, m channel.Outbound) (letter, error) {
	company, err := c.desk.Company(ctx, desk.System)
	if err != nil {
		return nil, err
	}
	// As its customer reads it: nothing of another's that came into his ticket.
	earlier, _, err := c.desk.Messages(ctx, desk.AsCustomer(m.Conversation.CustomerID), m.Conversation.ID, desk.MessageList{Before: m.Message.Seq, Limit: 50})
	if err != nil {
		return nil, err
	}
	files, err := c.files(ctx, m.Message)
	if err != nil {
		return nil, err
	}
	o := mail.Outgoing{
		From: mail.Address{Name: in.Name, Addr: box.Address}, Subject: subject(m, box), Text: m.Message.Text, HTML: m.Message.HTML,
		MessageID: m.Message.ExternalID, Date: m.Message.CreatedAt, Files: files,
	}
	if o.HTML != "" {
		o.HTML = mail.Sanitize(o.HTML, mail.SanitizeOptions{Remote: true, CID: func(cid string) string { return "cid:" + cid }})
	}
	o.To, o.Cc = heads(m)
	if at := box.ReplyAddress(m.Conversation); at != "" {
		o.ReplyTo = []mail.Address{{Name: in.Name, Addr: at}}
	}
	if m.Conversation.Ticket == nil {
		if err := c.inviteBack(ctx, &o, company, m); err != nil {
			return nil, err
		}
	}
	if err := c.linkTicket(ctx, &o, company, m); err != nil {
		return nil, err
	}
	if err := c.linkRating(ctx, &o, m); err != nil {
		return nil, err
	}
	sign(&o, strings.TrimSpace(c.signature(ctx, m.Message))+"\n\n"+box.SignatureOf(m.Message.Meta.Signature))
	thread(&o, earlier, company, m)
	if m.Message.Meta.Auto {
		o.Automatic = mail.AutoReply
		o.Quote = nil // who is said to have written may never have: nobody sends him words of others in our name
	}
	if o.Sign, err = box.signer(); err != nil {
		return nil, err
	}
	return mail.Compose(o)
}

// linkTicket writes below an agent's answer where the customer sees the whole ticket: in his own copy alone, for whoever has the link
// sees what he sees.
func (c *Channel) linkTicket(ctx context.Context, o *mail.Outgoing, company desk.Company, m channel.Outbound) error {
	if c.Words == nil || c.URL == "" || m.Conversation.Ticket == nil || m.Message.AuthorKind != desk.ByAgent || !strings.EqualFold(m.Delivery.Recipient, m.Conversation.CustomerEmail) {
		return nil
	}
	link, err := c.desk.TicketLink(ctx, desk.System, m.Conversation.ID)
	if err != nil || link == "" {
		return err
	}
	customer, err := c.desk.Customer(ctx, desk.System, m.Conversation.CustomerID)
	if err != nil {
		return err
	}
	lang, address := or(customer.Locale, company.Locale), c.URL+"/my/"+link
	below(o, c.Words(lang, "mail.ticket_link", address), address, c.Words(lang, "mail.ticket_open"))
	return nil
}

// below writes words under a mail, in both its forms. An address that is long and says nothing is a link with a name in its HTML.
func below(o *mail.Outgoing, words, link, name string) {
	if o.HTML == "" {
		o.HTML = mail.HTMLFromText(o.Text)
	}
	o.HTML += strings.Replace(mail.HTMLFromText(words), ">"+html.EscapeString(link)+"</a>", ">"+html.EscapeString(name)+"</a>", 1)
	o.Text += "\n\n" + words
}

// linkRating puts the customer's own address of the page on which he rates into the mail that asks him.
func (c *Channel) linkRating(ctx context.Context, o *mail.Outgoing, m channel.Outbound) error {
	if !m.Message.Meta.Auto || m.Message.AuthorKind != desk.BySystem || !strings.Contains(o.Text, desk.RateYours) || !strings.EqualFold(m.Delivery.Recipient, m.Conversation.CustomerEmail) {
		return nil
	}
	own, err := c.desk.RatePath(ctx, desk.System, m.Conversation)
	if err != nil {
		return err
	}
	o.Text, o.HTML = strings.ReplaceAll(o.Text, desk.RateYours, own), strings.ReplaceAll(o.HTML, desk.RateYours, own)
	return nil
}

// inviteBack writes below a chat's message how to go on: by an answer, or in the chat itself.
func (c *Channel) inviteBack(ctx context.Context, o *mail.Outgoing, company desk.Company, m channel.Outbound) error {
	if c.Words == nil || c.URL == "" {
		return nil
	}
	in, err := c.desk.Inbox(ctx, desk.System, m.Conversation.InboxID)
	if desk.IsNotFound(err) {
		return nil // the widget is gone: he can still answer
	}
	if err != nil {
		return err
	}
	customer, err := c.desk.Customer(ctx, desk.System, m.Conversation.CustomerID)
	if err != nil {
		return err
	}
	link, _, err := c.desk.Link(ctx, desk.System, customer.ID, in.ID)
	if err != nil {
		return err
	}
	lang := or(customer.Locale, company.Locale)
	o.Subject = c.Words(lang, "mail.chat_subject", company.Name)
	address := c.URL + "/chat/" + in.PublicID + "#link=" + link
	below(o, c.Words(lang, "mail.chat_go_on", address), address, c.Words(lang, "mail.chat_open"))
	return nil
}

// heads are the addresses in the mail's head; the one that gets this copy is among them. What others wrote among the copies and is no
// address fails its own delivery, and nobody else's.
func heads(m channel.Outbound) (to, cc []mail.Address) {
	if meta := m.Message.Meta.Mail; meta != nil {
		for _, a := range meta.To {
			if mail.Wireable(a) == "" {
				continue
			}
			address := mail.Address{Addr: a}
			if strings.EqualFold(a, m.Conversation.CustomerEmail) {
				address.Name = m.Conversation.CustomerName
			}
			to = append(to, address)
		}
		for _, a := range meta.CC {
			if mail.Wireable(a) != "" {
				cc = append(cc, mail.Address{Addr: a})
			}
		}
	}
	if len(to) == 0 {
		to = []mail.Address{{Addr: m.Delivery.Recipient}}
	}
	return to, cc
}

// subject is the ticket's or the message's own, with the ticket's number, by which the answer is found when the programs on its way
// drop the ids.
func subject(m channel.Outbound, box mailbox) string {
	own := ""
	if m.Message.Meta.Mail != nil {
		own = m.Message.Meta.Mail.Subject
	}
	if own == "" && m.Message.Meta.Auto && m.Message.AuthorKind == desk.BySystem && box.AutoReply.Subject != "" {
		return box.AutoReply.Subject
	}
	t := m.Conversation.Ticket
	if t == nil {
		return own
	}
	s := t.Subject
	if own != "" {
		s = own
	}
	number := fmt.Sprintf("[#%d]", t.ID)
	if !strings.Contains(s, number) {
		s = strings.TrimSpace(s + " " + number)
	}
	if own == "" && m.Message.Seq > 1 && !strings.HasPrefix(strings.ToLower(s), "re:") {
		s = "Re: " + s
	}
	return s
}

// signature is that of the agent who wrote the message.
func (c *Channel) signature(ctx context.Context, m *desk.Message) string {
	if m.AuthorKind != desk.ByAgent || m.Meta.Auto {
		return ""
	}
	a, err := c.desk.Agent(ctx, desk.System, desk.AgentID(m.AuthorID))
	if err != nil { // he is gone
		return ""
	}
	return a.Preferences.Signature
}

func sign(o *mail.Outgoing, signature string) {
	if signature = strings.TrimSpace(signature); signature == "" {
		return
	}
	if o.HTML != "" {
		o.HTML += mail.HTMLFromText("-- \n" + signature)
	}
	o.Text += "\n\n-- \n" + signature // RFC 3676 section 4.3
}

// thread joins the mail to the customer's last one: its id, the ids before it, its words below ours.
func thread(o *mail.Outgoing, earlier []*desk.Message, company desk.Company, m channel.Outbound) {
	for _, e := range earlier {
		if e.ExternalID == "" || e.Visibility != "public" || strings.HasPrefix(e.ExternalID, "sha256:") || strings.HasPrefix(e.ExternalID, "row:") {
			continue
		}
		if e.Direction == "in" && e.Meta.Mail != nil && len(o.References) == 0 {
			o.References = append(o.References, e.Meta.Mail.References...)
		}
		o.References = append(o.References, e.ExternalID)
		o.InReplyTo = e.ExternalID
	}
	if n := len(o.References); n > 20 { // the first and the nearest are what programs go by
		o.References = append(o.References[:1:1], o.References[n-19:]...)
	}
	for i := len(earlier) - 1; i >= 0; i-- {
		if e := earlier[i]; e.Direction == "in" && e.Visibility == "public" && e.RecalledAt.IsZero() && !e.IsEvent() {
			o.Quote = quote(e, company)
			o.InReplyTo = or(mailID(e), o.InReplyTo)
			return
		}
	}
}

// mailID is the Message-ID that a message came with, if it had one.
func mailID(e *desk.Message) string {
	if strings.Contains(e.ExternalID, "@") {
		return e.ExternalID
	}
	return ""
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func quote(e *desk.Message, company desk.Company) *mail.Quote {
	zone, err := time.LoadLocation(company.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	name := e.AuthorName
	if name == "" && e.Meta.Mail != nil {
		name = e.Meta.Mail.From
	}
	return &mail.Quote{At: e.CreatedAt.In(zone), Name: name, Text: clip(e.Text, 20_000), Language: company.Locale}
}

func (c *Channel) files(ctx context.Context, m *desk.Message) ([]mail.File, error) {
	var list []mail.File
	for _, f := range m.Files {
		r, err := c.desk.Blobs().Open(ctx, f.Sum)
		if err != nil {
			return nil, fmt.Errorf("open file %s of message %d: %w", f.ID, m.ID, err)
		}
		one := mail.File{Name: f.Name, Type: f.ContentType, Reader: r}
		if f.ContentID != "" && strings.Contains(m.HTML, "cid:"+f.ContentID) {
			one.CID = f.ContentID
		}
		list = append(list, one)
	}
	return list, nil
}
