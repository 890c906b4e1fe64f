package webchat

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/view"
)

// guest is a visitor whose token was good.
type guest struct {
	customer *desk.Customer
	inbox    *desk.Inbox
}

type guestKey struct{}

func guestOf(ctx context.Context) guest { return ctx.Value(guestKey{}).(guest) }

// enter lets those in who have a token, within their allowance.
func (d *Door) enter(l *rest.Limiter) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humaecho.Unwrap(ctx)
		known, err := d.admit(c, l)
		if err != nil {
			d.answer(c, err)
			return
		}
		next(huma.WithContext(ctx, known))
	}
}

// visited is enter for handlers of echo's.
func (d *Door) visited(l *rest.Limiter, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		known, err := d.admit(c, l)
		if err == nil {
			c.SetRequest(c.Request().WithContext(known))
			err = next(c)
		}
		if err != nil {
			d.answer(c, err)
		}
		return nil
	}
}

// greet lets everyone in who does not come too often: a session has no token yet.
func (d *Door) greet(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	caller, err := d.caller(c)
	if err == nil {
		if wait, ok := d.limits.sessions.Allow(d.desk.Clock(), rest.Source(caller.Source)); !ok {
			err = rest.TooManyFor(wait)
		}
	}
	if err != nil {
		d.answer(c, err)
		return
	}
	known := context.WithValue(rest.WithCaller(ctx.Context(), caller), originKey{}, originOf(c.Request()))
	next(huma.WithContext(ctx, known))
}

// admit finds out whose token it is and whether his page may use it.
func (d *Door) admit(c echo.Context, l *rest.Limiter) (context.Context, error) {
	caller, err := d.caller(c)
	if err != nil {
		return nil, err
	}
	r := c.Request()
	ctx := r.Context()
	widget, secret := splitToken(tokenOf(r))
	if secret == "" {
		return nil, desk.Unauthorized
	}
	inbox, err := d.widget(ctx, widget)
	if errors.Is(err, desk.NotFound) {
		return nil, desk.Unauthorized
	}
	if err != nil {
		return nil, err
	}
	if err := allowed(c.Response().Header(), originOf(r), inbox); err != nil {
		return nil, err
	}
	customer, err := d.desk.Visitor(ctx, desk.System, secret)
	if err != nil {
		return nil, err
	}
	if l != nil {
		if wait, ok := l.Allow(d.desk.Clock(), customer.PublicID); !ok {
			return nil, rest.TooManyFor(wait)
		}
	}
	caller.By = desk.AsCustomer(customer.ID)
	caller.By.Name = customer.Name
	return context.WithValue(rest.WithCaller(ctx, caller), guestKey{}, guest{customer, inbox}), nil
}

// caller is who calls as far as the request itself tells.
func (d *Door) caller(c echo.Context) (rest.Caller, error) {
	r := c.Request()
	caller := rest.Caller{Source: d.source(r), Lang: view.Negotiate(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))}
	c.SetRequest(r.WithContext(rest.WithCaller(r.Context(), caller))) // for problems
	open(c.Response().Header())
	if wait, ok := d.limits.calls.Allow(d.desk.Clock(), rest.Source(caller.Source)); !ok {
		return caller, rest.TooManyFor(wait)
	}
	return caller, nil
}

func (d *Door) answer(c echo.Context, err error) {
	d.api.Answer(c.Response(), c.Request(), err)
}

// widget finds the enabled webchat inbox that a page's snippet names.
func (d *Door) widget(ctx context.Context, public string) (*desk.Inbox, error) {
	inbox, err := d.desk.InboxByPublicID(ctx, desk.System, public)
	if err != nil {
		return nil, err
	}
	if !inbox.Enabled || inbox.Channel != desk.Webchat {
		return nil, desk.NotFound
	}
	return inbox, nil
}

// tokenOf is the visitor's token. In the address it is for EventSource only,
// because addresses end up in logs.
func tokenOf(r *http.Request) string {
	if t := rest.TokenOf(r); t != "" {
		return t
	}
	if r.URL.Path == prefix+"/stream" {
		return r.URL.Query().Get("visitor_token")
	}
	return ""
}

func splitToken(t string) (widget, secret string) {
	widget, secret, _ = strings.Cut(t, ".")
	return widget, secret
}
