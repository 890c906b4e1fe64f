package app

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// routes puts the doors together. Each door says itself what stands behind it: web/routes.go is the console's site map.
func (a *App) routes() http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/healthz", a.healthz)
	e.GET("/readyz", a.readyz)
	for _, path := range []string{"/assets/*", "/widget.js", "/sw.js"} {
		e.GET(path, echo.WrapHandler(a.Assets))
	}
	if a.Demo != nil {
		a.Demo.Routes(e)
	}
	return e
}
