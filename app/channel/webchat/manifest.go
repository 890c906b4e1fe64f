package webchat

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type manifest struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	ShortName  string         `json:"short_name"`
	Start      string         `json:"start_url"`
	Scope      string         `json:"scope"`
	Display    string         `json:"display"`
	Background string         `json:"background_color"`
	Theme      string         `json:"theme_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose,omitempty"`
}

// Manifest makes a widget's page an app that can be installed, apart from the console (W3C Web Application Manifest).
func (d *Door) Manifest(assets *view.Assets) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		inbox, err := d.widget(ctx, c.Param("id"))
		if err != nil {
			return err
		}
		w, err := desk.WidgetOf(inbox)
		if err != nil {
			return err
		}
		company, err := d.desk.Company(ctx, desk.System)
		if err != nil {
			return err
		}
		path := "/chat/" + inbox.PublicID
		name := first(w.Title, company.Name)
		m := manifest{ID: path, Name: name, ShortName: name, Start: path, Scope: path, Display: "standalone", Background: "#ffffff", Theme: first(w.Color, "#0b5c6b")}
		for _, i := range [][3]string{{"img/icon-192.png", "192x192", ""}, {"img/icon-512.png", "512x512", ""}, {"img/maskable-512.png", "512x512", "maskable"}} {
			m.Icons = append(m.Icons, manifestIcon{assets.URL(i[0]), i[1], "image/png", i[2]})
		}
		h := c.Response().Header()
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set(echo.HeaderContentType, "application/manifest+json")
		return c.JSON(http.StatusOK, m)
	}
}
