package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// conversationsPage is the list and, beside it, what is open.
type conversationsPage struct {
	Page
	List            conversationList
	Teams, Channels []view.Option // to choose from, a channel's accounts below it; none where there is no choice
	Open            *thread       // nil: nothing is open
}

// conversationList is the list of conversations and of what it shows.
type conversationList struct {
	Pinned []row // at the top, on the first page alone; below them what was just handed over
	Rows   []row
	Counts desk.Counts
	Unread int // in all, whatever the filters
	Filter desk.ConversationList
	View   string // one of conversationViews
	Query  string
	Next   string // cursor of the page after these; "" at the end
	Shown  int    // how many rows a refresh should draw
	Open   desk.ConversationID
	Me     desk.AgentID
}

// row is one of them, and whether its customer has waited for long: soon or overdue.
type row struct {
	*desk.Conversation
	Wait   string
	Failed bool // its last message could not be delivered
	Pinned bool
	Handed bool // a colleague gave it to the reader, who has not looked at it since
	Begun  bool // the reader has begun to write something
}

// Channel is the channel whose conversations are shown, or the account of one: "webchat", "7".
func (l conversationList) Channel() string {
	if l.Filter.InboxID != 0 {
		return l.Filter.InboxID.String()
	}
	return l.Filter.Channel
}

// Params are what the list shows, as in its address; The view is its own unless another is named.
func (l conversationList) Params(of ...string) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" && value != "0" && value != "all" {
			v.Set(name, value)
		}
	}
	set("team_id", l.Filter.TeamID.String())
	set("channel", l.Channel())
	if len(of) > 0 {
		set("view", of[0])
	} else {
		set("view", l.View)
		set("q", l.Query)
	}
	return v.Encode()
}

// To is the address of another view under the same filters.
func (l conversationList) To(shows string) string {
	if p := l.Params(shows); p != "" {
		return "/conversations?" + p
	}
	return "/conversations"
}

// All are the rows with the pinned ones before them.
func (l conversationList) All() []row { return append(slices.Clone(l.Pinned), l.Rows...) }

// MovesIn is after how many milliseconds the numbers will be others though nothing happens; 0: they stay.
func (l conversationList) MovesIn() int64 {
	if l.Counts.Moves.IsZero() {
		return 0
	}
	return max(time.Until(l.Counts.Moves).Milliseconds(), 0) + 200
}

var conversationViews = []string{"all", "mine", "online", "unserved", "pending", "soon", "overdue", "waiting", "closed"}

const pageSize = 50

func (w *Web) conversations(c echo.Context) error {
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "conversations/_none", nil)
	}
	return w.showConversations(c, nil)
}

// conversation opens one: beside the list, or in its place alone when the list is there.
func (w *Web) conversation(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	t, err := w.thread(c, id)
	if err != nil {
		return err
	}
	if err := w.Desk.ReadNotificationsOf(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	if t.C.Ticket != nil {
		return w.done(c, "/tickets/"+t.C.Ticket.ID.String(), "")
	}
	if target(c) == "talk" {
		return w.part(c, http.StatusOK, "conversations/_opened", t)
	}
	return w.showConversations(c, t)
}

func (w *Web) showConversations(c echo.Context, open *thread) error {
	p := &conversationsPage{Open: open}
	p.Nav = "conversations"
	var err error
	if p.List, err = w.conversationList(c, open); err != nil {
		return err
	}
	if err := w.listChoices(c, p); err != nil {
		return err
	}
	return w.show(c, "conversations/index", p)
}

// conversationRows is the list alone: drawn anew when something happened, or its next page.
func (w *Web) conversationRows(c echo.Context) error {
	list, err := w.conversationList(c, nil)
	if err != nil {
		return err
	}
	if c.QueryParam("before") != "" {
		return w.part(c, http.StatusOK, "conversations/_more", list)
	}
	return w.part(c, http.StatusOK, "conversations/_rows", list)
}

func (w *Web) conversationList(c echo.Context, open *thread) (l conversationList, err error) {
	ctx, by := c.Request().Context(), actor(c)
	l = conversationList{View: c.QueryParam("view"), Query: text(c, "q"), Me: by.Agent()}
	if !slices.Contains(conversationViews, l.View) {
		l.View = "all"
	}
	shows := l.View
	if shows == "mine" {
		shows = "joined"
	}
	if open != nil {
		l.Open = open.C.ID
	}
	before := c.QueryParam("before")
	limit := pageSize
	if before == "" {
		limit = min(max(int(number(c.QueryParam("shown"), pageSize)), pageSize), 200)
	}
	how, err := w.Desk.Handling(ctx, by)
	if err != nil {
		return l, err
	}
	l.Filter = desk.ConversationList{Kind: "chat", View: shows, Query: l.Query, TeamID: desk.TeamID(number(c.QueryParam("team_id"), 0)), InboxID: desk.InboxID(max(number(c.QueryParam("channel"), 0), 0)), Channel: filtersOf(c).known("channel", desk.Channels...)}
	handed, err := w.Desk.Handed(ctx, by)
	if err != nil {
		return l, err
	}
	ask := l.Filter
	ask.Before, ask.Limit, ask.Unpinned, ask.But = before, limit, true, handed
	list, next, err := w.Desk.Conversations(ctx, by, ask)
	if err != nil {
		return l, err
	}
	var pinned []*desk.Conversation
	pins := 0
	if before == "" {
		if pinned, pins, err = w.topOf(ctx, by, l.Filter, handed); err != nil {
			return l, err
		}
	}
	failed, err := w.Desk.Undelivered(ctx, by, append(slices.Clone(pinned), list...))
	if err != nil {
		return l, err
	}
	begun, err := w.Desk.Begun(ctx, by, append(slices.Clone(pinned), list...))
	if err != nil {
		return l, err
	}
	l.Next = next
	now := w.Desk.Clock()
	for i, one := range pinned {
		l.Pinned = append(l.Pinned, row{one, how.Wait(one.WaitingSince, now), failed[one.ID], i < pins, slices.Contains(handed, one.ID), begun[one.ID]})
	}
	for _, one := range list {
		l.Rows = append(l.Rows, row{one, how.Wait(one.WaitingSince, now), failed[one.ID], false, false, begun[one.ID]})
	}
	l.Shown = max(len(l.Rows), int(number(c.QueryParam("shown"), 0))+len(l.Rows)*min(len(before), 1))
	if before != "" {
		return l, nil
	}
	l.Counts, err = w.Desk.CountsOf(ctx, by, l.Filter)
	if l.Unread = l.Counts.Unread; err == nil && (l.Filter.TeamID != 0 || l.Channel() != "") {
		var all desk.Counts
		all, err = w.Desk.Counts(ctx, by, "chat")
		l.Unread = all.Unread
	}
	if err == nil {
		here := l.Filter
		here.View, here.Query = "online", ""
		l.Counts.Online, err = w.Desk.CountUpTo(ctx, by, here, desk.CountMost)
	}
	return l, err
}

// topOf is what stands above a list: what the agent has pinned, and how many those are, and then what was just handed over to him.
func (w *Web) topOf(ctx context.Context, by desk.Actor, of desk.ConversationList, handed []desk.ConversationID) ([]*desk.Conversation, int, error) {
	of.Pinned, of.Limit = true, 200
	pinned, _, err := w.Desk.Conversations(ctx, by, of)
	if err != nil || len(handed) == 0 {
		return pinned, len(pinned), err
	}
	of.Pinned, of.Unpinned, of.Only = false, true, handed
	given, _, err := w.Desk.Conversations(ctx, by, of)
	return append(pinned, given...), len(pinned), err
}

// listChoices are the teams and the channels by which the list can be filtered: an agent's own teams, the channels of chats, and the
// accounts of each. Where there is only one there is nothing to choose.
func (w *Web) listChoices(c echo.Context, p *conversationsPage) error {
	ctx, by := c.Request().Context(), actor(c)
	say := w.sayer(c)
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return err
	}
	if !by.IsAdmin() {
		teams = slices.DeleteFunc(teams, func(t *desk.Team) bool { return !slices.Contains(t.MemberIDs, by.Agent()) })
	}
	if len(teams) > 0 {
		p.Teams = teamOptions(teams, 0, say("queue.all_teams"))
	}
	inboxes, err := w.Desk.Inboxes(ctx, desk.System, desk.Webchat)
	if len(inboxes) > 1 {
		p.Channels = []view.Option{{Text: say("queue.all_channels")}, {Value: desk.Webchat, Text: say("channel." + desk.Webchat)}}
		for _, o := range inboxOptions(inboxes) {
			p.Channels = append(p.Channels, view.Option{Value: o.Value, Text: "– " + o.Text})
		}
	}
	return err
}

// pinned tells whether the agent keeps a conversation at the top of his list.
type pinned struct {
	ID desk.ConversationID
	On bool
}

// pin keeps a conversation at the top of the agent's list, or no more; the list is drawn anew.
func (w *Web) pin(c echo.Context) error {
	id, err := param[desk.ConversationID](c, "id")
	if err != nil {
		return err
	}
	on := c.FormValue("on") == "true"
	if err := w.Desk.Pin(c.Request().Context(), actor(c), id, on); err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/conversations/"+id.String())
	}
	c.Response().Header().Set("HX-Trigger", "inbox")
	if target(c) == "pin-card" {
		return w.part(c, http.StatusOK, "conversations/_pin", pinned{id, on})
	}
	return c.NoContent(http.StatusNoContent)
}

// offered names the customer of a chat that has just come, if it is for the agent to take by himself: he is online, it waits for
// whoever of his team is first, and it is not a team admin's or an admin's to grab.
func (w *Web) offered(c echo.Context, id desk.ConversationID) (string, error) {
	ctx, by, v := c.Request().Context(), actor(c), visitOf(c)
	got, err := w.Desk.Conversation(ctx, by, id)
	if desk.IsNotFound(err) {
		return "", nil
	}
	if err != nil || got.Status != "waiting" || got.Kind != "chat" || v.agent.Presence != "online" {
		return "", err
	}
	if got.TeamID != 0 {
		team, err := w.Desk.Team(ctx, by, got.TeamID)
		if err != nil || !slices.Contains(team.MemberIDs, by.Agent()) || team.Assignment == "auto" {
			return "", err
		}
		if team.Assignment == "grab" && (by.IsAdmin() || slices.Contains(team.AdminIDs, by.Agent())) {
			return "", nil
		}
	}
	return w.Views.Who(v.reader.Lang, got.CustomerName, got.CustomerEmail, got.CustomerID), nil
}

// counts are the numbers that ring: for pages without the list. The newest notification is told with them, for a page that
// has just heard of it.
func (w *Web) counts(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	n, err := w.Desk.Counts(ctx, by, "chat")
	if err != nil {
		return err
	}
	list, _, err := w.Desk.Notifications(ctx, by, desk.NotificationList{Unread: true, Limit: 1})
	if err != nil {
		return err
	}
	var counts struct {
		Unread        int    `json:"unread"`
		Waiting       int    `json:"waiting"`
		Notes         int    `json:"notes"` // the agent's own that are open
		Notifications int    `json:"notifications"`
		Newest        string `json:"newest,omitempty"` // a sentence
		NewestURL     string `json:"newest_url,omitempty"`
		Colleagues    int    `json:"colleagues"`
		Said          string `json:"said,omitempty"` // by a colleague, last
		SaidBy        string `json:"said_by,omitempty"`
		SaidURL       string `json:"said_url,omitempty"`
		Offered       string `json:"offered,omitempty"` // the customer of the chat that was asked about, if the agent may take it
	}
	if id := desk.ConversationID(number(c.QueryParam("offer"), 0)); id > 0 {
		if counts.Offered, err = w.offered(c, id); err != nil {
			return err
		}
	}
	notes, err := w.Desk.NoteCounts(ctx, by)
	if err != nil {
		return err
	}
	counts.Unread, counts.Waiting, counts.Notes = n.Unread, n.Waiting, notes.Mine
	if len(list) > 0 {
		counts.Newest, _ = list[0].Say(w.sayer(c))
		counts.NewestURL = "/notifications/" + list[0].ID.String()
		if counts.Notifications, err = w.Desk.UnreadNotifications(ctx, by); err != nil {
			return err
		}
	}
	if counts.Colleagues, err = w.Desk.UnreadRooms(ctx, by); err != nil || counts.Colleagues == 0 {
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, counts)
	}
	rooms, err := w.Desk.Rooms(ctx, by, "")
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(rooms, func(r *desk.Room) bool { return r.Unread > 0 }); i >= 0 {
		counts.Said, counts.SaidBy, counts.SaidURL = rooms[i].LastText, rooms[i].Name, "/colleagues/"+rooms[i].With.String()
	}
	return c.JSON(http.StatusOK, counts)
}
