package webchat

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// Loader serves /widget.js. With ?id= it says first, in the tag's own data-look, how the widget looks: so that the button is right
// at the first visit already, with no second request and no further global.
func (d *Door) Loader(assets *view.Assets) echo.HandlerFunc {
	return func(c echo.Context) error {
		w := desk.Widget{}
		inbox, err := d.widget(c.Request().Context(), c.QueryParam("id"))
		if err == nil {
			w, err = desk.WidgetOf(inbox)
		}
		script, unread := assets.Read("widget.js")
		if err != nil || unread != nil { // an unknown widget's button looks like Deskbell's own
			assets.ServeHTTP(c.Response(), c.Request())
			return nil
		}
		button, err := d.ready(c.Request().Context(), inbox, w)
		if err != nil {
			return err
		}
		first, err := json.Marshal(button)
		if err != nil {
			return err
		}
		quoted, err := json.Marshal(string(first))
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "public, max-age=300")
		return d.script(c, "document.currentScript.dataset.look="+string(quoted)+";\n"+string(script))
	}
}

// script answers a script that any site may carry.
func (d *Door) script(c echo.Context, text string) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Vary", "Accept-Encoding")
	if !strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		c.Response().WriteHeader(http.StatusOK)
		_, err := c.Response().Write([]byte(text))
		return err
	}
	h.Set("Content-Encoding", "gzip")
	c.Response().WriteHeader(http.StatusOK)
	z, err := gzip.NewWriterLevel(c.Response(), gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write([]byte(text)); err != nil {
		return err
	}
	return z.Close()
}
