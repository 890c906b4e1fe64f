package webchat

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"deskbell/app/desk"
	"deskbell/app/view"
	"deskbell/app/wire"
)

// shown is what a page's code shows now, as its script reads it.
type shown struct {
	ID      string      `json:"id"`
	Kind    string      `json:"kind"`
	Online  bool        `json:"online"`
	Content []any       `json:"content,omitempty"` // HTML as [name, attributes, children] and text: a page that is strict takes no HTML as text
	Chat    string      `json:"chat,omitempty"`    // the address of the chat as a page, without the desk's own
	Size    [2]int      `json:"size,omitzero"`     // of its window, CSS px
	look    wire.Button // for the loader
	widget  string
}

// Snippet serves /snippet.js?id=: what a page's code shows now, and the widget itself when it is wanted, in one answer.
func (d *Door) Snippet(assets *view.Assets) echo.HandlerFunc {
	return func(c echo.Context) error {
		now, err := d.shows(c)
		if errors.Is(err, desk.NotFound) {
			return c.Blob(http.StatusNotFound, "text/javascript; charset=utf-8", nil)
		}
		if err != nil {
			return err
		}
		names, set := []string{"snippet.js"}, map[string]string{}
		if now.widget != "" && now.Kind != "popup" {
			look, err := json.Marshal(now.look)
			if err != nil {
				return err
			}
			set["widget"], set["look"] = now.widget, string(look)
			if now.Kind == "embedded" {
				set["frame"], set["hide"] = "embedded", ""
			}
			_, query, _ := strings.Cut(now.Chat, "?")
			for _, pair := range strings.Split(query, "&") {
				if name, value, ok := strings.Cut(pair, "="); ok {
					set[name] = value
				}
			}
		}
		text, err := json.Marshal(now)
		if err != nil {
			return err
		}
		set["snippet"] = string(text)
		first, err := json.Marshal(set)
		if err != nil {
			return err
		}
		if set["widget"] != "" {
			names = []string{"widget.js", "snippet.js"}
		}
		s, err := d.scripts.get(assets, now.ID, "Object.assign(document.currentScript.dataset,"+string(first)+")", names...)
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "no-cache") // who is there changes by the minute
		s.serve(c.Response(), c.Request())
		return nil
	}
}

// shows is what the code shows now.
func (d *Door) shows(c echo.Context) (*shown, error) {
	ctx := c.Request().Context()
	s, err := d.desk.SnippetByPublicID(ctx, desk.System, c.QueryParam("id"))
	if err != nil {
		return nil, err
	}
	level, inbox, err := d.desk.Available(ctx, desk.System, s)
	if err != nil {
		return nil, err
	}
	now := &shown{ID: s.PublicID, Kind: s.Kind, Online: level != nil}
	if level == nil {
		now.Content = contents(s.Offline)
		return now, nil
	}
	w, err := desk.WidgetOf(inbox)
	if err != nil {
		return nil, err
	}
	now.widget = inbox.PublicID
	if now.look, err = d.ready(ctx, inbox, w); err != nil {
		return nil, err
	}
	now.Chat, now.Size = "/chat/"+inbox.PublicID, [2]int{cmp.Or(w.Width, 400), cmp.Or(w.Height, 680)}
	switch {
	case level.AgentID != 0:
		now.Chat += "?agent=" + level.AgentID.String()
	case level.TeamID != 0:
		now.Chat += "?team=" + level.TeamID.String()
	}
	if s.Kind != "embedded" {
		now.Content = contents(s.Online)
	}
	if s.Kind == "popup" && now.Content == nil {
		now.Content = []any{first(w.ButtonText, w.Title, inbox.Name)}
	}
	return now, nil
}

// contents takes sanitised HTML apart.
func contents(text string) []any {
	if text == "" {
		return nil
	}
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return []any{text}
	}
	var list []any
	for _, n := range nodes {
		list = append(list, tree(n)...)
	}
	return list
}

func tree(n *html.Node) []any {
	switch n.Type {
	case html.TextNode:
		return []any{n.Data}
	case html.ElementNode:
		attributes, children := map[string]string{}, []any{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			children = append(children, tree(child)...)
		}
		return []any{[]any{n.Data, attributes, children}}
	}
	return nil
}

// SnippetPage serves what a page's code shows where no script runs: a page of its own, framed by whichever page carries the code.
func (d *Door) SnippetPage(c echo.Context) error {
	ctx := c.Request().Context()
	s, err := d.desk.SnippetByPublicID(ctx, desk.System, c.Param("id"))
	if err != nil {
		return err
	}
	text := s.NoScript
	if text == "" { // the chat's own page needs no script either
		company, err := d.desk.Company(ctx, desk.System)
		if err != nil {
			return err
		}
		inbox, err := d.desk.Inbox(ctx, desk.System, s.Levels[0].InboxID)
		if err != nil {
			return err
		}
		text = `<p><a href="/chat/` + inbox.PublicID + `">` + html.EscapeString(company.Name) + `</a></p>`
	}
	h := c.Response().Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox")
	h.Set("Cache-Control", "no-cache")
	return c.HTML(http.StatusOK, scriptless+text)
}

const scriptless = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Chat</title><base target="_blank"><style>body{margin:0;font:16px/24px system-ui,sans-serif;color:#1d1c1a}a{color:#0b5c6b}img{max-width:100%}</style>`
