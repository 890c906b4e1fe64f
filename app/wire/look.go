package wire

import (
	"regexp"
	"strings"

	"deskbell/app/desk"
)

// Look is how the chat looks and what it offers, in one visitor's language.
type Look struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Color      string   `json:"color"`
	Ink        string   `json:"ink" doc:"What is written on color, #rrggbb"`
	Greeting   string   `json:"greeting"`
	Locale     string   `json:"locale" doc:"Empty: the visitor's"`
	Position   string   `json:"position" enum:"left,right,"`
	PoweredBy  bool     `json:"powered_by"`
	Logo       bool     `json:"logo" doc:"false: none is shown"`
	Quiet      bool     `json:"quiet" doc:"No sound until the visitor wants it"`
	Drag       bool     `json:"drag" doc:"The window can be moved on the page"`
	Leave      bool     `json:"leave" doc:"Who waits is shown a way out of the queue: POST /leave"`
	Notice     string   `json:"notice" doc:"A line above the talk; empty: none"`
	NoticeLink string   `json:"notice_link"`
	Ask        *Ask     `json:"ask" doc:"What the visitor is asked before a chat; null: nothing is missing"`
	Note       bool     `json:"note" doc:"Notes can be left: POST /notes"`
	OffDuty    string   `json:"off_duty" enum:"note,text," doc:"What opens off hours; empty: the chat as usual"`
	OffText    string   `json:"off_text"`
	Categories []string `json:"categories" nullable:"false" doc:"Of notes"`
	Watch      bool     `json:"watch" doc:"The chat is made ready on every page"`
	Menu       []Choice `json:"menu" nullable:"false" doc:"What a visitor may choose from before his chat: POST /messages with its text and its team"`
	Preview    bool     `json:"preview" doc:"Agents read what the visitor is writing: POST /typing with its text"`
	Button     Button   `json:"button"`
}

// Choice is one of a menu.
type Choice struct {
	Text string `json:"text"`
	Team string `json:"team,omitempty" doc:"The id of the team that it leads to"`
}

// Ask is the form before a chat: POST /profile.
type Ask struct {
	Lead   string     `json:"lead"`
	Fields []AskField `json:"fields" nullable:"false"`
}

// AskField is one of its fields.
type AskField struct {
	Name string `json:"name" enum:"name,email,phone,company"`
	Must bool   `json:"must"`
}

// Button is the button on the company's page and the window above it. What is missing is as the loader has it.
type Button struct {
	Color    string            `json:"color,omitempty"`
	Ink      string            `json:"ink,omitempty"`
	Position string            `json:"position,omitempty"`
	Icon     string            `json:"icon,omitempty" doc:"The d of an SVG path in 24 by 24"`
	Text     string            `json:"text,omitempty"`
	Texts    map[string]string `json:"texts,omitempty" doc:"The text in other languages, by locale"`
	X        int               `json:"x,omitempty"`
	Y        int               `json:"y,omitempty"`
	Width    int               `json:"width,omitempty"`
	Height   int               `json:"height,omitempty"`
	Watch    bool              `json:"watch,omitempty" doc:"The chat is made ready on every page"`
	Invite   []Rule            `json:"invite,omitempty" doc:"When one of these holds the chat is made ready, to invite the visitor"`
}

// Rule is when an invitation may be shown, for a page that knows nothing of its visitor.
type Rule struct {
	URL    string `json:"url" doc:"A regular expression of the page's address, in any case of its letters"`
	After  int    `json:"after" doc:"Seconds on the page"`
	Scroll int    `json:"scroll" doc:"Percent of the page that was seen"`
}

// RuleOf makes an invitation's rule: its * stands for anything.
func RuleOf(p *desk.Proactive) Rule {
	return Rule{strings.ReplaceAll(regexp.QuoteMeta(p.URL), `\*`, ".*"), p.After, p.Scroll}
}

// LookOf makes a widget's look. Its words are those of the language that was chosen before: desk.Widget.In.
func LookOf(id string, w desk.Widget) Look {
	menu := []Choice{}
	for _, m := range w.Menu {
		choice := Choice{Text: m.Text}
		if m.TeamID != 0 {
			choice.Team = m.TeamID.String()
		}
		menu = append(menu, choice)
	}
	return Look{ID: id, Title: w.Title, Color: w.Color, Ink: w.InkOn(), Greeting: w.Greeting, Locale: w.Locale, Position: w.Position, PoweredBy: w.Powered,
		Logo: !w.HideLogo, Quiet: w.Quiet, Drag: !w.NoDrag, Leave: !w.NoLeave, Notice: w.Notice, NoticeLink: w.NoticeLink,
		Note: !w.HideNote, OffDuty: w.OffDuty, OffText: w.OffText, Categories: append([]string{}, w.Categories...), Menu: menu, Preview: w.Preview, Button: ButtonOf(w)}
}

// AskOf is what is still to be asked of a customer before his chat: nil when nothing is.
func AskOf(w *desk.Widget, c *desk.Customer) *Ask {
	a := Ask{Lead: w.AskLead}
	for _, name := range w.Missing(c, false) {
		a.Fields = append(a.Fields, AskField{name, w.Ask[name] == "must"})
	}
	if a.Fields == nil {
		return nil
	}
	return &a
}

// ButtonOf is what the loader draws.
func ButtonOf(w desk.Widget) Button {
	b := Button{Color: w.Color, Ink: w.InkOn(), Icon: Shape(w.Icon), Text: w.ButtonText, X: w.X, Y: w.Y, Width: w.Width, Height: w.Height}
	if w.Position == "left" {
		b.Position = w.Position
	}
	for locale, o := range w.Words {
		if o.ButtonText != "" {
			if b.Texts == nil {
				b.Texts = map[string]string{}
			}
			b.Texts[locale] = o.ButtonText
		}
	}
	return b
}

// shapes are the icons of the button but for the bell, which the loader has itself: the d of a stroked path.
var shapes = map[string]string{
	"bubble":   "M4 20l1.2-3.6A8.5 8.5 0 1 1 8.3 19.2Z",
	"question": "M8.5 9a3.5 3.5 0 1 1 5.2 3.1c-1.1.6-1.7 1.3-1.7 2.4M12 18v.01",
	"headset":  "M4 15v-3a8 8 0 0 1 16 0v3M4 14h2.5v5H6a2 2 0 0 1-2-2ZM20 14h-2.5v5h.5a2 2 0 0 0 2-2ZM20 17v1a3 3 0 0 1-3 3h-3.5",
	"heart":    "M12 20C7 16.5 3.5 13.2 3.5 9.2A4.3 4.3 0 0 1 12 7.5a4.3 4.3 0 0 1 8.5 1.7C20.5 13.2 17 16.5 12 20Z",
}

// Shape is an icon of desk.Icons as a path; empty for the bell.
func Shape(icon string) string { return shapes[icon] }
