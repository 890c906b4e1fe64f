package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// retentionPage says how long what is over is kept.
type retentionPage struct {
	Page
	R desk.Retention
}

func (w *Web) retention(c echo.Context) error {
	p := &retentionPage{}
	p.Nav = "admin"
	var err error
	if p.R, err = w.Desk.Retention(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/retention/form", p)
}

func (w *Web) changeRetention(c echo.Context) error {
	days := func(name string) int {
		if text(c, name) == "" {
			return 0
		}
		return int(number(text(c, name), -1))
	}
	p := &retentionPage{R: desk.Retention{Chats: days("chats"), Tickets: days("tickets"), Mail: days("mail"), Visits: days("visits"), Events: days("events")}}
	p.Nav = "admin"
	if err := w.Desk.ChangeRetention(c.Request().Context(), actor(c), p.R); err != nil {
		return w.again(c, err, "admin/retention/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/retention")
}
