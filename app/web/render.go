package web

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/view"
)

// Page is what every page has; a page's own struct embeds it.
type Page struct {
	Me       *desk.Agent
	Company  desk.Company
	Theme    string // light, dark or empty for the system's
	Nav      string // which part of the rail is current
	CSRF     string
	Unread   int    // conversations that wait to be read
	Bell     int    // unread notifications
	Said     int    // messages of colleagues that are unread
	Notes    int    // the reader's own notes that are open
	Stream   string // where the stream of events begins
	Version  string
	Requests []*desk.Transfer // what the reader is asked to take over
	Notice   string           // a sentence about what was just done
	faults   map[string]string
	asked    url.Values // in the address
}

func (p *Page) page() *Page { return p }

// Customers tells whether the reader has a page of customers: an admin has one of all, an agent one of those whom he has served, if the
// company wants it so.
func (p *Page) Customers() bool {
	return p.Company.CustomersPage || p.Me != nil && p.Me.Actor().IsAdmin()
}

// InLanguage is the page's own address in another language: where it was to lead on, or a code in it, is not forgotten.
func (p *Page) InLanguage(lang string) string {
	q := maps.Clone(p.asked)
	if q == nil {
		q = url.Values{}
	}
	q.Set("lang", lang)
	return "?" + q.Encode()
}

// Fault is what is wrong with one input, in the reader's words; "" is the form as a whole.
func (p *Page) Fault(name string) string { return p.faults[name] }

// FaultIn says whether something is wrong with one of these inputs: a part of a form that is folded then opens.
func (p *Page) FaultIn(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return p.faults[name] != "" })
}

// paged is any page's data.
type paged interface{ page() *Page }

// isPart tells requests that swap a part into a page already there.
func isPart(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("HX-Request") != "" && h.Get("HX-Boosted") == "" && h.Get("HX-History-Restore-Request") == ""
}

// target is the id of the element that the answer replaces, "" for a whole page.
func target(c echo.Context) string {
	if !isPart(c) {
		return ""
	}
	return c.Request().Header.Get("HX-Target")
}

// show draws a page: whole, or its main part for a request that swaps it in.
func (w *Web) show(c echo.Context, name string, data paged) error {
	return w.showStatus(c, http.StatusOK, name, data)
}

func (w *Web) showStatus(c echo.Context, status int, name string, data paged) error {
	var b bytes.Buffer
	v, p := visitOf(c), data.page()
	draw := w.Views.Main
	if !isPart(c) {
		draw = w.Views.Page
		if err := w.frame(c, p); err != nil {
			return err
		}
	}
	w.dress(c, p)
	if err := draw(&b, v.reader, name, data); err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "HX-Request")
	return send(c, status, b.Bytes())
}

// dress fills what every page needs and the visit knows.
func (w *Web) dress(c echo.Context, p *Page) {
	v := visitOf(c)
	if v.company.Name == "" {
		v.company.Name = "Deskbell"
	}
	if v.agent != nil {
		p.Theme = v.agent.Preferences.Theme
	}
	p.Me, p.Company, p.CSRF, p.Version, p.asked = v.agent, v.company, v.csrf, w.Version, c.QueryParams()
}

// frame fills what only the layout of the desk needs, and the desk must be asked for.
func (w *Web) frame(c echo.Context, p *Page) error {
	v, ctx := visitOf(c), c.Request().Context()
	if v.agent == nil {
		return nil
	}
	last, err := w.Desk.LastEvent(ctx)
	if err != nil {
		return err
	}
	p.Stream = "/stream?last_event_id=" + strconv.FormatInt(live.EventID(w.Desk.Epoch(), int64(last)), 10)
	if p.Requests, err = w.Desk.AskedOf(ctx, actor(c)); err != nil {
		return err
	}
	n, err := w.Desk.Counts(ctx, actor(c), "chat")
	if err != nil {
		return err
	}
	p.Unread = n.Unread
	notes, err := w.Desk.NoteCounts(ctx, actor(c))
	if err != nil {
		return err
	}
	p.Notes = notes.Mine
	if p.Bell, err = w.Desk.UnreadNotifications(ctx, actor(c)); err != nil {
		return err
	}
	p.Said, err = w.Desk.UnreadRooms(ctx, actor(c))
	return err
}

// part draws one partial.
func (w *Web) part(c echo.Context, status int, name string, data any) error {
	var b bytes.Buffer
	if err := w.Views.Partial(&b, visitOf(c).reader, name, data); err != nil {
		return err
	}
	return send(c, status, b.Bytes())
}

// again draws a form once more with its faults beside the fields, if err is about
// the input; every other error is answered by the error handler.
func (w *Web) again(c echo.Context, err error, name string, data paged) error {
	var e *desk.Error
	if !errors.As(err, &e) || e.Kind != desk.KindInvalid && e.Kind != desk.KindConflict && e.Kind != desk.KindUnauthorized && e.Kind != desk.KindTooMany {
		return err
	}
	data.page().faults = w.faults(c, e)
	if e.Kind == desk.KindTooMany {
		c.Response().Header().Set("Retry-After", retryAfter)
	}
	return w.showStatus(c, statusOf(e.Kind), name, data)
}

func (w *Web) faults(c echo.Context, e *desk.Error) map[string]string {
	lang := visitOf(c).reader.Lang
	if len(e.Fields) == 0 {
		return map[string]string{"": w.Views.T(lang, e.Key, e.Args...)}
	}
	faults := map[string]string{}
	for _, f := range e.Fields {
		if faults[f.Name] == "" {
			faults[f.Name] = w.Views.T(lang, f.Key, f.Args...)
		}
	}
	return faults
}

// done leads on after a change: a redirect for a plain form, and for a part the
// same by htmx. A notice is a catalog key that the next page shows as a toast.
func (w *Web) done(c echo.Context, to, notice string) error {
	if notice != "" {
		w.notice(c, notice)
	}
	if isPart(c) {
		c.Response().Header().Set("HX-Location", `{"path":`+strconv.Quote(to)+`,"target":"#pane"}`)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// param reads an id out of the path; what is no id is not found.
func param[T ~int64](c echo.Context, name string) (T, error) { return desk.ParseID[T](c.Param(name)) }

// text is one field of the form, without blanks around it.
func text(c echo.Context, name string) string { return strings.TrimSpace(c.FormValue(name)) }

// number is one field as a number, or otherwise.
func number(s string, otherwise int64) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// languages are the choices of a select.
func languages() []view.Option {
	return []view.Option{{Value: "en", Text: "English"}, {Value: "zh-CN", Text: "简体中文"}}
}

// notice leaves a sentence for the next page to show as a toast.
func (w *Web) notice(c echo.Context, key string) {
	w.say(c, w.Views.T(visitOf(c).reader.Lang, key))
}

// say is notice in words.
func (w *Web) say(c echo.Context, text string) {
	c.SetCookie(&http.Cookie{Name: "notice", Value: url.PathEscape(text), Path: "/", MaxAge: 20, Secure: w.secure, SameSite: http.SameSiteStrictMode})
}

// asInvalid is err as a fault of the input, nil for any other.
func asInvalid(err error) *desk.Error {
	var e *desk.Error
	if errors.As(err, &e) && e.Kind == desk.KindInvalid {
		return e
	}
	return nil
}
