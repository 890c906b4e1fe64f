// Package wire is the JSON forms of the desk's nouns, one for each, shared by the API, the visitors' API and the streams.
//
// It promises that ids are opaque strings, times RFC 3339 in UTC, and that a form made for a visitor holds nothing that is
// for agents only.
package wire

import (
	"time"

	"deskbell/app/desk"
)

// Reader is for whom a form is made: it decides the addresses of files and what is left out.
type Reader struct {
	Files   string // address before a file's id, such as "/api/v1/files/"
	Visitor bool

	Nameless bool // a visitor who is not told who the agents are
}

// Agent and Visitor are the two kinds of reader; Console is an agent with a cookie.
var (
	Agent   = Reader{Files: "/api/v1/files/"}
	Console = Reader{Files: "/files/"}
	Visitor = Reader{Files: "/visitor/v1/files/", Visitor: true}
)

// Author is who wrote a message.
type Author struct {
	Type string `json:"type" enum:"customer,agent,robot,system"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// NamelessVisitor is a visitor who is not told the names of agents.
var NamelessVisitor = Reader{Files: Visitor.Files, Visitor: true, Nameless: true}

// VisitorOf is the one or the other.
func VisitorOf(nameless bool) Reader {
	if nameless {
		return NamelessVisitor
	}
	return Visitor
}

// File is an attachment.
type File struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Size        int64  `json:"size" doc:"Bytes"`
	ContentType string `json:"content_type"`
	URL         string `json:"url"`
	ThumbURL    string `json:"thumb_url,omitempty"`
	Width       int    `json:"width,omitempty"`
	Height      int    `json:"height,omitempty"`
}

// Delivery is how far a message has come; the worst of its recipients.
type Delivery struct {
	State string `json:"state" enum:"queued,sent,delivered,read,failed,bounced"`
	Error string `json:"error" doc:"The other side's own words"`
}

// Quote is the message that another one answers.
type Quote struct {
	ID     string `json:"id"`
	Author Author `json:"author"`
	Text   string `json:"text" doc:"Its first characters"`
}

// Message is one entry of a conversation.
type Message struct {
	ID             string            `json:"id"`
	ConversationID string            `json:"conversation_id"`
	TicketID       string            `json:"ticket_id,omitempty"`
	Seq            int64             `json:"seq" doc:"The order within the conversation, the same for both sides"`
	Kind           string            `json:"kind" enum:"text,image,file,audio,video,sticker,order,track,form,event"`
	Visibility     string            `json:"visibility" enum:"public,internal"`
	Direction      string            `json:"direction" enum:"in,out"`
	Author         Author            `json:"author"`
	Text           string            `json:"text"`
	HTML           string            `json:"html"`
	Files          []File            `json:"files" nullable:"false"`
	Event          map[string]any    `json:"event,omitempty" doc:"Of kind event: what happened"`
	Card           map[string]string `json:"card,omitempty" doc:"Of kind order and track"`
	Quote          *Quote            `json:"quote,omitempty" doc:"The message that it answers"`
	Delivery       *Delivery         `json:"delivery,omitempty"`
	ClientID       string            `json:"client_id,omitempty"`
	ExternalID     string            `json:"external_id,omitempty"`
	RecalledAt     *time.Time        `json:"recalled_at,omitempty"`
	CreatedAt      time.Time         `json:"created_at"`
	BeganAt        *time.Time        `json:"began_at,omitempty" doc:"In a visitor's history, of the first message of a chat: when the chat was opened"`
}

// Message makes a message's form. html is mail as it was received; the reader sanitises it.
func (r Reader) Message(m *desk.Message) Message {
	w := Message{
		ID: m.ID.String(), ConversationID: m.ConversationID.String(), Seq: m.Seq, Kind: m.Kind, Visibility: m.Visibility, Direction: m.Direction,
		Author: Author{Type: string(m.AuthorKind), ID: desk.AgentID(m.AuthorID).String(), Name: m.AuthorName},
		Text:   m.Text, HTML: m.HTML, Files: []File{}, Card: m.Meta.Card, ClientID: m.ClientID, CreatedAt: m.CreatedAt, BeganAt: moment(m.Began),
	}
	if r.Nameless && m.AuthorKind == desk.ByAgent {
		w.Author = Author{Type: string(desk.ByAgent)}
	}
	if q := m.Quote; q != nil {
		w.Quote = &Quote{ID: q.ID.String(), Author: Author{Type: string(q.AuthorKind), Name: q.AuthorName}, Text: q.Text}
		if r.Nameless && q.AuthorKind == desk.ByAgent {
			w.Quote.Author.Name = ""
		}
	}
	for i := range m.Files {
		w.Files = append(w.Files, r.File(&m.Files[i]))
	}
	if m.IsEvent() {
		w.Event = map[string]any{"name": m.Meta.Event}
		for k, v := range m.Meta.Facts {
			if !r.Nameless || k == "kind" {
				w.Event[k] = v
			}
		}
	}
	if !m.RecalledAt.IsZero() {
		w.RecalledAt = &m.RecalledAt
	}
	if r.Visitor {
		w.HTML = ""
		return w
	}
	w.ExternalID = m.ExternalID
	if state, words := m.DeliveryState(); state != "" {
		w.Delivery = &Delivery{state, words}
	}
	return w
}

// File makes a file's form.
func (r Reader) File(f *desk.File) File {
	w := File{ID: f.ID, Name: f.Name, Size: f.Size, ContentType: f.ContentType, URL: r.Files + f.ID, Width: f.Width, Height: f.Height}
	if f.Thumb != nil {
		w.ThumbURL = w.URL + "?thumb=1"
	}
	return w
}

// Person is an agent, a customer or a team named beside something else.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
}

// Ticket is what a conversation has besides when it is a ticket.
type Ticket struct {
	ID             string            `json:"id" doc:"The number that people see"`
	ConversationID string            `json:"conversation_id"`
	Subject        string            `json:"subject"`
	Status         string            `json:"status" enum:"open,pending,resolved,closed"`
	NamedStatus    *Person           `json:"named_status" doc:"The finer word that the company has for it"`
	Priority       string            `json:"priority" enum:"low,normal,high,urgent"`
	Origin         string            `json:"origin" enum:"mail,note,chat,agent,api"`
	CC             []string          `json:"cc" nullable:"false"`
	Topic          *Person           `json:"topic"`
	Fields         map[string]string `json:"fields" doc:"What the form fields hold, by the id of the field; of several choices a line each"`
	ParentID       *string           `json:"parent_id" doc:"The ticket above it"`
	MergedInto     *string           `json:"merged_into" doc:"Where what was said in it is now"`
	Snoozed        bool              `json:"snoozed"`
	SnoozedUntil   *time.Time        `json:"snoozed_until" doc:"null while snoozed: until the customer answers"`
	SLA            []SLA             `json:"sla" nullable:"false" doc:"How it stands to what was promised"`
	MailboxID      string            `json:"mailbox_id"`
	Customer       Person            `json:"customer"`
	Team           *Person           `json:"team"`
	Assignee       *Person           `json:"assignee"`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
}

// SLA is how a ticket stands to one promise.
type SLA struct {
	Kind  string     `json:"kind" enum:"first,next,resolution" doc:"The first answer, each next one, or the resolution"`
	State string     `json:"state" enum:"running,soon,paused,breached,met"`
	DueAt *time.Time `json:"due_at" doc:"While it runs"`
	MetAt *time.Time `json:"met_at"`
	Late  bool       `json:"late" doc:"It was broken, kept since or not"`
}

func promises(clocks []desk.SLAClock) []SLA {
	w := []SLA{}
	for _, k := range clocks {
		w = append(w, SLA{k.Kind, k.State(), moment(k.DueAt), moment(k.MetAt), !k.BreachedAt.IsZero()})
	}
	return w
}

// Ticket makes the form of a conversation that is a ticket.
func (r Reader) Ticket(c *desk.Conversation) Ticket {
	t := c.Ticket
	return Ticket{SLA: promises(t.SLA), ID: t.ID.String(), ConversationID: c.ID.String(), Subject: t.Subject, Status: t.Status, Priority: t.Priority, Origin: t.Origin, CC: append([]string{}, t.CC...), Topic: named(t.TopicID, t.TopicName), Fields: filled(t.Fields),
		MailboxID: c.InboxID.String(), Customer: Person{c.CustomerID.String(), c.CustomerName, c.CustomerEmail}, Team: named(c.TeamID, c.TeamName), Assignee: named(c.AssigneeID, c.AssigneeName),
		NamedStatus: named(t.StatusID, t.StatusName), ParentID: number(t.ParentID), MergedInto: number(t.MergedInto), Snoozed: t.Snoozed, SnoozedUntil: moment(t.SnoozedUntil),
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt}
}

func number(id desk.TicketID) *string {
	if id == 0 {
		return nil
	}
	s := id.String()
	return &s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func filled(f desk.Filled) map[string]string {
	w := map[string]string{}
	for id, v := range f {
		w[id.String()] = v
	}
	return w
}

func named[T interface {
	~int64
	String() string
}](id T, name string) *Person {
	if id == 0 {
		return nil
	}
	return &Person{ID: id.String(), Name: name}
}

// Conversation is the thread with one customer in one inbox. A visitor gets of it what concerns him.
type Conversation struct {
	ID            string     `json:"id"`
	Kind          string     `json:"kind" enum:"chat,ticket"`
	Status        string     `json:"status" enum:"waiting,open,closed"`
	Channel       string     `json:"channel"`
	InboxID       string     `json:"inbox_id,omitempty"`
	TicketID      string     `json:"ticket_id,omitempty"`
	Customer      *Person    `json:"customer,omitempty"`
	Team          *Person    `json:"team,omitempty"`
	Agent         *Person    `json:"agent"`
	LastSeq       int64      `json:"last_seq"`
	LastText      string     `json:"last_text,omitempty"`
	LastAt        time.Time  `json:"last_at"`
	Unread        int        `json:"unread"`
	Joined        bool       `json:"joined"`
	WaitingSince  *time.Time `json:"waiting_since,omitempty"`
	ReadSeq       int64      `json:"customer_read_seq"`
	AgentsReadSeq int64      `json:"agent_read_seq"`
	CreatedAt     time.Time  `json:"created_at"`
	ClosedAt      *time.Time `json:"closed_at,omitempty"`
	QueuePosition int        `json:"queue_position,omitempty" doc:"The visitor's place in the queue, from 1; only for him, and when he is to be told"`
}

// Conversation makes a conversation's form.
func (r Reader) Conversation(c *desk.Conversation) Conversation {
	w := Conversation{ID: c.ID.String(), Kind: c.Kind, Status: c.Status, Channel: c.Channel, Agent: named(c.AssigneeID, c.AssigneeName), LastSeq: c.LastSeq,
		LastAt: c.LastAt, ReadSeq: c.CustomerReadSeq, AgentsReadSeq: c.AgentReadSeq, CreatedAt: c.CreatedAt}
	if !c.ClosedAt.IsZero() {
		w.ClosedAt = &c.ClosedAt
	}
	if r.Nameless {
		w.Agent = nil
	}
	if r.Visitor {
		return w
	}
	w.InboxID, w.Customer, w.Team, w.LastText, w.Unread, w.Joined = c.InboxID.String(), &Person{c.CustomerID.String(), c.CustomerName, c.CustomerEmail}, named(c.TeamID, c.TeamName), c.LastText, c.Unread, c.Joined
	if c.Ticket != nil {
		w.TicketID = c.Ticket.ID.String()
	}
	if !c.WaitingSince.IsZero() {
		w.WaitingSince = &c.WaitingSince
	}
	return w
}
