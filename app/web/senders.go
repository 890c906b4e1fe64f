package web

import (
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// sendersPage is whose mails are set aside.
type sendersPage struct {
	Page
	Query   string
	New     desk.BlockedSender // what stands in the form
	Senders []*desk.BlockedSender
	Before  desk.BlockedSenderID // of the next page; 0: there is none
}

func (w *Web) sendersPage(c echo.Context) (*sendersPage, error) {
	p := &sendersPage{Query: c.QueryParam("q")}
	p.Nav = "admin"
	var more bool
	var err error
	p.Senders, more, err = w.Desk.BlockedSenders(c.Request().Context(), actor(c), desk.BlockedList{Query: p.Query, Before: desk.BlockedSenderID(number(c.QueryParam("before"), 0)), Limit: 50})
	if more {
		p.Before = p.Senders[len(p.Senders)-1].ID
	}
	return p, err
}

func (w *Web) blockedSenders(c echo.Context) error {
	p, err := w.sendersPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/senders/index", p)
}

// blockSender blocks from the page of blocked senders, or from a mail in the ledger, to which it goes back.
func (w *Web) blockSender(c echo.Context) error {
	b := desk.BlockedSender{Pattern: text(c, "pattern"), Reason: text(c, "reason")}
	if _, err := w.Desk.BlockSender(c.Request().Context(), actor(c), b.Pattern, b.Reason); err != nil {
		p, bad := w.sendersPage(c)
		if bad != nil {
			return bad
		}
		p.New = b
		return w.again(c, err, "admin/senders/index", p)
	}
	return w.done(c, "/admin/senders", "notice.sender_blocked")
}

func (w *Web) unblockSender(c echo.Context) error {
	id, err := param[desk.BlockedSenderID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.UnblockSender(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return w.done(c, "/admin/senders", "notice.sender_unblocked")
}
