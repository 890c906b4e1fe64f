package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/live"
)

// stream tells the agent's browser what happens to what he may see.
func (w *Web) stream(c echo.Context) error {
	sub, err := w.News.Agent(c.Request().Context(), actor(c), live.LastEventID(c.Request()))
	if err != nil {
		return err
	}
	err = w.Hub.Serve(c.Response(), c.Request(), sub)
	if errors.Is(err, live.ErrFull) || errors.Is(err, live.ErrClosed) {
		c.Response().Header().Set("Retry-After", "5")
		return &desk.Error{Kind: desk.KindUnavailable, Key: "error.unavailable"}
	}
	return err
}

// manifest makes the console an app that can be installed.
func (w *Web) manifest(c echo.Context) error {
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose,omitempty"`
	}
	v := visitOf(c)
	name := v.company.Name
	if name == "" {
		name = "Deskbell"
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	c.Response().Header().Set(echo.HeaderContentType, "application/manifest+json")
	return c.JSON(http.StatusOK, struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		ShortName  string `json:"short_name"`
		Start      string `json:"start_url"`
		Scope      string `json:"scope"`
		Display    string `json:"display"`
		Background string `json:"background_color"`
		Theme      string `json:"theme_color"`
		Lang       string `json:"lang"`
		Icons      []icon `json:"icons"`
	}{
		"/", name, name, "/", "/", "standalone", "#fbfaf8", "#f3f1ec", v.reader.Lang,
		[]icon{
			{w.Assets.URL("img/icon-192.png"), "192x192", "image/png", ""},
			{w.Assets.URL("img/icon-512.png"), "512x512", "image/png", ""},
			{w.Assets.URL("img/maskable-512.png"), "512x512", "image/png", "maskable"},
		},
	})
}
