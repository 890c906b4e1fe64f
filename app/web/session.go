package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// visit is who asks, and in which language and time zone he reads.
type visit struct {
	agent   *desk.Agent   // nil: nobody is logged in
	session *desk.Session // nil with agent
	company desk.Company
	reader  view.Reader
	token   string // of forms: the session's, or that of a cookie before log-in
	csrf    string // the same, masked
}

const visitKey = "visit"

func visitOf(c echo.Context) *visit { return c.Get(visitKey).(*visit) }

// actor is who acts; only behind loggedIn.
func actor(c echo.Context) desk.Actor { return visitOf(c).agent.Actor() }

// visit finds out who asks.
func (w *Web) visit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		v := &visit{}
		c.Set(visitKey, v)
		ctx := c.Request().Context()
		var err error
		if v.company, err = w.Desk.Company(ctx, desk.System); err != nil {
			return err
		}
		if token := w.readCookie(c, "session"); token != "" {
			v.session, v.agent, err = w.Desk.Session(ctx, desk.System, token)
			if err != nil && !errors.Is(err, desk.Unauthorized) {
				return err
			}
		}
		w.settle(c, v)
		return next(c)
	}
}

// settle chooses language and time zone: the agent's own, else the company's; for
// one who is not logged in the one asked for, else his browser's.
func (w *Web) settle(c echo.Context, v *visit) {
	zone := v.company.TimeZone
	if v.agent != nil {
		v.token = v.session.CSRF
		v.csrf = mask(v.token)
		lang := v.agent.Locale
		if lang == "" {
			lang = v.company.Locale
		}
		if v.agent.TimeZone != "" {
			zone = v.agent.TimeZone
		}
		v.reader = view.Reader{Lang: lang, Zone: w.zone(zone)}
		return
	}
	v.token = w.formToken(c)
	v.csrf = mask(v.token)
	chosen := w.readCookie(c, "lang")
	if asked := c.QueryParam("lang"); desk.KnownLocale(asked) {
		chosen = asked
		c.SetCookie(w.cookie("lang", asked, 365*24*time.Hour))
	}
	v.reader = view.Reader{Lang: view.Negotiate(chosen, c.Request().Header.Get("Accept-Language")), Zone: w.zone(zone)}
}

// loggedIn sends those who are not to the log-in page, or to the set-up page while
// there is nobody who could log in.
func (w *Web) loggedIn(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if visitOf(c).agent != nil && stepMissing(c) {
			c.Response().Header().Set("HX-Redirect", twoFactorPath)
			if c.Request().Method != http.MethodGet || isPart(c) || c.Path() == "/stream" {
				return &desk.Error{Kind: desk.KindForbidden, Key: "error.two_factor_required"}
			}
			return c.Redirect(http.StatusSeeOther, twoFactorPath)
		}
		if visitOf(c).agent != nil {
			return next(c)
		}
		view.Guard(c.Response().Header(), view.Console)
		if c.Request().Method != http.MethodGet || isPart(c) || c.Path() == "/stream" {
			c.Response().Header().Set("HX-Redirect", "/login")
			return desk.Unauthorized
		}
		if needed, err := w.Desk.NeedsSetup(c.Request().Context(), desk.System); err != nil || needed {
			return redirectOr(c, err, "/setup")
		}
		return c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(c.Request().URL.RequestURI()))
	}
}

// may refuses those whose role lacks a permission.
func (w *Web) may(p desk.Permission) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := actor(c).Can(p); err != nil {
				return err
			}
			return next(c)
		}
	}
}

func redirectOr(c echo.Context, err error, to string) error {
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// localPath lets a "next" lead to pages of this desk only.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n\t") || strings.HasPrefix(u.Path, "/login") || strings.HasPrefix(u.Path, "//") {
		return "/"
	}
	return next
}
