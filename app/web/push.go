package web

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/push"
)

// errNoPush answers where the program was built without notifications.
var errNoPush = &desk.Error{Kind: desk.KindUnavailable, Key: "error.unavailable"}

// pushKey is the key that browsers subscribe with.
func (w *Web) pushKey(c echo.Context) error {
	if w.Push == nil {
		return errNoPush
	}
	return c.JSON(http.StatusOK, map[string]string{"key": w.Push.Key()})
}

// subscribe keeps this browser for notifications, as long as its session lives.
func (w *Web) subscribe(c echo.Context) error {
	if w.Push == nil {
		return errNoPush
	}
	s, err := push.Read(c.Request().Body)
	if err != nil {
		return err
	}
	s.Session, s.Locale = visitOf(c).session.ID, visitOf(c).reader.Lang
	if err := w.Push.Subscribe(c.Request().Context(), actor(c), s); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (w *Web) unsubscribe(c echo.Context) error {
	if w.Push == nil {
		return errNoPush
	}
	var s push.Subscription
	if err := json.NewDecoder(c.Request().Body).Decode(&s); err != nil {
		return desk.Invalid("endpoint", "fault.push_endpoint")
	}
	if err := w.Push.Unsubscribe(c.Request().Context(), actor(c), s.Endpoint); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
