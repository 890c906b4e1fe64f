package webchat

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// Who has no scripts is known again by a cookie: only one who sent the plain form gets it, scripts cannot read it, no other site's page can send it
// along with a form, and it goes to the address of this one chat alone. Calls with a script never look at it.
const (
	plainCookie = "deskbell_chat"
	plainAge    = 30 * 24 * time.Hour
)

// remember gives the cookie to a browser that has not got it.
func (p *plainPage) remember(c echo.Context) {
	if p.Token == "" || p.sentBack {
		return
	}
	c.SetCookie(&http.Cookie{Name: plainCookie, Value: p.Token, Path: "/chat/" + p.WidgetID, MaxAge: int(plainAge / time.Second), HttpOnly: true, Secure: c.Scheme() == "https", SameSite: http.SameSiteLaxMode})
}

// cookieOf is the token in a request's cookie; empty: there is none.
func cookieOf(r *http.Request) string {
	ck, err := r.Cookie(plainCookie)
	if err != nil {
		return ""
	}
	return ck.Value
}

// knownBy finds the visitor of the cookie; nil: nobody.
func (d *Door) knownBy(r *http.Request, inbox *desk.Inbox) (*desk.Customer, error) {
	public, secret := splitToken(cookieOf(r))
	if secret == "" || public != inbox.PublicID {
		return nil, nil
	}
	if wait, ok := d.limits.calls.Allow(d.desk.Clock(), rest.Source(d.source(r))); !ok {
		return nil, rest.TooManyFor(wait)
	}
	c, err := d.desk.Visitor(r.Context(), desk.System, secret)
	if errors.Is(err, desk.Unauthorized) {
		return nil, nil
	}
	return c, err
}

// recall puts into a page that is only looked at what was said to one who has been here. The form needs no token then.
func (d *Door) recall(r *http.Request, inbox *desk.Inbox, w desk.Widget, p *plainPage) error {
	c, err := d.knownBy(r, inbox)
	if c == nil || err != nil {
		return err
	}
	by := desk.AsCustomer(c.ID)
	by.Name = c.Name
	p.sentBack = true
	w = w.In(p.Lang)
	p.ask(&w, c)
	return d.readPlain(r.Context(), by, inbox, p)
}

// Known says whether the page is one of a visitor who wrote.
func (p *plainPage) Known() bool { return p.Token != "" || p.sentBack }

// Cookie says whether a plain look at the address shows this again.
func (p *plainPage) Cookie() bool { return p.sentBack }

// same says whether the browser sent back the cookie that it was given.
func same(cookie, token string) bool {
	return token != "" && subtle.ConstantTimeCompare([]byte(cookie), []byte(token)) == 1
}

// stand writes how the chat stands: waiting and at which place, with whom, or over and to be rated.
func (d *Door) stand(ctx context.Context, by desk.Actor, inbox *desk.Inbox, p *plainPage) error {
	say := func(key string, args ...any) string { return d.api.Translate(p.Lang, key, args...) }
	c, err := d.current(ctx, by, inbox)
	if err != nil {
		return err
	}
	if err := d.askedHow(ctx, by, inbox, p); err != nil || c == nil {
		return err
	}
	if c.Status == "waiting" {
		p.State = say("plain.waiting")
		if c.QueuePosition > 0 {
			p.State = say("plain.place", c.QueuePosition)
		}
		return nil
	}
	p.State = say("plain.served")
	if names, err := d.namesIn(ctx, by, inbox, c); err != nil || names != "" {
		p.State = say("plain.with", names)
		return err
	}
	return nil
}

func (d *Door) namesIn(ctx context.Context, by desk.Actor, inbox *desk.Inbox, c *wire.Conversation) (names string, err error) {
	faces, err := d.faces(ctx, by, inbox, c)
	for _, f := range faces {
		if names != "" {
			names += ", "
		}
		names += f.Name
	}
	return names, err
}

// askedHow says of the last chat that it is over, and where the answer goes if he is asked how it was: to the page behind a mail's link,
// which needs no scripts.
func (d *Door) askedHow(ctx context.Context, by desk.Actor, inbox *desk.Inbox, p *plainPage) error {
	last, err := d.desk.LastChat(ctx, by, inbox.ID)
	if err != nil {
		if errors.Is(err, desk.NotFound) {
			return nil // he left a note, and nothing else
		}
		return err
	}
	p.State = d.api.Translate(p.Lang, "plain.over")
	r, err := d.desk.RatingOf(ctx, by, last.ID)
	if err == nil && r != nil && !r.Given() && !r.Late(d.desk.Clock()) {
		p.Rate, err = d.desk.RatePath(ctx, by, last)
	}
	return err
}

// PlainFile serves a file of the chat to the visitor whom the cookie names: GET /chat/:id/files/:file.
func (d *Door) PlainFile(c echo.Context) error {
	r := c.Request()
	inbox, err := d.widget(r.Context(), c.Param("id"))
	if err != nil {
		return err
	}
	known, err := d.knownBy(r, inbox)
	if err != nil {
		return err
	}
	if known == nil {
		return desk.NotFound
	}
	f, content, err := d.desk.OpenFile(r.Context(), desk.AsCustomer(known.ID), c.Param("file"), false)
	if err != nil {
		return err
	}
	rest.ServeFile(c.Response(), r, f, content, false)
	return nil
}

// tokenOfForm is who sends the form: what stands in it, else the cookie.
func tokenOfForm(r *http.Request, inForm string) string { return cmp.Or(inForm, cookieOf(r)) }
