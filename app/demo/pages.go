package demo

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"deskbell/app/demo/mailbox"
	"deskbell/app/view"

	"github.com/labstack/echo/v4"
)

// Routes are the shop page and the customers' mailboxes.
func (m *Demo) Routes(e *echo.Echo) {
	e.GET("/demo", m.shop)
	e.GET("/demo/mailbox", m.mailbox)
	e.GET("/demo/mailbox/news", m.news)
	e.POST("/demo/mail", m.send)
}

type shopPage struct {
	WidgetID string
	Accounts []mailbox.Account // the customers
	Support  string
}

func (m *Demo) shop(c echo.Context) error {
	return m.page(c, "demo/shop", shopPage{WidgetID: m.Widget.PublicID, Accounts: m.customers(), Support: support})
}

func (m *Demo) customers() []mailbox.Account {
	all := m.mail.Accounts()
	return all[1 : len(all)-agents]
}

type mailboxPage struct {
	Account  mailbox.Account
	Accounts []mailbox.Account
	Letters  []mailbox.Letter
	Newest   int // id of the newest letter, 0 for none
	Sent     bool
	Support  string
}

func (m *Demo) mailbox(c echo.Context) error {
	account, ok := m.mail.Account(c.QueryParam("account"))
	if !ok || account.Address == support {
		account = m.customers()[0]
	}
	p := mailboxPage{Account: account, Accounts: m.mail.Accounts()[1:], Letters: m.mail.List(account.Address), Sent: c.QueryParam("sent") != "", Support: support}
	if len(p.Letters) > 0 {
		p.Newest = p.Letters[0].ID
	}
	return m.page(c, "demo/mailbox", p)
}

// news answers when there is a newer mail than the page shows, or with 204 after half a minute.
func (m *Demo) news(c echo.Context) error {
	after, err := strconv.Atoi(c.QueryParam("after"))
	if err != nil {
		return c.NoContent(http.StatusBadRequest)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 30*time.Second)
	defer cancel()
	err = m.mail.Wait(ctx, c.QueryParam("account"), after)
	if errors.Is(err, context.DeadlineExceeded) {
		return c.NoContent(http.StatusNoContent)
	}
	if err != nil {
		return c.NoContent(http.StatusNotFound)
	}
	return c.NoContent(http.StatusOK)
}

// send sends a mail as the chosen customer, by SMTP like any other.
func (m *Demo) send(c echo.Context) error {
	if site := c.Request().Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return c.NoContent(http.StatusForbidden)
	}
	from, text := c.FormValue("from"), strings.TrimSpace(c.FormValue("text"))
	account, ok := m.mail.Account(from)
	if !ok || account.Address == support || text == "" || len(text) > 20_000 || len(c.FormValue("subject")) > 500 {
		return c.Redirect(http.StatusSeeOther, "/demo/mailbox?account="+url.QueryEscape(from))
	}
	d := mailbox.Draft{From: from, To: support, Subject: c.FormValue("subject"), Text: text}
	if id, err := strconv.Atoi(c.FormValue("answers")); err == nil {
		if l, ok := m.mail.Letter(from, id); ok {
			d.Answers, d.To, d.Subject = &l, "", ""
		}
	}
	if _, err := m.mail.Send(c.Request().Context(), d); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/demo/mailbox?sent=1&account="+url.QueryEscape(from))
}

func (m *Demo) page(c echo.Context, name string, data any) error {
	lang := view.Negotiate(c.QueryParam("lang"), c.Request().Header.Get("Accept-Language"))
	var b bytes.Buffer
	if err := m.views.Page(&b, view.Reader{Lang: lang}, name, data); err != nil {
		return err
	}
	view.Guard(c.Response().Header(), view.Console)
	return c.HTMLBlob(http.StatusOK, b.Bytes())
}
