package webchat

import (
	"errors"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/rest"
)

// stream is not behind huma: each of ten thousand idle ones would hold its buffers.
func (d *Door) stream(c echo.Context) error {
	r := c.Request()
	sub := d.news.Visitor(rest.CallerOf(r.Context()).By, guestOf(r.Context()).inbox.ID, live.LastEventID(r))
	err := d.hub.Serve(c.Response(), r, sub)
	if errors.Is(err, live.ErrFull) || errors.Is(err, live.ErrClosed) {
		return &desk.Error{Kind: desk.KindUnavailable, Key: "error.unavailable"}
	}
	return err
}
