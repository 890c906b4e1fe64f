package webchat

import (
	"errors"
	"net/netip"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/rest"
)

// stream is not behind huma: each of ten thousand idle ones would hold its buffers.
func (d *Door) stream(c echo.Context) error {
	r := c.Request()
	caller := rest.CallerOf(r.Context())
	source := rest.Source(caller.Source)
	if a, err := netip.ParseAddr(source); err == nil && a.IsLoopback() { // what runs on this machine may speak for many
		source = ""
	}
	sub := d.news.Visitor(caller.By, guestOf(r.Context()).inbox.ID, source, live.LastEventID(r))
	err := d.hub.Serve(c.Response(), r, sub)
	if errors.Is(err, live.ErrFull) || errors.Is(err, live.ErrClosed) {
		return &desk.Error{Kind: desk.KindUnavailable, Key: "error.unavailable"}
	}
	return err
}
