package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// systemMailPage is the company's own mail: through which mailbox it goes, and what became of the last ones.
type systemMailPage struct {
	Page
	S      desk.SystemMailbox
	Now    string // the mailbox that it goes out through; empty: there is none
	Says   string // the same as a sentence
	Boxes  []view.Option
	Mails  []*desk.SystemMail
	Before desk.SystemMailID // of the next page; 0: there is none
}

func (w *Web) systemMail(c echo.Context) error {
	p, err := w.systemMailPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/system_mail/index", p)
}

func (w *Web) systemMailPage(c echo.Context) (*systemMailPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	p := &systemMailPage{}
	p.Nav = "admin"
	s, now, err := w.Desk.SystemMailbox(ctx, by)
	if err != nil {
		return nil, err
	}
	p.S = s
	lang := visitOf(c).reader.Lang
	p.Says = w.Views.T(lang, "error.no_mailbox")
	if now != nil {
		box, err := desk.MailboxOf(now)
		if err != nil {
			return nil, err
		}
		p.Now = box.Address
		p.Says = w.Views.T(lang, "system_mail.now", p.Now)
	}
	list, err := w.Desk.Inboxes(ctx, by, desk.Email)
	if err != nil {
		return nil, err
	}
	p.Boxes = []view.Option{{Value: "0", Text: w.Views.T(lang, "system_mail.first")}}
	for _, in := range list {
		box, err := desk.MailboxOf(in)
		if err != nil {
			return nil, err
		}
		p.Boxes = append(p.Boxes, view.Option{Value: in.ID.String(), Text: box.Address})
	}
	const page = 30
	p.Mails, err = w.Desk.SystemMails(ctx, by, desk.SystemMailID(number(c.QueryParam("before"), 0)), page+1)
	if len(p.Mails) > page {
		p.Mails = p.Mails[:page]
		p.Before = p.Mails[page-1].ID
	}
	return p, err
}

func (w *Web) changeSystemMail(c echo.Context) error {
	err := w.Desk.ChangeSystemMailbox(c.Request().Context(), actor(c), desk.SystemMailbox{InboxID: desk.InboxID(number(text(c, "inbox_id"), 0))})
	return w.systemMailDone(c, err, "notice.saved")
}

// testSystemMail sends the reader a mail that says that it came.
func (w *Web) testSystemMail(c echo.Context) error {
	_, err := w.Desk.TestSystemMail(c.Request().Context(), actor(c))
	return w.systemMailDone(c, err, "notice.mail_queued")
}

func (w *Web) trySystemMail(c echo.Context) error {
	id, err := param[desk.SystemMailID](c, "id")
	if err != nil {
		return err
	}
	return w.systemMailDone(c, w.Desk.TrySystemMailAgain(c.Request().Context(), actor(c), id), "notice.mail_queued")
}

func (w *Web) systemMailDone(c echo.Context, err error, notice string) error {
	if err != nil {
		p, e := w.systemMailPage(c)
		if e != nil {
			return e
		}
		return w.again(c, err, "admin/system_mail/index", p)
	}
	w.notice(c, notice)
	return c.Redirect(http.StatusSeeOther, "/admin/system-mail")
}
