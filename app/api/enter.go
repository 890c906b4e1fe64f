package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/view"
)

const second = time.Second

func perSecond(n int) time.Duration { return time.Duration(max(n, 1)) }

// enter lets in who has a good token, within his allowance.
func (d *Door) enter(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	d.lead(c, func() { next(huma.WithContext(ctx, c.Request().Context())) })
}

// lead lets the caller in and does the rest, once for a key.
func (d *Door) lead(c echo.Context, next func()) {
	err := d.admit(c)
	key := c.Request().Header.Get("Idempotency-Key")
	switch {
	case err != nil:
	case key != "" && c.Request().Method == http.MethodPost:
		err = d.onlyOnce(c, key, next)
	default:
		next()
	}
	if err != nil {
		d.answer(c, err)
	}
}

// entered is enter for handlers of echo's.
func (d *Door) entered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		d.lead(c, func() {
			if err := next(c); err != nil {
				d.answer(c, err)
			}
		})
		return nil
	}
}

// admit finds out for whom the token acts and tells the request's context.
func (d *Door) admit(c echo.Context) error {
	r := c.Request()
	caller := rest.Caller{Source: d.Source(r), Lang: view.Negotiate("", r.Header.Get("Accept-Language"))}
	tell := func() { c.SetRequest(r.WithContext(rest.WithCaller(r.Context(), caller))) }
	tell()
	h := c.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	a, err := d.desk.AgentByToken(r.Context(), desk.System, rest.TokenOf(r))
	if errors.Is(err, desk.Unauthorized) {
		// A wrong token costs its sender; the right one is never kept out by others' guesses.
		if wait, ok := d.wrongs.Allow(d.desk.Clock(), rest.Source(caller.Source)); !ok {
			return rest.TooManyFor(wait)
		}
	}
	if err != nil {
		return err
	}
	if wait, ok := d.calls.Allow(d.desk.Clock(), a.ID.String()); !ok {
		return rest.TooManyFor(wait)
	}
	caller.By = a.Actor()
	if r.Header.Get("Accept-Language") == "" {
		caller.Lang = a.Locale
	}
	tell()
	return nil
}

func (d *Door) answer(c echo.Context, err error) {
	d.api.Answer(c.Response(), c.Request(), err)
}

type keyOf struct{}

// clientID is the message's own id, or one made of the Idempotency-Key: then the
// desk itself keeps the message from being stored twice, whatever happens between
// storing it and keeping the answer.
func clientID(ctx context.Context, given string) string {
	if key, ok := ctx.Value(keyOf{}).(string); given == "" && ok {
		return "key " + key
	}
	return given
}
