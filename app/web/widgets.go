package web

import (
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
