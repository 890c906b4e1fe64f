package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type inboxesPage struct {
	Page
	Inboxes []inboxRow
}

// inboxRow is one inbox in a list.
type inboxRow struct {
	*desk.Inbox
	Address string // of a mailbox
	Team    string
}

type widgetPage struct {
	Page
	In      *desk.Inbox
	W       desk.Widget
	Sites   string // a line each
	Teams   []view.Option
	Origin  string
	InSetup bool
	Topics  string // of notes, a line each
	Secret  string // just made: shown this once
}

func (w *Web) widgets(c echo.Context) error {
	return w.showInboxes(c, desk.Webchat, "admin/widgets/index")
}

func (w *Web) showInboxes(c echo.Context, channel, name string) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &inboxesPage{}
	p.Nav = "admin"
	list, err := w.Desk.Inboxes(ctx, by, channel)
	if err != nil {
		return err
	}
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return err
	}
	for _, in := range list {
		row := inboxRow{Inbox: in}
		for _, t := range teams {
			if t.ID == in.TeamID {
				row.Team = t.Name
			}
		}
		if channel == desk.Email {
			box, err := desk.MailboxOf(in)
			if err != nil {
				return err
			}
			row.Address = box.Address
		}
		p.Inboxes = append(p.Inboxes, row)
	}
	return w.show(c, name, p)
}

// inboxOf is the inbox of the path; "new" is one to be made.
func (w *Web) inboxOf(c echo.Context, channel string) (*desk.Inbox, []view.Option, error) {
	ctx, by := c.Request().Context(), actor(c)
	in := &desk.Inbox{Channel: channel, Enabled: true}
	if c.Param("id") != "new" {
		id, err := param[desk.InboxID](c, "id")
		if err != nil {
			return nil, nil, err
		}
		if in, err = w.Desk.Inbox(ctx, by, id); err != nil || in.Channel != channel {
			return nil, nil, orNotFound(err)
		}
	}
	teams, err := w.Desk.Teams(ctx, by)
	options := []view.Option{{Value: "0", Text: w.Views.T(visitOf(c).reader.Lang, "team.everyone")}}
	for _, t := range teams {
		options = append(options, view.Option{Value: t.ID.String(), Text: t.Name})
	}
	return in, options, err
}

func orNotFound(err error) error {
	if err == nil {
		return desk.NotFound
	}
	return err
}

func (w *Web) widgetPage(c echo.Context) (*widgetPage, error) {
	in, teams, err := w.inboxOf(c, desk.Webchat)
	if err != nil {
		return nil, err
	}
	p := &widgetPage{In: in, Teams: teams, Origin: w.origin(c), InSetup: c.QueryParam("setup") != "" || c.FormValue("setup") != ""}
	p.Nav = "admin"
	if in.ID == 0 {
		p.W = desk.Widget{Color: "#0b5c6b", Position: "right", Greeting: w.Views.T(visitOf(c).reader.Lang, "widget.greeting_default"), Powered: true}
		in.Name = visitOf(c).company.Name
		return p, nil
	}
	p.W, err = desk.WidgetOf(in)
	p.Sites, p.Topics = strings.Join(p.W.Sites, "\n"), strings.Join(p.W.Categories, "\n")
	return p, err
}

func (w *Web) widget(c echo.Context) error {
	p, err := w.widgetPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/widgets/form", p)
}

func (w *Web) saveWidget(c echo.Context) error {
	p, err := w.widgetPage(c)
	if err != nil {
		return err
	}
	p.In.Name, p.In.TeamID, p.In.Enabled = text(c, "name"), desk.TeamID(number(text(c, "team_id"), 0)), text(c, "enabled") == "true"
	p.Sites = c.FormValue("sites")
	p.W.Title, p.W.Color, p.W.Greeting = text(c, "title"), text(c, "color"), text(c, "greeting")
	p.W.Locale, p.W.Position, p.W.Powered = text(c, "locale"), text(c, "position"), text(c, "powered_by") == "true"
	p.Topics = c.FormValue("categories")
	p.W.HideNote, p.W.OffDuty, p.W.OffText, p.W.Categories = text(c, "notes") != "true", text(c, "off_duty"), text(c, "off_text"), strings.Split(p.Topics, "\n")
	p.W.HideAgents, p.W.HidePresence, p.W.Preview = text(c, "show_agents") != "true", text(c, "show_presence") != "true", text(c, "preview") == "true"
	p.W.Sites = strings.Fields(p.Sites)
	if err := p.W.Check(); err != nil {
		return w.again(c, err, "admin/widgets/form", p)
	}
	fresh := p.In.ID == 0
	in, err := w.Desk.SaveInbox(c.Request().Context(), actor(c), desk.SavedInbox{ID: p.In.ID, Channel: desk.Webchat, Name: p.In.Name, Enabled: p.In.Enabled, TeamID: p.In.TeamID, Settings: p.W})
	if err != nil {
		return w.again(c, err, "admin/widgets/form", p)
	}
	to := "/admin/widgets/" + in.ID.String()
	if p.InSetup {
		to += "?setup=2"
	}
	w.notice(c, map[bool]string{true: "notice.widget_made", false: "notice.saved"}[fresh])
	return c.Redirect(http.StatusSeeOther, to)
}

// newIdentitySecret makes the secret of a widget's site and shows it this once.
func (w *Web) newIdentitySecret(c echo.Context) error {
	p, err := w.widgetPage(c)
	if err != nil {
		return err
	}
	if p.Secret, err = w.Desk.NewIdentitySecret(c.Request().Context(), actor(c), p.In.ID); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return w.show(c, "admin/widgets/form", p)
}

// deleteInbox takes a widget or a mailbox out of service; its conversations stay.
func (w *Web) deleteInbox(c echo.Context) error {
	id, err := param[desk.InboxID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.DeleteInbox(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	w.notice(c, "notice.deleted")
	to := "/admin/widgets"
	if strings.HasPrefix(c.Path(), "/admin/mailboxes") {
		to = "/admin/mailboxes"
	}
	return c.Redirect(http.StatusSeeOther, to)
}
