package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// conversationsPage is the list and, beside it, what is open.
type conversationsPage struct {
	Page
	List conversationList
	Open *thread // nil: nothing is open
}

// conversationList is the list of conversations and of what it shows.
type conversationList struct {
	Rows   []row
	Counts desk.Counts
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
	Wait string
}

// MovesIn is after how many milliseconds the numbers will be others though nothing happens; 0: they stay.
func (l conversationList) MovesIn() int64 {
	if l.Counts.Moves.IsZero() {
		return 0
	}
	return max(time.Until(l.Counts.Moves).Milliseconds(), 0) + 200
}

var conversationViews = []string{"all", "mine", "unserved", "pending", "soon", "overdue", "waiting", "closed"}

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
		return w.part(c, http.StatusOK, "conversations/_talk", t)
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
	view := l.View
	if view == "mine" {
		view = "joined"
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
	var list []*desk.Conversation
	if list, l.Next, err = w.Desk.Conversations(ctx, by, desk.ConversationList{Kind: "chat", View: view, Query: l.Query, Before: before, Limit: limit}); err != nil {
		return l, err
	}
	now := w.Desk.Clock()
	for _, one := range list {
		l.Rows = append(l.Rows, row{one, how.Wait(one.WaitingSince, now)})
	}
	l.Shown = max(len(l.Rows), int(number(c.QueryParam("shown"), 0))+len(l.Rows)*min(len(before), 1))
	if before == "" {
		l.Counts, err = w.Desk.Counts(ctx, by, "chat")
	}
	return l, err
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
	return c.JSON(http.StatusOK, counts)
}
