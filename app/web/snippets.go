package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type snippetsPage struct {
	Page
	Snippets []snippetRow
	Widgets  bool // there is one to be shown
}

// snippetRow is a snippet and what it shows now.
type snippetRow struct {
	*desk.Snippet
	Shows string // the widget's name; empty: the offline contents
}

type snippetPage struct {
	Page
	S            *desk.Snippet
	Rows         []levelRow
	Who, Widgets []view.Option
	Kinds        []view.Option
	Code         string
}

// levelRow is one row of the service levels as the form has it.
type levelRow struct {
	N           int
	Who, Widget string
}

func (w *Web) snippets(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p := &snippetsPage{}
	p.Nav = "admin"
	list, err := w.Desk.Snippets(ctx, by)
	if err != nil {
		return err
	}
	for _, s := range list {
		row := snippetRow{Snippet: s}
		level, inbox, err := w.Desk.Available(ctx, desk.System, s)
		if err != nil {
			return err
		}
		if level != nil {
			row.Shows = inbox.Name
		}
		p.Snippets = append(p.Snippets, row)
	}
	inboxes, err := w.Desk.Inboxes(ctx, by, desk.Webchat)
	p.Widgets = len(inboxes) > 0
	if err != nil {
		return err
	}
	return w.show(c, "admin/snippets/index", p)
}

func (w *Web) snippetPage(c echo.Context) (*snippetPage, error) {
	ctx, by := c.Request().Context(), actor(c)
	say := w.sayer(c)
	p := &snippetPage{S: &desk.Snippet{Kind: "tab"}, Who: []view.Option{{Value: "any", Text: say("snippet.anybody")}}, Widgets: []view.Option{{Value: "0", Text: say("snippet.no_widget")}}}
	p.Nav = "admin"
	if c.Param("id") != "new" {
		id, err := param[desk.SnippetID](c, "id")
		if err != nil {
			return nil, err
		}
		if p.S, err = w.Desk.Snippet(ctx, by, id); err != nil {
			return nil, err
		}
		p.Code = code(w.origin(c), p.S.PublicID)
	}
	for _, kind := range desk.SnippetKinds {
		p.Kinds = append(p.Kinds, view.Option{Value: kind, Text: say("snippet.kind." + kind)})
	}
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		p.Who = append(p.Who, view.Option{Value: "t" + t.ID.String(), Text: t.Name})
	}
	agents, err := w.Desk.Agents(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, a := range agents {
		if a.Enabled {
			p.Who = append(p.Who, view.Option{Value: "a" + a.ID.String(), Text: a.Name})
		}
	}
	inboxes, err := w.Desk.Inboxes(ctx, by, desk.Webchat)
	p.Widgets = append(p.Widgets, inboxOptions(inboxes)...)
	p.rows()
	return p, err
}

// rows are those that there are and two to be filled.
func (p *snippetPage) rows() {
	p.Rows = nil
	for _, l := range p.S.Levels {
		who := "any"
		switch {
		case l.AgentID != 0:
			who = "a" + l.AgentID.String()
		case l.TeamID != 0:
			who = "t" + l.TeamID.String()
		}
		p.Rows = append(p.Rows, levelRow{len(p.Rows), who, l.InboxID.String()})
	}
	for range 2 {
		if len(p.Rows) < desk.SnippetLevels {
			p.Rows = append(p.Rows, levelRow{N: len(p.Rows)})
		}
	}
}

// code is what is pasted into a page, once for all.
func code(origin, id string) string {
	return fmt.Sprintf(`<div class="needs-js" data-deskbell="%[2]s"><noscript><iframe src="%[1]s/snippets/%[2]s" title="Chat" width="320" height="120" frameborder="0"></iframe></noscript></div>
<script async src="%[1]s/snippet.js?id=%[2]s"></script>`, origin, id)
}

func (w *Web) snippet(c echo.Context) error {
	p, err := w.snippetPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/snippets/form", p)
}

func (w *Web) saveSnippet(c echo.Context) error {
	p, err := w.snippetPage(c)
	if err != nil {
		return err
	}
	p.S.Name, p.S.Kind, p.S.NoScript, p.S.Offline, p.S.Online = text(c, "name"), text(c, "kind"), c.FormValue("no_script"), c.FormValue("offline"), c.FormValue("online")
	p.S.Levels = nil
	for n := range desk.SnippetLevels {
		l := desk.Level{InboxID: desk.InboxID(number(text(c, fmt.Sprint("widget_", n)), 0))}
		if l.InboxID == 0 {
			continue
		}
		if id, ok := strings.CutPrefix(text(c, fmt.Sprint("who_", n)), "a"); ok {
			l.AgentID = desk.AgentID(number(id, 0))
		} else if id, ok := strings.CutPrefix(text(c, fmt.Sprint("who_", n)), "t"); ok {
			l.TeamID = desk.TeamID(number(id, 0))
		}
		p.S.Levels = append(p.S.Levels, l)
	}
	p.rows()
	fresh := p.S.ID == 0
	s, err := w.Desk.SaveSnippet(c.Request().Context(), actor(c), *p.S)
	if err != nil {
		return w.again(c, err, "admin/snippets/form", p)
	}
	w.notice(c, map[bool]string{true: "notice.snippet_made", false: "notice.saved"}[fresh])
	return c.Redirect(http.StatusSeeOther, "/admin/snippets/"+s.ID.String())
}
