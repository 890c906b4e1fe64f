package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"deskbell/app/mail"
)

// Message is one entry of a conversation, in the order of Seq, which is the same for both sides.
type Message struct {
	ID             MessageID
	ConversationID ConversationID
	InboxID        InboxID
	Seq            int64  // 1, 2, 3 … within the conversation
	Kind           string // text, image, file, audio, video, sticker, order, track, form or event
	Visibility     string // public, or internal: a whisper, for agents only
	Direction      string // in or out
	AuthorKind     ActorKind
	AuthorID       int64
	AuthorName     string
	Text           string
	HTML           string // as received: to be sanitised when it is shown
	Meta           Meta
	ClientID       string
	ExternalID     string
	RecalledAt     time.Time
	CreatedAt      time.Time
	Files          []File
	Deliveries     []Delivery
	Quote          *Quote    // what it answers, while that is there; nil: nothing
	Began          time.Time // of what a customer reads: when the chat was opened that this message is the first of; zero: it is not the first

	post InboxID // the mailbox by which it goes; 0: its own inbox
}

// Meta is what a message carries besides.
type Meta struct {
	Event  EventName         `json:"event,omitempty"` // of kind event: what happened
	Facts  map[string]any    `json:"facts,omitempty"` // of kind event: who and to whom
	Mail   *MailMeta         `json:"mail,omitempty"`
	Card   map[string]string `json:"card,omitempty"` // order and track: title, price, desc, img_url, item_url, order_title
	Quoted string            `json:"quoted,omitempty"`

	QuotedID MessageID `json:"quoted_id,omitempty"` // the message of the same conversation that it answers
	Auto     bool      `json:"auto,omitempty"`      // written by a program, ours or theirs

	Signature string `json:"signature,omitempty"` // that its writer chose; empty: the mailbox's active one
}

// MailMeta is what a mail's header said.
type MailMeta struct {
	From       string   `json:"from,omitempty"`
	To         []string `json:"to,omitempty"`
	CC         []string `json:"cc,omitempty"`
	BCC        []string `json:"bcc,omitempty"` // of ours: they are named in no mail
	Subject    string   `json:"subject,omitempty"`
	References []string `json:"references,omitempty"`
	Raw        string   `json:"raw,omitempty"`    // SHA-256 of the raw mail in blobs.db, in hexadecimal
	Sum        string   `json:"sum,omitempty"`    // which mail it is, whatever way it took
	Faults     []string `json:"faults,omitempty"` // what could not be read, as mail.Fault says it
	Cut        bool     `json:"cut,omitempty"`    // the words go on in the raw mail

	Quiet bool `json:"quiet,omitempty"` // programs write nothing to its sender by themselves; see leftAlone

	Verdict *MailVerdict `json:"verdict,omitempty"` // nil: the server that we trust said nothing
	Forward *Forwarded   `json:"forward,omitempty"` // nil: its writer sent it himself

	Invitation *mail.Invitation `json:"invitation,omitempty"` // that it brings; nil: none
	Encrypted  bool             `json:"encrypted,omitempty"`  // by S/MIME or PGP: nothing of it can be read here
	Signed     bool             `json:"signed,omitempty"`     // likewise; what its signature is worth is not checked
}

// Lacks says that a part of the mail is not here: it was damaged, cut off on its way, or more than is read of one mail. What could be
// made good, such as a base64 with a footer in it, is not meant.
func (m *MailMeta) Lacks() bool {
	return slices.ContainsFunc(m.Faults, func(fault string) bool {
		kind, _, _ := strings.Cut(fault, ":")
		return slices.Contains([]mail.FaultKind{mail.FaultAttachment, mail.FaultLimit, mail.FaultRead}, mail.FaultKind(kind))
	})
}

// Forwarded is a mail that somebody sent on to the company: its ticket is the writer's or the sender's, and one can be taken for the other.
type Forwarded struct {
	Writer Correspondent `json:"writer"`         // who wrote it first
	Sender Correspondent `json:"sender"`         // who sent it on
	Note   string        `json:"note,omitempty"` // what the sender wrote above it, where the message is the writer's: for agents only
}

// Correspondent is one side of a mail.
type Correspondent struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// String is the name, or the address of one without.
func (c Correspondent) String() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Address
}

// Full is the name with the address.
func (c Correspondent) Full() string {
	if c.Name != "" {
		return c.Name + " <" + c.Address + ">"
	}
	return c.Address
}

// Is says whether the address is his.
func (c Correspondent) Is(address string) bool { return strings.EqualFold(c.Address, address) }

// MailVerdict is what the mailbox's own server found out about a mail's sender: the result of each check in the words of RFC 8601,
// empty where it made none.
type MailVerdict struct {
	SPF   string `json:"spf,omitempty"`
	DKIM  string `json:"dkim,omitempty"`
	DMARC string `json:"dmarc,omitempty"`
}

// Level is what it comes to: proved, doubtful or unsure.
func (v MailVerdict) Level() string {
	switch {
	case v.DMARC == "pass":
		return "proved"
	case v.DMARC == "fail", v.DMARC == "" && v.DKIM != "pass" && (v.SPF == "fail" || v.SPF == "softfail" || v.DKIM == "fail"):
		return "doubtful"
	}
	return "unsure" // an SPF or a DKIM that is right may be another domain's than the one in From
}

// IsEvent says whether the message is a line that says what happened.
func (m *Message) IsEvent() bool { return m.Kind == "event" }

const messageColumns = "m.id, m.conversation_id, m.inbox_id, m.seq, m.kind, m.visibility, m.direction, m.author_kind, m.author_id, m.author_name, m.text, m.html, m.meta, coalesce(m.client_id, ''), coalesce(m.external_id, ''), m.recalled_at, m.created_at"

func scanMessage(row scanner) (*Message, error) {
	var m Message
	var meta string
	var recalled sql.NullInt64
	var created int64
	err := row.Scan(&m.ID, &m.ConversationID, &m.InboxID, &m.Seq, &m.Kind, &m.Visibility, &m.Direction, &m.AuthorKind, &m.AuthorID, &m.AuthorName, &m.Text, &m.HTML, &meta, &m.ClientID, &m.ExternalID, &recalled, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, NotFound
	}
	if err != nil {
		return nil, err
	}
	m.RecalledAt, m.CreatedAt = atNull(recalled), at(created)
	if meta != "{}" {
		err = json.Unmarshal([]byte(meta), &m.Meta)
	}
	if recalled.Valid {
		m.Text, m.HTML, m.Meta = "", "", Meta{}
	}
	return &m, err
}

// insertMessage gives the message its place in the conversation and keeps the conversation's summary in step.
func (tx *Tx) insertMessage(c *Conversation, m *Message) error {
	meta, err := json.Marshal(m.Meta)
	if err != nil {
		return err
	}
	m.ConversationID, m.InboxID, m.Seq = c.ID, c.InboxID, c.LastSeq+1
	if m.CreatedAt.IsZero() {
		m.CreatedAt = tx.now
	}
	res, err := tx.Exec(`insert into messages(conversation_id, inbox_id, seq, kind, visibility, direction, author_kind, author_id, author_name, text, html, meta, client_id, external_id, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ConversationID, m.InboxID, m.Seq, m.Kind, m.Visibility, m.Direction, m.AuthorKind, m.AuthorID, m.AuthorName, m.Text, m.HTML, string(meta), nullText(m.ClientID), nullText(m.ExternalID), ms(m.CreatedAt))
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	m.ID, c.LastSeq = MessageID(id), m.Seq
	return tx.summarise(c, m)
}

func (tx *Tx) summarise(c *Conversation, m *Message) error {
	if m.Visibility != "public" || m.IsEvent() {
		_, err := tx.Exec("update conversations set last_seq = ? where id = ?", m.Seq, c.ID)
		return err
	}
	in, answers := m.Direction == "in", m.AuthorKind == ByAgent && !m.Meta.Auto
	_, err := tx.Exec(`update conversations set last_seq = ?1, last_message_id = ?2, last_at = `+lastAt+`, last_text = ?4, last_direction = ?5,
		received_count = received_count + ?6, customer_read_seq = iif(?6, ?1, customer_read_seq),
		waiting_since = iif(?7, null, iif(?9, coalesce(waiting_since, ?3), waiting_since)),
		answered_count = iif(?7, received_count, answered_count), quiet_since = iif(?6, ?3, quiet_since)
		where id = ?8`, m.Seq, m.ID, ms(tx.now), preview(m), m.Direction, in, answers, c.ID, in && !m.Meta.Auto)
	return err
}

// lastAt is when a message came, for lists that have the newest first. A clock that was set back a little must not put it below what
// came before it: it stands one millisecond above the newest.
const lastAt = "(select iif(newest > ?3 and newest < ?3 + 10800000, newest + 1, ?3) from (select max(last_at) as newest from conversations))"

// preview is what a list shows of a message: its first characters on one line.
func preview(m *Message) string {
	text := strings.Join(strings.Fields(clip(m.Text, 1000)), " ")
	if text == "" && len(m.Files) > 0 {
		if text = m.Files[0].Name; m.Kind == "sticker" {
			text = "[" + text + "]"
		}
	}
	if r := []rune(text); len(r) > 120 {
		text = string(r[:120])
	}
	return text
}

// line writes what happened into the conversation itself, so that it has its place among the messages.
func (tx *Tx) line(c *Conversation, what EventName, visibility string, facts Facts) error {
	_, err := tx.lineOf(c, what, visibility, facts)
	return err
}

// lineOf is line that answers the line.
func (tx *Tx) lineOf(c *Conversation, what EventName, visibility string, facts Facts) (*Message, error) {
	m := &Message{Kind: "event", Visibility: visibility, Direction: "out", AuthorKind: tx.by.Kind, AuthorID: tx.by.ID, AuthorName: tx.by.Name,
		Text: string(what), Meta: Meta{Event: what, Facts: facts}}
	if err := tx.insertMessage(c, m); err != nil {
		return nil, err
	}
	return m, tx.Record(MessageNoted, c.ID, int64(m.ID), Facts{"seq": m.Seq})
}

// MessageList asks for a part of a conversation.
type MessageList struct {
	After  int64 // those with a greater Seq, the oldest first
	Before int64 // without After: those with a smaller Seq; 0: the newest. Always the oldest first within the part
	Limit  int   // 1 to 200
}

// Messages reads a part of a conversation that the actor may see, and says whether there is more beyond it. Customers never
// get what is internal or recalled, and an agent nothing of what is sealed for him.
func (d *Desk) Messages(ctx context.Context, by Actor, id ConversationID, l MessageList) (list []*Message, more bool, err error) {
	if c, err := d.Conversation(ctx, by, id); err != nil || c.Sealed {
		return nil, false, err
	}
	where := "m.conversation_id = ? and m.seq > ? order by m.seq"
	edge := l.After
	if l.After == 0 {
		where, edge = "m.conversation_id = ? and m.seq < ? order by m.seq desc", l.Before
		if l.Before == 0 {
			edge = 1 << 62
		}
	}
	if by.Kind == ByCustomer {
		where = "m.visibility = 'public' and m.recalled_at is null and " + foreign + where
	}
	rows, err := d.read().QueryContext(ctx, "select "+messageColumns+" from messages m where "+where+" limit ?", id, edge, l.Limit+1)
	if list, err = collect(rows, err, scanMessage); err != nil {
		return nil, false, err
	}
	if more = len(list) > l.Limit; more {
		list = list[:l.Limit]
	}
	if l.After == 0 {
		slices.Reverse(list)
	}
	return list, more, d.complete(ctx, list)
}

// foreign leaves out for a customer what came into his ticket by a merge from another customer's, and what that one has written since: his
// answers go where his ticket went.
const foreign = `not exists (select 1 from merged_messages x join merges g on g.id = x.merge_id join conversations s on s.id = g.from_id join conversations o on o.id = m.conversation_id
	where x.message_id = m.id and g.undone_at is null and s.customer_id <> o.customer_id)
	and not (m.author_kind = 'customer' and exists (with recursive led(id) as (select from_id from merges where into_id = m.conversation_id union select g.from_id from led join merges g on g.into_id = led.id)
	select 1 from led join conversations s on s.id = led.id join conversations o on o.id = m.conversation_id where s.customer_id = m.author_id and s.customer_id <> o.customer_id)) and `

// Message finds one message of a conversation that the actor may see.
func (d *Desk) Message(ctx context.Context, by Actor, id MessageID) (*Message, error) {
	m, err := findMessage(ctx, d.read(), "m.id = ?", id)
	if err != nil {
		return nil, err
	}
	if by.Kind == ByCustomer {
		if m, err = findMessage(ctx, d.read(), foreign+"m.visibility = 'public' and m.recalled_at is null and m.id = ?", id); err != nil {
			return nil, err
		}
	}
	if !by.isSystem() {
		if _, err := unsealed(ctx, d.read(), by, m.ConversationID); err != nil {
			return nil, err
		}
	}
	return m, d.complete(ctx, []*Message{m})
}

func findMessage(ctx context.Context, r reader, where string, args ...any) (*Message, error) {
	return scanMessage(r.QueryRowContext(ctx, "select "+messageColumns+" from messages m where "+where, args...))
}

// complete adds files and deliveries to messages that were just read.
func (d *Desk) complete(ctx context.Context, list []*Message) error {
	return complete(ctx, d.read(), list)
}

func complete(ctx context.Context, r reader, list []*Message) error {
	if len(list) == 0 {
		return nil
	}
	byID := make(map[MessageID]*Message, len(list))
	ids := make([]MessageID, 0, len(list))
	for _, m := range list {
		if m.IsEvent() || !m.RecalledAt.IsZero() {
			continue
		}
		byID[m.ID] = m
		ids = append(ids, m.ID)
	}
	set, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	files, err := filesOf(ctx, r, string(set))
	if err != nil {
		return err
	}
	for _, f := range files {
		byID[f.MessageID].Files = append(byID[f.MessageID].Files, f)
	}
	if err := quote(ctx, r, list); err != nil {
		return err
	}
	deliveries, err := deliveriesOf(ctx, r, string(set))
	for _, dl := range deliveries {
		byID[dl.MessageID].Deliveries = append(byID[dl.MessageID].Deliveries, dl)
	}
	return err
}

// Recall takes back a message that the acting agent sent (an admin: any agent's). It stays in the log as recalled.
func (d *Desk) Recall(ctx context.Context, by Actor, id MessageID) error {
	if err := by.Can(Serve); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		m, err := findMessage(ctx, tx, "m.id = ?", id)
		if err != nil {
			return err
		}
		if _, err := tx.conversation(ctx, by, m.ConversationID); err != nil {
			return err
		}
		if m.AuthorKind != ByAgent || m.AuthorID != by.ID && !by.IsAdmin() {
			return Forbidden
		}
		if !m.RecalledAt.IsZero() {
			return nil
		}
		if _, err := tx.Exec("update messages set recalled_at = ? where id = ?", ms(tx.now), id); err != nil {
			return err
		}
		if _, err := tx.Exec("update conversations set last_text = '' where last_message_id = ?", id); err != nil { // lists show it
			return err
		}
		return tx.Record(MessageRecalled, m.ConversationID, int64(id), Facts{"visibility": m.Visibility})
	})
}

// Attached are the files beside the text: a picture that the mail's HTML shows in its place (RFC 2392) is not among them.
func (m *Message) Attached() []File {
	var list []File
	for _, f := range m.Files {
		if f.ContentID == "" || f.Width == 0 || !strings.Contains(m.HTML, "cid:"+f.ContentID) {
			list = append(list, f)
		}
	}
	return list
}
