package app

import (
	"encoding/json"
	"net/http"

	"deskbell/app/desk"

	"github.com/labstack/echo/v4"
)

// routes puts the doors together. Each door says itself what stands behind it: web/routes.go is the console's site map.
func (a *App) routes() http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/healthz", a.healthz)
	for _, path := range []string{"/assets/*", "/widget.js", "/sw.js"} {
		e.GET(path, echo.WrapHandler(a.Assets))
	}
	if a.Demo != nil {
		a.Demo.Routes(e)
	}
	return e
}

// healthz says whether the process serves and its database answers.
func (a *App) healthz(c echo.Context) error {
	if _, err := a.Desk.NeedsSetup(c.Request().Context(), desk.System); err != nil {
		return c.JSONBlob(http.StatusServiceUnavailable, []byte(`{"ok":false}`))
	}
	b, err := json.Marshal(map[string]any{"ok": true})
	if err != nil {
		return err
	}
	return c.JSONBlob(http.StatusOK, b)
}
