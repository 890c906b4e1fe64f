package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// presencePage is where an agent asks to be given nothing for a while.
type presencePage struct {
	Page
	Presence, Reason string
}

type approvalsPage struct {
	Page
	Asks []*desk.PresenceAsk
}

func (w *Web) newPresenceAsk(c echo.Context) error {
	p := &presencePage{Presence: text(c, "presence")}
	p.Nav = "profile"
	return w.show(c, "profile/presence", p)
}

func (w *Web) askPresence(c echo.Context) error {
	p := &presencePage{Presence: text(c, "presence"), Reason: text(c, "reason")}
	p.Nav = "profile"
	if err := w.Desk.AskPresence(c.Request().Context(), actor(c), p.Presence, p.Reason); err != nil {
		return w.again(c, err, "profile/presence", p)
	}
	w.notice(c, "notice.asked")
	return c.Redirect(http.StatusSeeOther, "/conversations")
}

func (w *Web) approvals(c echo.Context) error {
	p := &approvalsPage{}
	p.Nav = "admin"
	var err error
	if p.Asks, err = w.Desk.PresenceAsks(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/approvals/index", p)
}

func (w *Web) answerPresence(c echo.Context) error {
	id, err := param[desk.PresenceAskID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.AnswerPresence(c.Request().Context(), actor(c), id, text(c, "granted") == "true"); err != nil {
		return err
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/approvals")
}
