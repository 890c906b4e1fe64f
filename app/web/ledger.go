package web

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

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
	Cause  string // likewise
	Query  string
	Counts map[string]int
	Rows   []channel.Row
	Before int64 // of the next page; 0: there is none

	Folders []channel.Folder
}

// Causes are the causes to choose from.
func (p *ledgerPage) Causes() []string { return channel.Causes }

// Bulk says whether all that the filter shows can be brought back at once.
func (p *ledgerPage) Bulk() bool {
	return p.State == channel.SetAside && p.Cause != "" && p.Query == "" && len(p.Rows) > 0
}

// Next is the address of the page behind this one.
func (p *ledgerPage) Next() string {
	q := url.Values{"before": {strconv.FormatInt(p.Before, 10)}}
	for name, v := range map[string]string{"state": p.State, "cause": p.Cause, "q": p.Query} {
		if v != "" {
			q.Set(name, v)
		}
	}
	return "/admin/mailboxes/" + p.In.ID.String() + "/ledger?" + q.Encode()
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
	p := &ledgerPage{In: in, State: c.QueryParam("state"), Cause: c.QueryParam("cause"), Query: c.QueryParam("q")}
	p.Nav = "admin"
	if p.Box, err = desk.MailboxOf(in); err != nil {
		return err
	}
	if p.Counts, err = book.Counts(ctx, by, in.ID); err != nil {
		return err
	}
	if p.Folders, err = book.Folders(ctx, by, in.ID); err != nil {
		return err
	}
	more := false
	p.Rows, more, err = book.List(ctx, by, in.ID, channel.RowList{State: p.State, Cause: p.Cause, Query: p.Query, Before: number(c.QueryParam("before"), 0), Limit: 50})
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

// ledgerMail is one row with the mail's source.
type ledgerMail struct {
	Page
	In      *desk.Inbox
	Row     channel.Row
	Source  string // its first part, as plain text
	Cut     bool   // there is more
	Blocked bool   // its sender can be blocked: he has an address
}

// shownSource is how much of a mail's source the page shows, in bytes; all of it can be downloaded.
const shownSource = 64 << 10

func (w *Web) ledgerMail(c echo.Context) error {
	in, _, err := w.inboxOf(c, desk.Email)
	if err != nil {
		return err
	}
	id, err := desk.ParseID[int64](c.Param("row"))
	if err != nil {
		return err
	}
	ctx, book := c.Request().Context(), channel.NewLedger(w.Desk)
	p := &ledgerMail{In: in}
	p.Nav = "admin"
	if p.Row, err = book.Row(ctx, actor(c), in.ID, id); err != nil {
		return err
	}
	p.Blocked = p.Row.Address != ""
	if p.Row.Raw != nil {
		r, err := book.Raw(ctx, actor(c), in.ID, id)
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(io.LimitReader(r, shownSource+1))
		if err != nil {
			return err
		}
		if p.Cut = len(raw) > shownSource; p.Cut {
			raw = raw[:shownSource]
		}
		p.Source = plainSource(raw)
	}
	return w.show(c, "admin/mailboxes/mail", p)
}

// plainSource keeps of a mail's source what can stand on a page: nothing that turns the direction of writing around or hides.
func plainSource(raw []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r == '\n', r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(string(raw), string(unicode.ReplacementChar)))
}

// retryMail makes a ticket of a mail that was set aside or became no message, whatever it is.
func (w *Web) retryMail(c echo.Context) error {
	in, row, err := w.ledgerRow(c)
	if err != nil {
		return err
	}
	if err := channel.NewLedger(w.Desk).Retry(c.Request().Context(), actor(c), in, row); err != nil {
		return err
	}
	return w.done(c, "/admin/mailboxes/"+in.String()+"/ledger/"+strconv.FormatInt(row, 10), "notice.mail_filed")
}

// retryMails brings back all that was set aside for one cause.
func (w *Web) retryMails(c echo.Context) error {
	in, err := param[desk.InboxID](c, "id")
	if err != nil {
		return err
	}
	if _, err := channel.NewLedger(w.Desk).RetryAll(c.Request().Context(), actor(c), in, text(c, "cause")); err != nil {
		return err
	}
	return w.done(c, "/admin/mailboxes/"+in.String()+"/ledger", "notice.mail_filed")
}

// compareMailbox looks whether every mail on the server stands in the ledger.
func (w *Web) compareMailbox(c echo.Context) error {
	in, err := param[desk.InboxID](c, "id")
	if err != nil {
		return err
	}
	if err := channel.NewLedger(w.Desk).Compare(c.Request().Context(), actor(c), in); err != nil {
		return err
	}
	return w.done(c, "/admin/mailboxes/"+in.String()+"/ledger", "notice.comparing")
}

func (w *Web) ledgerRow(c echo.Context) (desk.InboxID, int64, error) {
	in, err := param[desk.InboxID](c, "id")
	if err != nil {
		return 0, 0, err
	}
	row, err := desk.ParseID[int64](c.Param("row"))
	return in, row, err
}
