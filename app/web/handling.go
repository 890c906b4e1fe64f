package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// handlingPage is how the company wants conversations to be handled.
type handlingPage struct {
	Page
	H desk.Handling
}

func (w *Web) handling(c echo.Context) error {
	p := &handlingPage{}
	p.Nav = "admin"
	var err error
	if p.H, err = w.Desk.Handling(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/handling/form", p)
}

func (w *Web) changeHandling(c echo.Context) error {
	count := func(name string) int { return int(number(text(c, name), 0)) }
	p := &handlingPage{H: desk.Handling{
		TagRequired: c.FormValue("tag_required") == "true", ConfirmTransfers: c.FormValue("confirm_transfers") == "true", RemindOverdue: c.FormValue("remind_overdue") == "true", PresenceAsks: c.FormValue("presence_asks") == "true", SoonAfter: count("soon_after"), OverdueAfter: count("overdue_after"), ReturnAfter: int(number(text(c, "return_after"), 10)),
		UndoMail: int(number(text(c, "undo_mail"), 10)), UndoChat: int(number(text(c, "undo_chat"), 0)),
		AutoClose: c.FormValue("auto_close") == "true", AutoCloseAfter: count("auto_close_after"),
		Conference: text(c, "conference"),
		Speaker:    text(c, "speaker"), Greeting: text(c, "greeting"), Farewell: text(c, "farewell"), Timeout: text(c, "timeout"), OffDuty: text(c, "off_duty"),
	}}
	p.Nav = "admin"
	if err := w.Desk.ChangeHandling(c.Request().Context(), actor(c), p.H); err != nil {
		return w.again(c, err, "admin/handling/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/handling")
}
