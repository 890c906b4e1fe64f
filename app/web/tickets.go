package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// ticketsPage is the list of tickets and, beside it, the one that is open.
type ticketsPage struct {
	Page
	List ticketList
	Open *thread

	Agents []*desk.Agent // to whom the ticked ones can be given
	Teams  []*desk.Team
	Topics []*desk.Topic
	Tags   []*desk.Tag
	Boxes  []*desk.Inbox
	Fields []fieldFilter
}

// ticketList is a list of tickets under its filters.
type ticketList struct {
	Rows   []*desk.Conversation
	View   string // open (open and pending), mine, unassigned, followed, snoozed, done
	Ask    ticketAsk
	Next   string
	Shown  int
	Counts desk.Counts
	Saved  []savedView
	Named  []desk.NamedStatus
	Fields []*desk.FormField
}

// savedView is a view that somebody keeps, and how many tickets it holds.
type savedView struct {
	desk.SavedView
	Count string // empty: not counted
}

// How many of the kept views are counted, and up to where.
const (
	viewsCounted = 12
	viewMost     = 100
)

// upTo writes a count that stopped at most.
func upTo(n, most int) string {
	if n >= most {
		return strconv.Itoa(most-1) + "+"
	}
	return strconv.Itoa(n)
}

func (l ticketList) Followed() string { return upTo(l.Counts.Followed, desk.CountMost) }
func (l ticketList) Snoozed() string  { return upTo(l.Counts.Snoozed, desk.CountMost) }
func (l ticketList) Done() string     { return upTo(l.Counts.Done, desk.CountMost) }

var ticketViews = []string{"open", "mine", "unassigned", "followed", "snoozed", "done"}

func (l ticketList) Statuses() []statusChoice { return statusChoices(l.Named) }
func (l ticketList) Priorities() []string     { return desk.Priorities }
func (l ticketList) Origins() []string        { return desk.Origins }
func (l ticketList) Promises() []string       { return desk.SLAStates }
func (l ticketList) Sorts() []string          { return ticketSorts }

// Params is the list's address after the question mark, without the page.
func (l ticketList) Params() template.URL { return template.URL(l.Ask.params(l.View)) }

// Current says whether a saved view is the one that is shown.
func (l ticketList) Current(v savedView) bool { return v.Query == string(l.Params()) }

// Address is a saved view's, fit for a link.
func (l ticketList) Address(v savedView) template.URL { return template.URL(v.Query) }

func (w *Web) tickets(c echo.Context) error {
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "tickets/_none", nil)
	}
	return w.showTickets(c, nil)
}

func (w *Web) ticket(c echo.Context) error {
	t, err := w.ticketThread(c)
	if err != nil {
		return err
	}
	if err := w.Desk.ReadNotificationsOf(c.Request().Context(), actor(c), t.C.ID); err != nil {
		return err
	}
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "tickets/_opened", t)
	}
	return w.showTickets(c, t)
}

func (w *Web) ticketThread(c echo.Context) (*thread, error) {
	number, err := param[desk.TicketID](c, "number")
	if err != nil {
		return nil, err
	}
	t, err := w.Desk.TicketByNumber(c.Request().Context(), actor(c), number)
	if err != nil {
		return nil, err
	}
	return w.thread(c, t.ID)
}

func (w *Web) showTickets(c echo.Context, open *thread) error {
	p := &ticketsPage{Open: open}
	p.Nav = "tickets"
	fields, err := w.Desk.FormFields(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	if p.List, err = w.ticketList(c, fields); err != nil {
		return err
	}
	p.Fields = p.List.Ask.filters(fields)
	if p.List.Named, err = w.Desk.NamedStatuses(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	if p.Agents, err = w.Desk.Agents(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	if p.Teams, err = w.Desk.Teams(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	if p.Topics, err = w.Desk.Topics(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	if p.Tags, err = w.Desk.Tags(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	if p.Boxes, err = w.Desk.Inboxes(c.Request().Context(), desk.System, desk.Email); err != nil {
		return err
	}
	return w.show(c, "tickets/index", p)
}

func (w *Web) ticketRows(c echo.Context) error {
	fields, err := w.Desk.FormFields(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	list, err := w.ticketList(c, fields)
	if err != nil {
		return err
	}
	if c.QueryParam("before") != "" {
		return w.part(c, http.StatusOK, "tickets/_more", list)
	}
	// What was asked for stands in the address, unless that names the ticket which is open; what follows the news asks nothing new.
	if from, err := url.Parse(c.Request().Header.Get("HX-Current-URL")); err == nil && from.Path == "/tickets" && c.Request().Header.Get("HX-Trigger") != "rows" {
		c.Response().Header().Set("HX-Replace-Url", "/tickets?"+string(list.Params()))
	}
	return w.part(c, http.StatusOK, "tickets/_rows", list)
}

func (w *Web) ticketList(c echo.Context, fields []*desk.FormField) (l ticketList, err error) {
	ctx, by := c.Request().Context(), actor(c)
	l = ticketList{View: viewOf(c.QueryParams()), Ask: readTicketAsk(c).known(fields), Fields: fields}
	ask := l.Ask.list(l.View, visitOf(c))
	ask.Before, ask.Limit = c.QueryParam("before"), pageSize
	if ask.Before == "" {
		ask.Limit = min(max(int(number(c.QueryParam("shown"), pageSize)), pageSize), 200)
	}
	if l.Rows, l.Next, err = w.Desk.Conversations(ctx, by, ask); err != nil {
		return l, err
	}
	if err = w.Desk.FillSLA(ctx, by, l.Rows); err != nil {
		return l, err
	}
	l.Shown = len(l.Rows)
	if ask.Before != "" {
		l.Shown += int(number(c.QueryParam("shown"), 0))
		return l, nil
	}
	if l.Saved, err = w.savedViews(c, fields); err != nil {
		return l, err
	}
	l.Counts, err = w.Desk.Counts(ctx, by, "ticket")
	return l, err
}

// savedViews are the kept views; the first of them with how many tickets they hold now.
func (w *Web) savedViews(c echo.Context, fields []*desk.FormField) (list []savedView, err error) {
	ctx, by := c.Request().Context(), actor(c)
	views, err := w.Desk.SavedViews(ctx, by)
	for i, v := range views {
		one := savedView{SavedView: v}
		if q, err := url.ParseQuery(v.Query); err == nil && i < viewsCounted {
			n, err := w.Desk.CountUpTo(ctx, by, parseTicketAsk(q).known(fields).list(viewOf(q), visitOf(c)), viewMost)
			if err != nil {
				return nil, err
			}
			one.Count = upTo(n, viewMost)
		}
		list = append(list, one)
	}
	return list, err
}

// viewOf is which of the views an address asks for.
func viewOf(q url.Values) string {
	if v := q.Get("view"); slices.Contains(ticketViews, v) {
		return v
	}
	return "open"
}

// ticketHistory is who changed what, and when.
func (w *Web) ticketHistory(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	id, err := param[desk.TicketID](c, "number")
	if err != nil {
		return err
	}
	t, err := w.Desk.TicketByNumber(ctx, by, id)
	if err != nil {
		return err
	}
	list, err := w.Desk.History(ctx, by, t.ID)
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "tickets/_history", list)
}

// changeTicket changes what the form names, and nothing else.
func (w *Web) changeTicket(c echo.Context) error {
	id, err := param[desk.TicketID](c, "number")
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	ch := ticketChange(form)
	if ch.Fields, err = w.fileFields(c, actor(c), ch.Fields); err != nil {
		return err
	}
	after, err := w.Desk.ChangeTicket(c.Request().Context(), actor(c), id, ch)
	if err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/tickets/"+id.String())
	}
	if _, err := w.Desk.Conversation(c.Request().Context(), actor(c), after.ID); err != nil {
		return w.done(c, "/tickets", "notice.handed_over")
	}
	return w.newerMessages(c, after.ID)
}

// ticketChange reads what a form names, and nothing else.
func ticketChange(form url.Values) desk.TicketChange {
	var ch desk.TicketChange
	for name, to := range map[string]**string{"subject": &ch.Subject, "status": &ch.Status, "priority": &ch.Priority} {
		if form.Has(name) {
			s := form.Get(name)
			*to = &s
		}
	}
	if form.Has("team_id") {
		team := desk.TeamID(number(form.Get("team_id"), 0))
		ch.TeamID = &team
	}
	if form.Has("assignee_id") {
		agent := desk.AgentID(number(form.Get("assignee_id"), 0))
		ch.AssigneeID = &agent
	}
	if form.Has("topic_id") {
		topic := desk.TopicID(number(form.Get("topic_id"), 0))
		ch.TopicID = &topic
	}
	if id := number(form.Get("status"), 0); id > 0 { // a named one
		named := desk.StatusID(id)
		ch.Status, ch.StatusID = nil, &named
	}
	if form.Has("parent_id") {
		parent := desk.TicketID(number(strings.TrimPrefix(strings.TrimSpace(form.Get("parent_id")), "#"), 0))
		ch.ParentID = &parent
	}
	for name, to := range map[string]*[]desk.TagID{"tag_id": &ch.Tag, "untag_id": &ch.Untag} {
		for _, s := range form[name] {
			*to = append(*to, desk.TagID(number(s, -1)))
		}
	}
	ch.Fields = filled(form)
	return ch
}
