package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// proactivesPage is who is invited by himself, and which widgets show who is on the site.
type proactivesPage struct {
	Page
	Widgets []watchedWidget
}

// watchedWidget is a widget with its invitations.
type watchedWidget struct {
	*desk.Inbox
	Watch       bool
	Invitations []*desk.Proactive
}

type proactivePage struct {
	Page
	P        *desk.Proactive
	Widgets  []view.Option
	Visitors []view.Option
}

func (w *Web) proactives(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &proactivesPage{}
	p.Nav = "admin"
	widgets, err := w.Desk.Inboxes(ctx, by, desk.Webchat)
	if err != nil {
		return err
	}
	all, err := w.Desk.Proactives(ctx, by)
	if err != nil {
		return err
	}
	for _, in := range widgets {
		settings, err := desk.WidgetOf(in)
		if err != nil {
			return err
		}
		one := watchedWidget{Inbox: in, Watch: settings.Watch}
		for _, a := range all {
			if a.InboxID == in.ID {
				one.Invitations = append(one.Invitations, a)
			}
		}
		p.Widgets = append(p.Widgets, one)
	}
	return w.show(c, "admin/proactive/index", p)
}

// watch says of all widgets at once which show who is on the site.
func (w *Web) watch(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	widgets, err := w.Desk.Inboxes(ctx, by, desk.Webchat)
	if err != nil {
		return err
	}
	for _, in := range widgets {
		settings, err := desk.WidgetOf(in)
		if err != nil {
			return err
		}
		on := slices.Contains(form["watch"], in.ID.String())
		if settings.Watch == on {
			continue
		}
		settings.Watch = on
		if _, err := w.Desk.SaveInbox(ctx, by, desk.SavedInbox{ID: in.ID, Channel: in.Channel, Name: in.Name, Enabled: in.Enabled, TeamID: in.TeamID, Settings: settings}); err != nil {
			return err
		}
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/proactive")
}

// proactiveOf is the invitation of the path; "new" is one to be made for the widget of ?inbox_id=.
func (w *Web) proactiveOf(c echo.Context) (*proactivePage, error) {
	ctx, by, lang := c.Request().Context(), actor(c), visitOf(c).reader.Lang
	p := &proactivePage{P: &desk.Proactive{InboxID: desk.InboxID(number(c.FormValue("inbox_id"), 0)), Enabled: true, After: 30, DailyMax: 1, Visitors: "all"}}
	p.Nav = "admin"
	if c.Param("id") != "new" {
		id, err := param[desk.ProactiveID](c, "id")
		if err != nil {
			return nil, err
		}
		if p.P, err = w.Desk.Proactive(ctx, by, id); err != nil {
			return nil, err
		}
	}
	widgets, err := w.Desk.Inboxes(ctx, by, desk.Webchat)
	p.Widgets = append(p.Widgets, inboxOptions(widgets)...)
	for _, v := range desk.ProactiveVisitors {
		p.Visitors = append(p.Visitors, view.Option{Value: v, Text: w.Views.T(lang, "proactive.visitors_"+v)})
	}
	return p, err
}

func (w *Web) proactive(c echo.Context) error {
	p, err := w.proactiveOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/proactive/form", p)
}

func (w *Web) saveProactive(c echo.Context) error {
	p, err := w.proactiveOf(c)
	if err != nil {
		return err
	}
	whole := func(name string) int { return int(number(text(c, name), -1)) }
	a := p.P
	a.Name, a.Text, a.URL, a.Enabled, a.Visitors = text(c, "name"), text(c, "text"), text(c, "url"), text(c, "enabled") == "true", text(c, "visitors")
	a.After, a.Scroll, a.Again, a.DailyMax = whole("after"), whole("scroll"), whole("again"), whole("daily_max")
	if _, err := w.Desk.SaveProactive(c.Request().Context(), actor(c), *a); err != nil {
		return w.again(c, err, "admin/proactive/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/proactive")
}
