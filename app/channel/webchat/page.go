package webchat

import (
	"bytes"
	"fmt"
	"hash/crc32"
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
	Watch    bool   // a session is begun before the visitor opens the chat
	Style    string // the address of the widget's own style sheet; empty: it has none
	Framed   bool   // in the widget's frame: no app to be installed
	Plain    *plainPage
}

// Page serves the chat at /chat/:id, in the widget's frame and as a page of its own. Only the widget's sites may frame it.
func (d *Door) Page(views *view.Views) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		inbox, err := d.widget(ctx, first(c.QueryParam("configId"), c.Param("id")))
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
		lang = view.Negotiate("", lang)
		p := chatPage{Lang: lang, Title: first(w.In(lang).Title, company.Name), WidgetID: inbox.PublicID, Framed: c.QueryParam("frame") != ""}
		open, err := d.desk.InboxOpen(ctx, desk.System, inbox.ID)
		if err != nil {
			return err
		}
		p.Plain = plainOf(inbox.PublicID, w, company, open, lang)
		if err := d.recall(c.Request(), inbox, w, p.Plain); err != nil {
			return err
		}
		if css := w.ScopeCSS(); css != "" {
			p.Style = fmt.Sprintf("/chat/%s/style.css?v=%08x", inbox.PublicID, crc32.ChecksumIEEE([]byte(css)))
		}
		if p.Watch, err = d.watched(ctx, inbox, w); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := views.Page(&b, view.Reader{Lang: p.Lang}, "visitor/chat", p); err != nil {
			return err
		}
		view.Guard(c.Response().Header(), view.Visitor, w.Sites...)
		c.Response().Header().Set("Cache-Control", "no-cache")
		if p.Plain.Known() {
			c.Response().Header().Set("Cache-Control", "no-store")
		}
		return c.HTMLBlob(http.StatusOK, b.Bytes())
	}
}

// Style serves a widget's own style sheet.
func (d *Door) Style(c echo.Context) error {
	inbox, err := d.widget(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	w, err := desk.WidgetOf(inbox)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable") // its address changes with it
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", []byte(w.ScopeCSS()))
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
