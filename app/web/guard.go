package web

import (
	"crypto/rand"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// formLimit bounds the body of a form in bytes; uploads have their own limit.
const formLimit = 3 << 20

// formMemory is as much of a form's files as is held in memory, in bytes: anybody can send one, and many at once. The rest passes
// through the system's folder for such.
const formMemory = 1 << 20

// errForeign answers a change that was not asked for by a page of ours.
var errForeign = &desk.Error{Kind: desk.KindForbidden, Key: "error.foreign_request"}

// guard sets the security headers and lets only those changes through that a page
// of this desk asked for: by the browser's word (Sec-Fetch-Site, Origin), by a
// token that other sites cannot read, and by types a plain form can send. The
// cookie is SameSite=Lax besides.
func (w *Web) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		view.Guard(c.Response().Header(), view.Console)
		r := c.Request()
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return next(c)
		}
		limit := int64(formLimit)
		switch c.Path() {
		case "/files":
			limit = w.Desk.Limit.File + 64<<10
		case "/notices":
			limit = w.Desk.Limit.File + formLimit
		case "/my/:token", "/request", "/tickets", "/tickets/:number": // with files
			limit = 2*w.Desk.Limit.File + 64<<10
		case "/admin/stickers":
			limit = 2 * desk.StickerPackSize // what is a little too large is refused by name
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		var big *http.MaxBytesError
		defer func() {
			if r.MultipartForm != nil {
				_ = r.MultipartForm.RemoveAll() // the server looks at its own copy of the request alone
			}
		}()
		if c.Path() != "/files" && errors.As(r.ParseMultipartForm(formMemory), &big) {
			return big
		}
		if !w.sameOrigin(c) || !plainForm(r) || !w.tokenMatches(c) {
			return errForeign
		}
		return next(c)
	}
}

// sameOrigin believes the browser: a page of another site cannot forge these headers.
func (w *Web) sameOrigin(c echo.Context) bool {
	h := c.Request().Header
	if site := h.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return false
	}
	origin := h.Get("Origin")
	return origin == "" || w.ownOrigin(c, origin)
}

func plainForm(r *http.Request) bool {
	if r.ContentLength == 0 {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/x-www-form-urlencoded" || kind == "multipart/form-data" || kind == "application/json")
}

// tokenMatches compares the token in the header or the form with the session's, or,
// before anybody is logged in, with the one in a cookie.
func (w *Web) tokenMatches(c echo.Context) bool {
	if c.Path() == "/push/subscriptions" && c.Request().Header.Get("Sec-Fetch-Site") == "same-origin" {
		return true // the service worker renews a subscription and has no page to read the token from
	}
	got := c.Request().Header.Get("X-CSRF-Token")
	if got == "" && c.Path() != "/files" { // a file's token comes in the header, so that nothing is read before
		got = c.FormValue("csrf")
	}
	return masked(got, visitOf(c).token)
}

// cookie makes one of ours: never readable by scripts, never sent along by other
// sites' forms, and bound to this host where there is TLS.
func (w *Web) cookie(name, value string, age time.Duration) *http.Cookie {
	ck := &http.Cookie{Name: w.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: w.secure, SameSite: http.SameSiteLaxMode}
	switch {
	case age > 0:
		ck.MaxAge = int(age / time.Second)
	case age < 0:
		ck.MaxAge = -1
	}
	return ck
}

func (w *Web) cookieName(name string) string {
	if w.secure {
		return "__Host-" + name
	}
	return name
}

func (w *Web) readCookie(c echo.Context, name string) string {
	ck, err := c.Cookie(w.cookieName(name))
	if err != nil {
		return ""
	}
	return ck.Value
}

// formToken is the token for forms before log-in, kept in a cookie of its own.
func (w *Web) formToken(c echo.Context) string {
	token := w.readCookie(c, "form")
	if len(token) < 20 || strings.ContainsAny(token, " \"<>") {
		token = rand.Text()
		c.SetCookie(w.cookie("form", token, 0))
	}
	return token
}
