package web

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// notesPage is the list of notes that visitors have left and, beside it, the one that is open.
type notesPage struct {
	Page
	List    noteList
	Open    *thread
	Agents  []*desk.Agent
	Teams   []*desk.Team
	Widgets []*desk.Inbox
	Admin   bool // the reader may take a file of them home
}

// noteList is a list of notes under its filters.
type noteList struct {
	Rows   []*desk.Conversation
	View   string // mine, unassigned, open (all that are open) or done
	Ask    noteAsk
	Next   string
	Shown  int
	Counts desk.NoteCounts
}

var (
	noteViews = []string{"mine", "unassigned", "open", "done"}
	noteSorts = []string{"written", "created", "oldest"}
)

// Statuses and Sorts are the choices of the filters.
func (l noteList) Statuses() []string { return desk.TicketStatuses }
func (l noteList) Sorts() []string    { return noteSorts }

// Params is the list's address after the question mark, without the page.
func (l noteList) Params() template.URL { return template.URL(l.Ask.params(l.View)) }

// noteAsk is what the filters say, as they stand in the address.
type noteAsk struct {
	Query, Status, Sort string
	Assignee, Widget    string // ids
	From, To            string // days of the reader's calendar on which it was left, both in it
	Since, Until        string // the same of its last message
}

func readNoteAsk(c echo.Context) noteAsk {
	f := filtersOf(c)
	return noteAsk{Query: text(c, "q"), Status: f.known("status", desk.TicketStatuses...), Sort: cmp.Or(f.known("sort", noteSorts...), noteSorts[0]), Assignee: f.id("assignee"), Widget: f.id("widget"),
		From: f.day("from"), To: f.day("to"), Since: f.day("since"), Until: f.day("until")}
}

// Any says whether something is filtered; More whether it is beyond the status.
func (a noteAsk) Any() bool { return a.Query != "" || a.Status != "" || a.More() }
func (a noteAsk) More() bool {
	a.Query, a.Status = "", ""
	return a != noteAsk{Sort: noteSorts[0]}
}

func (a noteAsk) params(view string) string {
	q := chosen(map[string]string{"view": view, "q": a.Query, "status": a.Status, "assignee": a.Assignee, "widget": a.Widget, "from": a.From, "to": a.To, "since": a.Since, "until": a.Until})
	if a.Sort != noteSorts[0] {
		q.Set("sort", a.Sort)
	}
	return q.Encode()
}

// list is the question to the desk; days are those of the reader's zone.
func (a noteAsk) list(view string, zone *time.Location) desk.ConversationList {
	l := desk.ConversationList{Kind: "ticket", Origin: "note", Query: a.Query, Status: a.Status, AgentID: desk.AgentID(number(a.Assignee, 0)), InboxID: desk.InboxID(number(a.Widget, 0)),
		View: map[string]string{"mine": "mine", "unassigned": "all", "open": "all", "done": "closed"}[view], Unassigned: view == "unassigned"}
	if a.Status == "resolved" || a.Status == "closed" {
		l.View = map[bool]string{true: "closed", false: ""}[view == "done"]
		if view == "mine" {
			l.Assigned = true
		}
	}
	if a.Sort != noteSorts[0] {
		l.Sort = a.Sort
	}
	l.From, l.To = days(a.From, a.To, zone)
	l.Since, l.Until = days(a.Since, a.Until, zone)
	return l
}

func (w *Web) notes(c echo.Context) error {
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "notes/_none", nil)
	}
	return w.showNotes(c, nil)
}

func (w *Web) note(c echo.Context) error {
	t, err := w.ticketThread(c)
	if err != nil {
		return err
	}
	if t.C.Ticket.Origin != "note" {
		return w.done(c, "/tickets/"+t.C.Ticket.ID.String(), "")
	}
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "tickets/_opened", t)
	}
	return w.showNotes(c, t)
}

func (w *Web) showNotes(c echo.Context, open *thread) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &notesPage{Open: open, Admin: by.May(desk.ManageTickets)}
	p.Nav = "notes"
	var err error
	if p.List, err = w.noteList(c); err != nil {
		return err
	}
	if p.Agents, err = w.Desk.Agents(ctx, by); err != nil {
		return err
	}
	if p.Teams, err = w.Desk.Teams(ctx, by); err != nil {
		return err
	}
	if p.Widgets, err = w.Desk.Inboxes(ctx, desk.System, desk.Webchat); err != nil {
		return err
	}
	return w.show(c, "notes/index", p)
}

func (w *Web) noteRows(c echo.Context) error {
	list, err := w.noteList(c)
	if err != nil {
		return err
	}
	if c.QueryParam("before") != "" {
		return w.part(c, http.StatusOK, "notes/_more", list)
	}
	return w.part(c, http.StatusOK, "notes/_rows", list)
}

func (w *Web) noteList(c echo.Context) (l noteList, err error) {
	ctx, by := c.Request().Context(), actor(c)
	l = noteList{View: c.QueryParam("view"), Ask: readNoteAsk(c)}
	if !slices.Contains(noteViews, l.View) {
		l.View = "open"
	}
	ask := l.Ask.list(l.View, zoneOf(visitOf(c)))
	ask.Before, ask.Limit = c.QueryParam("before"), pageSize
	if ask.Before == "" {
		ask.Limit = min(max(int(number(c.QueryParam("shown"), pageSize)), pageSize), 200)
	}
	if l.Rows, l.Next, err = w.Desk.Conversations(ctx, by, ask); err != nil {
		return l, err
	}
	l.Shown = len(l.Rows)
	if ask.Before != "" {
		l.Shown += int(number(c.QueryParam("shown"), 0))
		return l, nil
	}
	l.Counts, err = w.Desk.NoteCounts(ctx, by)
	return l, err
}

// exportNotes writes the notes that the list shows, or those that are named, as comma-separated values with all that was said.
func (w *Web) exportNotes(c echo.Context) error {
	ctx, by, zone, say := c.Request().Context(), actor(c), zoneOf(visitOf(c)), w.sayer(c)
	if err := by.Can(desk.ManageTickets); err != nil {
		return err
	}
	view := c.QueryParam("view")
	if !slices.Contains(noteViews, view) {
		view = "open"
	}
	l := readNoteAsk(c).list(view, zone)
	l.Limit = 200
	page := func(after string) ([]*desk.Conversation, string, error) {
		l.Before = after
		return w.Desk.Conversations(ctx, by, l)
	}
	if ids := c.QueryParam("ids"); ids != "" {
		page = func(string) ([]*desk.Conversation, string, error) { return w.notesNamed(c, ids) }
	}
	head := append(w.heads(c, "export.number", "ticket.status", "note.category", "customer.name", "customer.phone"), "QQ")
	head = append(head, w.heads(c, "customer.email", "customer.company", "customer.description", "ticket.assignee", "export.created", "export.subject", "note.content", "note.comments")...)
	return writeTable(w, c, "notes", head, page, func(list []*desk.Conversation) (rows [][]string, err error) {
		sheets, err := w.Desk.NoteSheets(ctx, by, list)
		for _, s := range sheets {
			var said []string
			for _, m := range s.Comments {
				said = append(said, m.CreatedAt.In(zone).Format(time.DateTime)+" "+m.AuthorName+": "+m.Text)
			}
			qq, _ := s.Customer.Data["qq"].(string)
			rows = append(rows, []string{s.Ticket.ID.String(), say("ticket.status." + s.Ticket.Status), s.Category, s.Name, s.Phone, qq, s.Email, s.Customer.Company, s.Customer.Description, s.AssigneeName,
				s.CreatedAt.In(zone).Format(time.DateTime), s.Ticket.Subject, s.Text, strings.Join(said, "\n")})
		}
		return rows, err
	})
}

// notesNamed are the notes with these numbers, at most as many as one bulk change may name.
func (w *Web) notesNamed(c echo.Context, ids string) (list []*desk.Conversation, next string, err error) {
	names := strings.Split(ids, ",")
	for _, s := range names[:min(len(names), desk.MaxBulk)] {
		k, err := w.Desk.TicketByNumber(c.Request().Context(), actor(c), desk.TicketID(number(s, 0)))
		if err != nil && !desk.IsNotFound(err) {
			return nil, "", err
		}
		if err == nil {
			list = append(list, k)
		}
	}
	return list, "", nil
}
