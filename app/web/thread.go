package web

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// thread is one open conversation or ticket: its messages and what can be done.
type thread struct {
	C        *desk.Conversation
	Items    []item
	Older    int64          // the Seq before which there is more; 0: the beginning is here
	After    int64          // the Seq that the page has come to
	At       desk.MessageID // that one came to see; 0: the end
	Find     string         // what one looks for in it
	Places   []place        // where that stands
	Later    bool           // there is more behind what is shown around it
	People   []*desk.Agent
	Customer *desk.Customer
	Trail    []desk.PageVisit
	Past     []*desk.Conversation
	Summary  *summary
	Tags     *customerTagging
	Block    *customerBlock
	Pin      *pinned // nil: a ticket
	Rating   *ratingPart
	Stars    map[desk.ConversationID]int // that the customer gave, as far as the reader sees it
	Agents   []*desk.Agent               // whom it can be given to
	Teams    []*desk.Team
	Topics   []*desk.Topic
	Fields   []*desk.FormField
	Files    map[desk.FormFieldID]*desk.File // that the fields hold
	Also     []*desk.Team                    // who see it besides: they were addressed too
	Note     *desk.Note                      // as the visitor left it; nil: none
	Draft    *desk.KeptDraft                 // what the reader is writing
	Planned  []*desk.Planned
	Named    []desk.NamedStatus
	Follow   []*desk.Agent        // who follows the ticket
	Children []*desk.Conversation // the tickets below it
	Parent   *desk.Conversation   // above it; nil: none that one may see
	Moved    int64                // how often messages had been taken out of it when the page was drawn
	Transfer *desk.Transfer       // that waits for an answer; nil: none
	Sheet    *desk.CheatSheet     // of its team; nil: the reader has none to see
	Meets    bool                 // a video meeting can be offered
	Confirm  bool                 // a transfer to an agent is always confirmed
	Signs    []string             // names of the signatures that he may choose from, the active one first; empty: no choice
	Me       *desk.Agent
	View     string // the list's view, so that going back finds it
	Back     string // the page that led here, when it is not the list: /history?…
	Changed  bool   // head and composer are drawn too
	State    string // changes when head or composer would
	ClientID string // of the message that this answer is about
	Region   string // where the customer's address is, when the desk can tell
	ByMail   bool   // the visitor has gone: what is written goes to him by mail
	Limit    int    // characters in an agent's message
	FileMax  int64  // bytes in a file

	zone *time.Location
}

// Mode says what can be done in the composer: write, join (before writing) or closed.
func (t *thread) Mode() string {
	switch {
	case t.C.Ticket != nil && t.C.Ticket.MergedInto != 0:
		return "merged"
	case t.C.Ticket != nil:
		return "write"
	case t.C.Status == "closed":
		return "closed"
	case !t.C.Joined:
		return "join"
	}
	return "write"
}

// Mailed says whether what is written goes out as mail, so that it can be set in type and copied to others.
func (t *thread) Mailed() bool { return t.C.Ticket != nil && t.C.Channel == desk.Email }

// Copies are the addresses that get the answers too, as they stand in a field.
func (t *thread) Copies() string { return strings.Join(t.C.Ticket.CC, ", ") }

// Path is where the thread lives: /conversations/12 or /tickets/3.
func (t *thread) Path() string {
	if t.C.Ticket != nil {
		return "/tickets/" + t.C.Ticket.ID.String()
	}
	return "/conversations/" + t.C.ID.String()
}

// Home is the list to which it belongs.
func (t *thread) Home() string {
	switch {
	case t.C.Ticket == nil:
		return "/conversations"
	case t.C.Ticket.Origin == "note":
		return "/notes"
	}
	return "/tickets"
}

// Here is the thread's address, by which one still finds back.
func (t *thread) Here() string { return t.at(url.Values{}) }

// PlaceAt is the address of a place in it that was found.
func (t *thread) PlaceAt(p place) string {
	return t.at(url.Values{"at": {p.ID.String()}, "find": {t.Find}})
}

func (t *thread) at(q url.Values) string {
	if t.Back != "" {
		q.Set("back", t.Back)
	}
	if len(q) == 0 {
		return t.Path()
	}
	return t.Path() + "?" + q.Encode()
}

// StatusOptions and the others below are the choices of a ticket's selects.
func (t *thread) Statuses() []statusChoice { return statusChoices(t.Named) }
func (t *thread) Priorities() []string     { return desk.Priorities }

// Others are the agents in it besides the reader.
func (t *thread) Others() (list []*desk.Agent) {
	for _, a := range t.People {
		if a.ID != t.Me.ID {
			list = append(list, a)
		}
	}
	return list
}

// Outside are the agents who can be invited.
func (t *thread) Outside() (list []*desk.Agent) {
	for _, a := range t.Agents {
		if a.Enabled && a.ID != t.Me.ID && !slices.ContainsFunc(t.People, func(p *desk.Agent) bool { return p.ID == a.ID }) {
			list = append(list, a)
		}
	}
	return list
}

const messagesShown = 40

// thread reads a conversation with its newest messages and all that stands beside it.
func (w *Web) thread(c echo.Context, id desk.ConversationID) (*thread, error) {
	ctx, by := c.Request().Context(), actor(c)
	t, err := w.threadHead(c, id)
	if err != nil {
		return nil, err
	}
	if err := w.said(c, t); err != nil {
		return nil, err
	}
	if err := w.findIn(c, t); err != nil {
		return nil, err
	}
	if t.After = t.C.LastSeq; t.C.Sealed {
		t.After = 0 // all of it comes when he joins
	}
	if t.Customer, err = w.Desk.Customer(ctx, by, t.C.CustomerID); err != nil {
		return nil, err
	}
	t.Block = blockOf(c, t.Customer)
	if t.Tags, err = w.taggingOf(c, t.C.CustomerID); err != nil {
		return nil, err
	}
	if t.Trail, err = w.Desk.Trail(ctx, by, t.C.CustomerID); err != nil {
		return nil, err
	}
	if len(t.Trail) > 0 {
		t.Region = w.region(c, t.Trail[0].IP)
	}
	if t.C.Ticket == nil {
		if t.Summary, err = w.summaryOf(c, id); err != nil {
			return nil, err
		}
		t.Pin = &pinned{ID: id}
		if t.Pin.On, err = w.Desk.Pinned(ctx, by, id); err != nil {
			return nil, err
		}
	}
	if t.Rating, err = w.ratingPart(c, t.C); err != nil {
		return nil, err
	}
	if t.Stars, err = w.Desk.StarsOf(ctx, by, t.C.CustomerID); err != nil {
		return nil, err
	}
	past, _, err := w.Desk.Conversations(ctx, by, desk.ConversationList{CustomerID: t.C.CustomerID, Limit: 11})
	for _, p := range past {
		if p.ID != id {
			t.Past = append(t.Past, p)
		}
	}
	return t, err
}

// messagesAround is how many messages are shown from a place that one came to see, and how many before it.
const (
	messagesAround = 400
	messagesBefore = 10
)

// said reads the newest messages of a thread, or those around one that the address names.
func (w *Web) said(c echo.Context, t *thread) error {
	ctx, by := c.Request().Context(), actor(c)
	ask := desk.MessageList{Limit: messagesShown}
	if at := desk.MessageID(number(c.QueryParam("at"), 0)); at > 0 {
		m, err := w.Desk.Message(ctx, by, at)
		if err != nil && !desk.IsNotFound(err) {
			return err
		}
		if err == nil && m.ConversationID == t.C.ID {
			t.At = at
			ask = desk.MessageList{After: m.Seq - messagesBefore - 1, Limit: messagesAround}
			if ask.After <= 0 {
				ask.After = -1 // from the beginning
			}
		}
	}
	list, more, err := w.Desk.Messages(ctx, by, t.C.ID, ask)
	if err != nil {
		return err
	}
	t.fill(list, nil)
	switch {
	case t.At != 0:
		if t.Later = more; ask.After > 0 && len(list) > 0 {
			t.Older = list[0].Seq
		}
	case more && len(list) > 0:
		t.Older = list[0].Seq
	}
	return nil
}

// threadHead reads what the head and the composer need.
func (w *Web) threadHead(c echo.Context, id desk.ConversationID) (*thread, error) {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	t := &thread{Me: v.agent, View: c.QueryParam("view"), Back: backTo(c.FormValue("back")), Limit: w.Desk.Limit.AgentText, FileMax: w.Desk.Limit.File, zone: v.reader.Zone}
	var err error
	if t.C, err = w.Desk.Conversation(ctx, by, id); err != nil {
		return nil, err
	}
	if t.C.Ticket != nil && t.C.Ticket.Origin == "note" {
		t.Limit = desk.NoteText
	}
	if t.ByMail, err = w.Desk.FallsBack(ctx, by, id); err != nil {
		return nil, err
	}
	if t.People, err = w.Desk.Participants(ctx, by, id); err != nil {
		return nil, err
	}
	if t.Agents, err = w.Desk.Agents(ctx, by); err != nil {
		return nil, err
	}
	if t.Teams, err = w.Desk.Teams(ctx, by); err != nil {
		return nil, err
	}
	if t.Draft, err = w.Desk.Drafted(ctx, by, id); err != nil {
		return nil, err
	}
	if t.Transfer, err = w.Desk.PendingTransfer(ctx, by, id); err != nil {
		return nil, err
	}
	how, err := w.Desk.Handling(ctx, by)
	if err != nil {
		return nil, err
	}
	if t.Sheet, err = w.sheetOf(c, t.C.TeamID); err != nil {
		return nil, err
	}
	t.Meets = how.Conference != ""
	t.Confirm = how.ConfirmTransfers && !by.IsAdmin() && t.C.Kind == "chat" && t.C.AssigneeID != 0
	if t.Planned, err = w.Desk.PlannedReplies(ctx, by, id); err != nil {
		return nil, err
	}
	if t.C.Ticket != nil {
		if err := w.ticketHead(c, t); err != nil {
			return nil, err
		}
		if t.Signs, err = w.Desk.Signatures(ctx, by, id); err != nil {
			return nil, err
		}
	}
	t.Moved = t.C.Moved
	h := fnv.New32a()
	fmt.Fprint(h, t.C.Status, t.C.Joined, t.C.AssigneeID, t.C.TeamID, t.C.CustomerID, t.C.CustomerName)
	if t.Transfer != nil {
		fmt.Fprint(h, "transfer", t.Transfer.ID)
	}
	if t.C.Ticket != nil {
		for _, k := range t.C.Ticket.SLA {
			fmt.Fprint(h, k.Kind, k.State(), k.DueAt)
		}
	}
	for _, p := range t.People {
		fmt.Fprint(h, p.ID, p.Name)
	}
	if tk := t.C.Ticket; tk != nil {
		fmt.Fprint(h, tk.Status, tk.Priority, tk.Subject, tk.CC, tk.TopicID, tk.Fields, tk.StatusID, tk.StatusName, tk.ParentID, tk.MergedInto, tk.Snoozed, tk.SnoozedUntil)
		for _, a := range t.Follow {
			fmt.Fprint(h, "f", a.ID)
		}
		for _, k := range t.Children {
			fmt.Fprint(h, "k", k.ID, k.Status)
		}
	}
	t.State = fmt.Sprintf("%x", h.Sum32())
	return t, nil
}

// ticketHead is what stands above and beside a ticket besides.
func (w *Web) ticketHead(c echo.Context, t *thread) (err error) {
	ctx, by := c.Request().Context(), actor(c)
	if err = w.Desk.FillSLA(ctx, by, []*desk.Conversation{t.C}); err != nil {
		return err
	}
	if t.Topics, err = w.Desk.Topics(ctx, by); err != nil {
		return err
	}
	if t.Also, err = w.Desk.AlsoSeenBy(ctx, by, t.C.ID); err != nil {
		return err
	}
	if t.Note, err = w.Desk.NoteOf(ctx, by, t.C.Ticket.ID); err != nil {
		return err
	}
	if t.Fields, err = w.Desk.FormFields(ctx, by); err != nil {
		return err
	}
	if t.Files, err = w.filesOf(c, by, t.Fields, t.C.Ticket.Fields); err != nil {
		return err
	}
	return w.ticketBeside(c, t)
}

// Asked are the form fields with what the ticket has of them.
func (t *thread) Asked() (list []asked) {
	for _, f := range t.Fields {
		list = append(list, asked{F: f, Value: t.C.Ticket.Fields[f.ID], File: t.Files[f.ID]})
	}
	return list
}

// Assignees are the choices of "assigned to".
func (t *thread) Assignees() []view.Option {
	var o []view.Option
	for _, a := range t.Agents {
		if a.Enabled {
			o = append(o, view.Option{Value: a.ID.String(), Text: a.Name})
		}
	}
	return o
}
