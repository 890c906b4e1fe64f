package desk

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Portal is what the company's customers can do without an account.
type Portal struct {
	Links   bool    `json:"links"` // mails carry a link to the ticket's page
	Days    int     `json:"days"`  // for which such a link is good, 1 to 365
	Form    bool    `json:"form"`  // anybody can open a ticket
	InboxID InboxID `json:"inbox"` // the mailbox through which it is answered
	Intro   string  `json:"intro"` // above the form, at most 500 characters
}

// Portal answers the setting: links that are good for ninety days, and no form, unless an admin chose otherwise.
func (d *Desk) Portal(ctx context.Context, by Actor) (Portal, error) {
	p := Portal{Links: true, Days: 90}
	if by.Kind == ByCustomer {
		return p, NotFound
	}
	err := d.setting(ctx, "portal", &p)
	return p, err
}

// ChangePortal stores the setting.
func (d *Desk) ChangePortal(ctx context.Context, by Actor, p Portal) error {
	if err := by.Can(ManageTickets); err != nil {
		return err
	}
	var c check
	if p.Days < 1 || p.Days > 365 {
		c.fault("days", "fault.link_days")
	}
	if p.Intro = strings.TrimSpace(strings.ReplaceAll(p.Intro, "\r\n", "\n")); utf8.RuneCountInString(p.Intro) > 500 {
		c.fault("intro", "fault.too_long", 500)
	}
	if p.Form {
		if in, err := findInbox(ctx, d.read(), p.InboxID); err != nil || in.Channel != Email {
			c.fault("inbox", "fault.mailbox_unknown")
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.changeSetting(ctx, "portal", &Portal{Links: true, Days: 90}, p) })
}

// ticketLink is what a link seals: nothing of it can be read or changed without the key outside the database.
type ticketLink struct {
	Conversation ConversationID `json:"c"`
	Version      int64          `json:"v"`
	Until        int64          `json:"u"` // Unix seconds
}

const ticketLinkPlace = "ticket link"

// TicketLink makes the last part of the address at which a ticket's customer sees it without an account; empty when the company wants
// none.
func (d *Desk) TicketLink(ctx context.Context, by Actor, id ConversationID) (string, error) {
	if by.Kind == ByCustomer {
		return "", Forbidden
	}
	c, err := d.Conversation(ctx, by, id)
	if err != nil || c.Ticket == nil {
		return "", orElse(err, NotFound)
	}
	p, err := d.Portal(ctx, by)
	if err != nil || !p.Links {
		return "", err
	}
	l := ticketLink{Conversation: id, Until: d.Clock().AddDate(0, 0, p.Days).Unix()}
	if err := d.read().QueryRowContext(ctx, "select link_version from tickets where conversation_id = ?", id).Scan(&l.Version); err != nil {
		return "", err
	}
	plain, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(d.box.Seal(plain, ticketLinkPlace)), nil
}

// TicketByLink finds the ticket of a link. All that is wrong with one is answered in the same words: not good, or not any more.
func (d *Desk) TicketByLink(ctx context.Context, by Actor, words, ip string) (*Conversation, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	c, err := d.linked(ctx, by, words)
	if errors.Is(err, voidLink) && !d.throttle.allow(d.Clock(), "ticket links", ip) {
		err = TooMany
	}
	// What went into another ticket of the same customer is read there.
	for n := 0; err == nil && c.Ticket.MergedInto != 0 && n < 20; n++ {
		next, e := d.TicketByNumber(ctx, by, c.Ticket.MergedInto)
		if e != nil || next.CustomerID != c.CustomerID {
			return c, e
		}
		c = next
	}
	return c, err
}

var voidLink = &Error{Kind: KindNotFound, Key: "error.ticket_link"}

func (d *Desk) linked(ctx context.Context, by Actor, words string) (*Conversation, error) {
	var l ticketLink
	sealed, err := base64.RawURLEncoding.DecodeString(words)
	if err != nil || len(words) > 400 {
		return nil, voidLink
	}
	plain, err := d.box.Unseal(sealed, ticketLinkPlace)
	if err != nil || json.Unmarshal(plain, &l) != nil || l.Until < d.Clock().Unix() {
		return nil, voidLink
	}
	p, err := d.Portal(ctx, by)
	if err != nil || !p.Links {
		return nil, orElse(err, voidLink)
	}
	var version int64
	if err := d.read().QueryRowContext(ctx, "select link_version from tickets where conversation_id = ?", l.Conversation).Scan(&version); err != nil || version != l.Version {
		return nil, voidLink
	}
	return d.Conversation(ctx, by, l.Conversation)
}

// RevokeTicketLinks makes all links of a ticket that were sent so far good for nothing, also those of tickets that went into it.
func (d *Desk) RevokeTicketLinks(ctx context.Context, by Actor, id TicketID) (*Conversation, error) {
	if err := by.Can(Serve); err != nil {
		return nil, err
	}
	return d.changeNumber(ctx, by, id, func(tx *Tx, c *Conversation) error {
		if _, err := tx.Exec(`with recursive led(id) as (values (?) union select t.id from led join tickets t on t.merged_into = led.id)
			update tickets set link_version = link_version + 1 where id in (select id from led)`, id); err != nil {
			return err
		}
		return tx.Record(TicketChanged, c.ID, int64(id), Facts{"links": true})
	})
}

// AllowLetter counts what somebody without an account sends, before any file of it is stored: from one place at once it may not be too
// much. about is the ticket that is answered; 0: the public form.
func (d *Desk) AllowLetter(_ context.Context, _ Actor, about ConversationID, ip string) error {
	if about == 0 {
		if !d.strangers.allowStranger(d.Clock(), "request", ip) {
			return TooMany
		}
		return nil
	}
	if !d.throttle.allow(d.Clock(), "letters about "+about.String(), ip) {
		return TooMany
	}
	return nil
}

// AllowFile counts a file that somebody without an account sends, before any of it is stored. size is in bytes; what nobody knows, or is
// more than a file may have, counts as the largest.
func (d *Desk) AllowFile(_ context.Context, _ Actor, ip string, size int64) error {
	if size <= 0 || size > d.Limit.File {
		size = d.Limit.File
	}
	if !d.strangers.allowVolume(d.Clock(), ip, int((size+1<<20-1)>>20)) {
		return TooMany
	}
	return nil
}

// AnswerTicket stores what a customer wrote on his ticket's page, once. See AllowLetter.
func (d *Desk) AnswerTicket(ctx context.Context, by Actor, id ConversationID, in Incoming) (*Received, error) {
	if by.Kind != ByCustomer {
		return nil, Forbidden
	}
	if err := d.checkLetter(in); err != nil {
		return nil, err
	}
	var got *Received
	err := d.Write(ctx, by, func(tx *Tx) error {
		c, err := tx.conversation(ctx, by, id)
		if err != nil || c.Ticket == nil {
			return orElse(err, NotFound)
		}
		got, err = tx.receive(ctx, by, Incoming{InboxID: c.InboxID, ConversationID: c.ID, Text: in.Text, FileIDs: in.FileIDs, ClientID: in.ClientID})
		return err
	})
	return got, err
}

// checkLetter is what is asked of a customer's text on a page: as long as a letter may be.
func (d *Desk) checkLetter(in Incoming) error {
	var c check
	if strings.TrimSpace(in.Text) == "" && len(in.FileIDs) == 0 {
		c.fault("text", "fault.message_empty")
	}
	if utf8.RuneCountInString(in.Text) > d.Limit.AgentText {
		c.fault("text", "fault.message_too_long", d.Limit.AgentText)
	}
	if len(in.FileIDs) > 10 {
		c.fault("files", "fault.too_many_files", 10)
	}
	if len(in.ClientID) > 100 {
		c.fault("client_id", "fault.too_long", 100)
	}
	return c.err()
}

// Request is what somebody wrote into the public form.
type Request struct {
	Name, Email string
	Subject     string
	Text        string
	TopicID     TopicID
	Fields      Filled
	FileIDs     []string
	ClientID    string
}

// OpenRequest makes a ticket of what somebody wrote into the public form. Who he is only his mail address says, as with a mail: he is
// shown nothing of what there was before. See AllowLetter.
func (d *Desk) OpenRequest(ctx context.Context, by Actor, in Request) (*Received, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	p, err := d.Portal(ctx, by)
	if err != nil || !p.Form {
		return nil, orElse(err, NotFound)
	}
	var c check
	in.Email = strings.ToLower(checkEmail(&c, "email", in.Email))
	if in.Name = oneLine(in.Name); utf8.RuneCountInString(in.Name) > 140 {
		c.fault("name", "fault.too_long", 140)
	}
	if in.Subject = oneLine(in.Subject); in.Subject == "" {
		c.fault("subject", "fault.subject_missing")
	}
	if utf8.RuneCountInString(in.Subject) > 200 {
		c.fault("subject", "fault.too_long", 200)
	}
	if err := joinFaults(c.err(), d.checkLetter(Incoming{Text: in.Text, FileIDs: in.FileIDs, ClientID: in.ClientID})); err != nil {
		return nil, err
	}
	var got *Received
	err = d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.knownTopic(ctx, in.TopicID); err != nil {
			return err
		}
		filled := Filled{}
		if err := tx.fillPublic(ctx, filled, in.Fields); err != nil {
			return err
		}
		got, err = tx.receive(ctx, by, Incoming{InboxID: p.InboxID, Text: in.Text, FileIDs: in.FileIDs, ClientID: in.ClientID,
			Identity: Identity{Channel: Email, ExternalID: in.Email}, Customer: Customer{Name: in.Name, Email: in.Email},
			Ticket: &NewTicket{Subject: in.Subject, Origin: "mail", TopicID: in.TopicID, Fields: filled}})
		if err != nil {
			return err
		}
		made, err := tx.conversation(ctx, System, got.ConversationID)
		if err != nil || made.Ticket == nil {
			return err
		}
		return tx.holdFiles(ctx, made)
	})
	return got, err
}

// fillPublic takes the fields that customers fill in, and no others.
func (tx *Tx) fillPublic(ctx context.Context, have, in Filled) error {
	all, err := formFields(ctx, tx)
	if err != nil {
		return err
	}
	asked := Filled{}
	for _, f := range all {
		if f.Public {
			asked[f.ID] = in[f.ID]
		}
	}
	_, err = tx.fill(ctx, have, asked, false)
	return err
}

// formGoodFor is how long a form may lie open before it is sent.
const formGoodFor = 24 * time.Hour

// FormStamp says when a form was drawn, so that nobody can tell otherwise.
func (d *Desk) FormStamp(_ context.Context, _ Actor) string {
	plain, _ := d.Clock().UTC().MarshalText()
	return base64.RawURLEncoding.EncodeToString(d.box.Seal(plain, "form stamp"))
}

// FilledByHand tells a person from a program: not within three seconds, nor after a day.
func (d *Desk) FilledByHand(_ context.Context, _ Actor, stamp string) bool {
	var drawn time.Time
	sealed, err := base64.RawURLEncoding.DecodeString(stamp)
	if err != nil {
		return false
	}
	plain, err := d.box.Unseal(sealed, "form stamp")
	if err != nil || drawn.UnmarshalText(plain) != nil {
		return false
	}
	took := d.Clock().Sub(drawn)
	return took >= 3*time.Second && took < formGoodFor
}
