package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// visitorsPage is who is on the company's site now.
type visitorsPage struct {
	Page
	Rows    []visitorRow
	Query   string
	Next    string // cursor of those before
	Watched bool   // some widget shows who is there
	Admin   bool
	Before  bool // not the first of them
}

// visitorRow is one visitor with what is told of him.
type visitorRow struct {
	*desk.Visiting
	Region string
	CSRF   string
}

// Since is when this visit began, Page when he came to the page that he looks at.
func (v visitorRow) Since() time.Time { return time.UnixMilli(v.First().At) }
func (v visitorRow) Page() time.Time  { return time.UnixMilli(v.Now().At) }

func (w *Web) visitors(c echo.Context) error {
	p, err := w.visitorsPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "visitors/index", p)
}

func (w *Web) visitorRows(c echo.Context) error {
	p, err := w.visitorsPage(c)
	if err != nil {
		return err
	}
	name := "visitors/_rows"
	if p.Before {
		name = "visitors/_more"
	}
	return w.part(c, http.StatusOK, name, p)
}

func (w *Web) visitorsPage(c echo.Context) (*visitorsPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	p := &visitorsPage{Query: text(c, "q"), Before: c.QueryParam("before") != "", Admin: by.May(desk.ManageInboxes)}
	p.Nav = "visitors"
	list := desk.VisitingList{Query: p.Query, Before: c.QueryParam("before"), Limit: pageSize}
	if w.Visiting != nil {
		list.Here = w.Visiting()
	}
	rows, next, err := w.Desk.Visitors(ctx, by, list)
	if err != nil {
		return nil, err
	}
	p.Next = next
	for _, v := range rows {
		p.Rows = append(p.Rows, visitorRow{v, w.region(c, v.Now().IP), visitOf(c).csrf})
	}
	if len(p.Rows) > 0 {
		return p, nil
	}
	widgets, err := w.Desk.Inboxes(ctx, desk.System, desk.Webchat)
	if err != nil {
		return nil, err
	}
	for _, in := range widgets {
		look, err := desk.WidgetOf(in)
		if err != nil {
			return nil, err
		}
		p.Watched = p.Watched || look.Watch && in.Enabled
	}
	return p, nil
}

// region is where an address is, as far as a database tells it.
func (w *Web) region(c echo.Context, ip string) string {
	if w.Region == nil || ip == "" {
		return ""
	}
	return w.Region(ip, visitOf(c).reader.Lang)
}

// speakFirst opens a chat with a visitor and leads to it.
func (w *Web) speakFirst(c echo.Context) error {
	customer, err := param[desk.CustomerID](c, "id")
	if err != nil {
		return err
	}
	made, err := w.Desk.SpeakFirst(c.Request().Context(), actor(c), desk.Here{CustomerID: customer, InboxID: desk.InboxID(number(text(c, "inbox_id"), 0))}, desk.Draft{Text: text(c, "text")})
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/conversations/"+made.ID.String())
}
