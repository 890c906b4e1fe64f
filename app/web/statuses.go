package web

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// statusChoice is one status to choose: one of the four, or one with a name of its own.
type statusChoice struct {
	Value string // the kind, or the id of the named one
	Kind  string
	Name  string // empty: one of the four
}

// statusChoices are the four, each before those that are a finer word for it.
func statusChoices(named []desk.NamedStatus) (list []statusChoice) {
	for _, kind := range desk.TicketStatuses {
		list = append(list, statusChoice{Value: kind, Kind: kind})
		for _, s := range named {
			if s.Kind == kind {
				list = append(list, statusChoice{s.ID.String(), kind, s.Name})
			}
		}
	}
	return list
}

// Is says whether it is a ticket's status.
func (s statusChoice) Is(t *desk.Ticket) bool {
	if t.StatusID != 0 {
		return s.Value == t.StatusID.String()
	}
	return s.Value == t.Status
}

type statusesPage struct {
	Page
	Statuses []desk.NamedStatus
}

type statusPage struct {
	Page
	S desk.NamedStatus
}

func (p *statusPage) Kinds() []string { return desk.TicketStatuses }

func (w *Web) statuses(c echo.Context) error {
	p := &statusesPage{}
	p.Nav = "admin"
	var err error
	if p.Statuses, err = w.Desk.NamedStatuses(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/statuses/index", p)
}

// statusOfPath is the one of the path; "new" is one to be made.
func (w *Web) statusOfPath(c echo.Context) (*statusPage, error) {
	all, err := w.Desk.NamedStatuses(c.Request().Context(), actor(c))
	if err != nil {
		return nil, err
	}
	p := &statusPage{S: desk.NamedStatus{Kind: "pending", Position: len(all) + 1}}
	p.Nav = "admin"
	if c.Param("id") == "new" {
		return p, nil
	}
	for _, s := range all {
		if s.ID.String() == c.Param("id") {
			p.S = s
			return p, nil
		}
	}
	return nil, desk.NotFound
}

func (w *Web) status(c echo.Context) error {
	p, err := w.statusOfPath(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/statuses/form", p)
}

func (w *Web) saveStatus(c echo.Context) error {
	p, err := w.statusOfPath(c)
	if err != nil {
		return err
	}
	p.S.Name = text(c, "name")
	if n, err := strconv.Atoi(text(c, "position")); err == nil {
		p.S.Position = n
	}
	if p.S.ID == 0 {
		p.S.Kind = c.FormValue("kind")
	}
	if _, err := w.Desk.SaveStatus(c.Request().Context(), actor(c), p.S); err != nil {
		return w.again(c, err, "admin/statuses/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/statuses")
}
