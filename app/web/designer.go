package web

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
	"deskbell/app/wire"
)

type widgetPage struct {
	Page
	In      *desk.Inbox
	W       desk.Widget
	Sites   string // a line each
	Teams   []view.Option
	Origin  string
	InSetup bool
	Topics  string // of notes, a line each
	Secret  string // just made: shown this once

	Contrast contrast
	Menu     []menuRow
	Other    string // the language of the second words
	Ours     desk.Words
}

// contrast says whether the words on a widget's colour can be read.
type contrast struct {
	Bad    bool   `json:"bad"`
	Text   string `json:"text"`
	Better string `json:"better"` // the nearest colour on which they can be
}

// menuRow is a choice before a chat as the form shows it.
type menuRow struct {
	N           int
	Text, Other string
	Team        string
}

// Theme is a colour with a name.
type theme struct{ Name, Color string }

// Themes are what the designer offers beside a colour of one's own.
func (p *widgetPage) Themes() []theme {
	return []theme{{"teal", "#0b5c6b"}, {"ink", "#2b2a27"}, {"navy", "#1f3a5f"}, {"blue", "#1d5fbf"}, {"violet", "#5b3fa0"}, {"plum", "#7a2e5d"},
		{"red", "#b3261e"}, {"brick", "#9a3f1d"}, {"brass", "#8a5a00"}, {"olive", "#5c6b1e"}, {"green", "#1b6e3c"}, {"slate", "#4a5a66"}}
}

// Shape is an icon of the button as the template draws it.
func (p *widgetPage) Shape(icon string) string { return wire.Shape(icon) }

// Icons are the choices of the button's icon; Asked what can be asked before a chat.
func (p *widgetPage) Icons() []string { return desk.Icons }
func (p *widgetPage) Asked() []string { return desk.Asked }

// Or is a number of CSS px, or what stands when there is none.
func (p *widgetPage) Or(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func (w *Web) widgetPage(c echo.Context) (*widgetPage, error) {
	in, teams, err := w.inboxOf(c, desk.Webchat)
	if err != nil {
		return nil, err
	}
	p := &widgetPage{In: in, Teams: teams, Origin: w.origin(c), InSetup: c.QueryParam("setup") != "" || c.FormValue("setup") != ""}
	p.Nav = "admin"
	if in.ID == 0 {
		p.W = desk.Widget{Color: desk.DefaultColor, Position: "right", Greeting: w.Views.T(visitOf(c).reader.Lang, "widget.greeting_default"), Powered: true}
		in.Name = visitOf(c).company.Name
	} else if p.W, err = desk.WidgetOf(in); err != nil {
		return nil, err
	}
	p.Sites, p.Topics = strings.Join(p.W.Sites, "\n"), strings.Join(p.W.Categories, "\n")
	w.complete(c, p)
	return p, nil
}

// complete adds what the page says of the widget as it stands in the form.
func (w *Web) complete(c echo.Context, p *widgetPage) {
	p.Other = "zh-CN"
	if visitOf(c).company.Locale == p.Other {
		p.Other = "en"
	}
	p.Ours = p.W.Words[p.Other]
	p.Menu = nil
	for n, m := range append(slices.Clone(p.W.Menu), desk.MenuItem{}, desk.MenuItem{}) { // with room for more
		if n < desk.MenuMost {
			p.Menu = append(p.Menu, menuRow{n, m.Text, m.Texts[p.Other], m.TeamID.String()})
		}
	}
	ratio, better := p.W.Legible()
	p.Contrast = contrast{Bad: ratio < desk.Readable, Better: better}
	key := map[bool]string{true: "widget.contrast_bad", false: "widget.contrast_good"}[p.Contrast.Bad]
	p.Contrast.Text = w.Views.T(visitOf(c).reader.Lang, key, fmt.Sprintf("%.1f", ratio))
}

func (w *Web) widget(c echo.Context) error {
	p, err := w.widgetPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/widgets/form", p)
}

// readWidget takes the form into the page.
func (w *Web) readWidget(c echo.Context, p *widgetPage) {
	on := func(name string) bool { return text(c, name) == "true" }
	px := func(name string, otherwise int) int {
		if n := int(number(text(c, name), 0)); n != otherwise {
			return n
		}
		return 0 // what every widget has is not written down
	}
	p.In.Name, p.In.TeamID, p.In.Enabled = text(c, "name"), desk.TeamID(number(text(c, "team_id"), 0)), on("enabled")
	p.Sites, p.Topics = c.FormValue("sites"), c.FormValue("categories")
	s := &p.W
	s.Title, s.Color, s.Ink, s.CSS, s.HideLogo = text(c, "title"), text(c, "color"), text(c, "ink"), c.FormValue("css"), !on("logo_shown")
	s.Icon, s.ButtonText, s.Position, s.NoDrag = text(c, "icon"), text(c, "button_text"), text(c, "position"), !on("drag")
	s.X, s.Y, s.Width, s.Height = px("x", 20), px("y", 20), px("width", 360), px("height", 550)
	s.Greeting, s.Notice, s.NoticeLink, s.Quiet = text(c, "greeting"), text(c, "notice"), text(c, "notice_link"), !on("sounds")
	s.AskLead, s.Ask = text(c, "ask_lead"), map[string]string{}
	for _, name := range desk.Asked {
		s.Ask[name] = text(c, "ask_"+name)
	}
	s.Locale, s.Powered, s.Sites = text(c, "locale"), on("powered_by"), strings.Fields(p.Sites)
	s.HideNote, s.OffDuty, s.OffText, s.Categories = !on("notes"), text(c, "off_duty"), text(c, "off_text"), strings.Split(p.Topics, "\n")
	s.HideAgents, s.HidePresence, s.ShowTyping, s.Preview, s.NoLeave = !on("show_agents"), !on("show_presence"), on("show_typing"), on("preview"), !on("leave_queue")
	s.Menu = nil
	for n := range desk.MenuMost {
		if said := text(c, fmt.Sprint("menu_", n)); said != "" {
			s.Menu = append(s.Menu, desk.MenuItem{Text: said, Texts: map[string]string{p.Other: text(c, fmt.Sprint("menu_other_", n))}, TeamID: desk.TeamID(number(text(c, fmt.Sprint("menu_team_", n)), 0))})
		}
	}
	s.Words = maps.Clone(s.Words)
	if s.Words == nil {
		s.Words = map[string]desk.Words{}
	}
	s.Words[p.Other] = desk.Words{Title: text(c, "other_title"), Greeting: text(c, "other_greeting"), ButtonText: text(c, "other_button_text"),
		Notice: text(c, "other_notice"), AskLead: text(c, "other_ask_lead"), OffText: text(c, "other_off_text")}
	w.complete(c, p)
}

func (w *Web) saveWidget(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	p, err := w.widgetPage(c)
	if err != nil {
		return err
	}
	w.readWidget(c, p)
	if err := errorsOf(p.W.Check()); err != nil {
		return w.again(c, err, "admin/widgets/form", p)
	}
	logo, err := readLogo(c)
	if err == nil {
		err = w.keepWidgetLogo(ctx, by, p, logo, text(c, "logo_removed") == "true")
	}
	if err != nil {
		return w.again(c, err, "admin/widgets/form", p)
	}
	fresh := p.In.ID == 0
	in, err := w.Desk.SaveInbox(ctx, by, desk.SavedInbox{ID: p.In.ID, Channel: desk.Webchat, Name: p.In.Name, Enabled: p.In.Enabled, TeamID: p.In.TeamID, Settings: p.W})
	if err != nil {
		return w.again(c, err, "admin/widgets/form", p)
	}
	to := "/admin/widgets/" + in.ID.String()
	if p.InSetup {
		to += "?setup=2"
	}
	w.notice(c, map[bool]string{true: "notice.widget_made", false: "notice.saved"}[fresh])
	return c.Redirect(http.StatusSeeOther, to)
}

// errorsOf gives the faults of words in another language the names of the form.
func errorsOf(err error) error {
	if e := asInvalid(err); e != nil {
		for i, f := range e.Fields {
			if parts := strings.Split(f.Name, "."); len(parts) == 3 {
				e.Fields[i].Name = "other_" + parts[2]
			}
		}
	}
	return err
}

func (w *Web) keepWidgetLogo(ctx context.Context, by desk.Actor, p *widgetPage, logo []byte, removed bool) error {
	if removed {
		p.W.LogoFile = ""
	}
	if logo == nil {
		return nil
	}
	f, err := w.Desk.Upload(ctx, by, "logo", bytes.NewReader(logo))
	if err != nil {
		return err
	}
	if f.Width == 0 {
		return errLogo
	}
	p.W.LogoFile = f.ID
	return nil
}

// preview is what the designer's preview shows of the form as it stands, saved or not.
type preview struct {
	Look     wire.Look         `json:"look"`
	Ask      *wire.Ask         `json:"ask"` // the form before a chat as somebody meets it of whom nothing is known
	Button   wire.Button       `json:"button"`
	Company  previewCompany    `json:"company"`
	CSS      string            `json:"css"`
	Contrast contrast          `json:"contrast"`
	Faults   map[string]string `json:"faults"` // by field, in the reader's words
}

type previewCompany struct {
	Name    string  `json:"name"`
	LogoURL *string `json:"logo_url"`
}

// previewWidget answers how the form would look.
func (w *Web) previewWidget(c echo.Context) error {
	p, err := w.widgetPage(c)
	if err != nil {
		return err
	}
	w.readWidget(c, p)
	out := preview{Faults: map[string]string{}}
	if fault := asInvalid(errorsOf(p.W.Check())); fault != nil {
		out.Faults = w.faults(c, fault)
		delete(out.Faults, "")
		for _, name := range []string{"color", "ink"} { // the last colours that were some stay
			if out.Faults[name] != "" {
				p.W.Color, p.W.Ink = "", ""
			}
		}
	}
	company := visitOf(c).company
	said := p.W.In(view.Negotiate("", text(c, "preview_lang")))
	out.Look, out.Ask, out.Button = wire.LookOf(p.In.PublicID, said), wire.AskOf(&said, &desk.Customer{}), wire.ButtonOf(said)
	out.Button.Texts = nil
	out.Look.Ink = said.InkOn()
	out.CSS, out.Contrast, out.Company.Name = p.W.ScopeCSS(), p.Contrast, company.Name
	switch {
	case p.W.HideLogo:
	case p.W.LogoFile != "" && text(c, "logo_removed") != "true":
		out.Company.LogoURL = ptrTo("/visitor/v1/widgets/" + p.In.PublicID + "/logo?v=" + p.W.LogoFile)
	case company.LogoFile != "":
		out.Company.LogoURL = ptrTo("/logo")
	}
	return c.JSON(http.StatusOK, out)
}

func ptrTo(s string) *string { return &s }

type previewPage struct{ Lang, Kind string }

// showPreview serves the preview's own pages, which nobody but the designer frames: a page of the company's with its button, and the
// chat in it.
func (w *Web) showPreview(c echo.Context) error {
	kind := c.QueryParam("kind")
	if !slices.Contains([]string{"page", "chat"}, kind) {
		return desk.NotFound
	}
	lang := view.Negotiate(c.QueryParam("lang"), visitOf(c).reader.Lang)
	var b bytes.Buffer
	if err := w.Views.Page(&b, view.Reader{Lang: lang}, "admin/widgets/preview", previewPage{lang, kind}); err != nil {
		return err
	}
	view.Guard(c.Response().Header(), view.Preview)
	return c.HTMLBlob(http.StatusOK, b.Bytes())
}

// newIdentitySecret makes the secret of a widget's site and shows it this once.
func (w *Web) newIdentitySecret(c echo.Context) error {
	p, err := w.widgetPage(c)
	if err != nil {
		return err
	}
	if p.Secret, err = w.Desk.NewIdentitySecret(c.Request().Context(), actor(c), p.In.ID); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return w.show(c, "admin/widgets/form", p)
}
