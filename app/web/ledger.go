package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/channel"
	"deskbell/app/desk"
)

// ledgerPage is what a mailbox's server showed, and what became of it.
type ledgerPage struct {
	Page
	In     *desk.Inbox
	Box    desk.Mailbox
	State  string // the filter; empty: all
	Counts map[string]int
	Rows   []channel.Row
	Before int64 // of the next page; 0: there is none
}

// States are the filters, with how many rows each has.
func (p *ledgerPage) States() []string {
	return []string{"", channel.SetAside, channel.Stored, channel.Filed}
}

// Count is how many rows a filter has.
func (p *ledgerPage) Count(state string) int {
	if state != "" {
		return p.Counts[state]
	}
	n := 0
	for _, c := range p.Counts {
		n += c
	}
	return n
}

func (w *Web) ledger(c echo.Context) error {
	in, _, err := w.inboxOf(c, desk.Email)
	if err != nil {
		return err
	}
	ctx, by, book := c.Request().Context(), actor(c), channel.NewLedger(w.Desk)
	p := &ledgerPage{In: in, State: c.QueryParam("state")}
	p.Nav = "admin"
	if p.Box, err = desk.MailboxOf(in); err != nil {
		return err
	}
	if p.Counts, err = book.Counts(ctx, by, in.ID); err != nil {
		return err
	}
	more := false
	p.Rows, more, err = book.List(ctx, by, in.ID, channel.RowList{State: p.State, Before: number(c.QueryParam("before"), 0), Limit: 50})
	if err != nil {
		return err
	}
	if more {
		p.Before = p.Rows[len(p.Rows)-1].ID
	}
	return w.show(c, "admin/mailboxes/ledger", p)
}

// rawMail gives a mail away as it came, as a file: nothing in it is shown by a page.
func (w *Web) rawMail(c echo.Context) error {
	in, row, err := w.ledgerRow(c)
	if err != nil {
		return err
	}
	r, err := channel.NewLedger(w.Desk).Raw(c.Request().Context(), actor(c), in, row)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="mail-%d.eml"`, row))
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, r)
	return nil
}

// retryMail files a mail that was set aside, whatever it is.
func (w *Web) retryMail(c echo.Context) error {
	in, row, err := w.ledgerRow(c)
	if err != nil {
		return err
	}
	if err := channel.NewLedger(w.Desk).Retry(c.Request().Context(), actor(c), in, row); err != nil {
		return err
	}
	return w.done(c, "/admin/mailboxes/"+in.String()+"/ledger?state="+channel.SetAside, "notice.mail_filed")
}

func (w *Web) ledgerRow(c echo.Context) (desk.InboxID, int64, error) {
	in, err := param[desk.InboxID](c, "id")
	if err != nil {
		return 0, 0, err
	}
	row, err := desk.ParseID[int64](c.Param("row"))
	return in, row, err
}
