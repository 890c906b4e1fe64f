package webchat

import (
	"bytes"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// chatPage is what views/visitor/chat.html shows: everything else comes with the visitor's session.
type chatPage struct {
	Lang     string
	Title    string
	WidgetID string
	Watch    bool // a session is begun before the visitor opens the chat
}

// Page serves the chat at /chat/:id, in the widget's frame and as a page of its own. Only the widget's sites may frame it.
func (d *Door) Page(views *view.Views) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		inbox, err := d.desk.InboxByPublicID(ctx, desk.System, c.Param("id"))
		if err == nil && (inbox.Channel != desk.Webchat || !inbox.Enabled) {
			err = desk.NotFound
		}
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
		// The link may say the language, then the widget; then the page around it, then the browser.
		lang := first(c.QueryParam("lang"), w.Locale, c.QueryParam("page_lang"), c.Request().Header.Get("Accept-Language"))
		p := chatPage{Lang: view.Negotiate("", lang), Title: first(w.Title, company.Name), WidgetID: inbox.PublicID}
		if p.Watch, err = d.desk.Watched(ctx, desk.System, inbox); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := views.Page(&b, view.Reader{Lang: p.Lang}, "visitor/chat", p); err != nil {
			return err
		}
		view.Guard(c.Response().Header(), view.Visitor, w.Sites...)
		c.Response().Header().Set("Cache-Control", "no-cache")
		return c.HTMLBlob(http.StatusOK, b.Bytes())
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
