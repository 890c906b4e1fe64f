package webchat

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type originKey struct{}

// origin is where the page that calls comes from; own is the desk itself, whose
// frame and H5 page need nobody's leave.
type origin struct {
	value string
	own   bool
}

func originOf(r *http.Request) origin {
	o := r.Header.Get("Origin")
	_, host, _ := strings.Cut(o, "://")
	return origin{value: o, own: host != "" && strings.EqualFold(host, r.Host)}
}

// preflight answers what browsers ask before a call with a bearer token. Which
// widget it is for is not known yet; the call itself decides.
func (d *Door) preflight(c echo.Context) error {
	h := c.Response().Header()
	open(h)
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID, Idempotency-Key")
	h.Set("Access-Control-Max-Age", "7200")
	return c.NoContent(http.StatusNoContent)
}

// open lets every page read the answer. Credentials are never allowed, so no
// cookie of anybody's travels with it.
func open(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Retry-After")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}

// allowed refuses pages of sites that the widget does not list; with no list,
// every site may embed it. What is no browser sends no Origin and is not held
// back by this: it could send any.
func allowed(h http.Header, o origin, inbox *desk.Inbox) error {
	w, err := desk.WidgetOf(inbox)
	if err != nil || len(w.Sites) == 0 {
		return err
	}
	h.Set("Vary", "Origin")
	h.Del("Access-Control-Allow-Origin")
	if o.value == "" || o.own {
		return nil
	}
	if !slices.ContainsFunc(w.Sites, func(s string) bool { return strings.EqualFold(s, o.value) }) {
		return &desk.Error{Kind: desk.KindForbidden, Key: "error.site_not_allowed"}
	}
	h.Set("Access-Control-Allow-Origin", o.value)
	return nil
}
