package desk

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Webchat is the channel of the widget and the H5 page; Email that of mailboxes.
const (
	Webchat = "webchat"
	Email   = "email"
)

// Widget is the settings of a webchat inbox.
type Widget struct {
	Title    string   `json:"title"` // empty: the company's name
	Color    string   `json:"color"` // #rrggbb; empty: Deskbell's own
	Greeting string   `json:"greeting"`
	Locale   string   `json:"locale"`   // empty: the visitor's
	Position string   `json:"position"` // right or left
	Sites    []string `json:"sites"`    // origins that may embed it; none: every site
	Powered  bool     `json:"powered_by"`

	Ink      string `json:"ink,omitempty"`       // #rrggbb of what stands on Color; empty: what can be read on it
	LogoFile string `json:"logo_file,omitempty"` // a file's public id; empty: the company's
	HideLogo bool   `json:"hide_logo,omitempty"`
	CSS      string `json:"css,omitempty"` // of the chat, as the admin wrote it: see ScopeCSS

	Icon       string `json:"icon,omitempty"` // one of Icons; empty: the bell
	ButtonText string `json:"button_text,omitempty"`
	X          int    `json:"x,omitempty"` // CSS px from the side and from below, 1 to 400; 0: 20
	Y          int    `json:"y,omitempty"`
	Width      int    `json:"width,omitempty"`  // of the window in CSS px, 280 to 800; 0: 360
	Height     int    `json:"height,omitempty"` // 320 to 1200; 0: 550
	NoDrag     bool   `json:"no_drag,omitempty"`
	Quiet      bool   `json:"quiet,omitempty"` // no sound until the visitor wants it

	Notice     string            `json:"notice,omitempty"`      // a line above the talk
	NoticeLink string            `json:"notice_link,omitempty"` // where it leads
	Ask        map[string]string `json:"ask,omitempty"`         // before a chat: which of Asked, "may" or "must"
	AskLead    string            `json:"ask_lead,omitempty"`    // a sentence above that form

	Words map[string]Words `json:"words,omitempty"` // in other languages, by locale
	Menu  []MenuItem       `json:"menu,omitempty"`  // what a visitor may choose from before his chat, MenuMost at most

	HideNote   bool     `json:"hide_note,omitempty"`  // no notes can be left
	OffDuty    string   `json:"off_duty,omitempty"`   // what opens off hours: note, text, or empty for the chat as usual
	OffText    string   `json:"off_text,omitempty"`   // with text: what stands there
	Categories []string `json:"categories,omitempty"` // of notes

	HideAgents   bool `json:"hide_agents,omitempty"`   // the visitor reads the company's name in place of agents'
	HidePresence bool `json:"hide_presence,omitempty"` // and is not told whether they are there
	ShowTyping   bool `json:"show_typing,omitempty"`   // he reads that one of them is writing
	Watch        bool `json:"watch,omitempty"`         // agents see who is on the site: the chat is made ready on every page
	Preview      bool `json:"preview,omitempty"`       // agents read what he is writing
	NoLeave      bool `json:"no_leave,omitempty"`      // while he waits he is shown no way out of the queue
}

// Words are a widget's texts in one language; what is empty is as it stands in the widget itself.
type Words struct {
	Title      string `json:"title,omitempty"`
	Greeting   string `json:"greeting,omitempty"`
	ButtonText string `json:"button_text,omitempty"`
	Notice     string `json:"notice,omitempty"`
	AskLead    string `json:"ask_lead,omitempty"`
	OffText    string `json:"off_text,omitempty"`
}

// MenuItem is a choice before a chat: pressed, it is the visitor's first message, and the chat is its team's.
type MenuItem struct {
	Text   string            `json:"text"`              // at most 40 characters
	Texts  map[string]string `json:"texts,omitempty"`   // in other languages, by locale
	TeamID TeamID            `json:"team_id,omitempty"` // 0: whose the rules say
}

// MenuMost is how many there may be.
const MenuMost = 10

const menuText = 40 // characters

// Icons are what the button can show.
var Icons = []string{"bell", "bubble", "question", "headset", "heart"}

// Asked are what can be asked of a visitor before a chat.
var Asked = []string{"name", "email", "phone", "company"}

// WidgetOf reads a webchat inbox's settings.
func WidgetOf(in *Inbox) (w Widget, err error) {
	return w, json.Unmarshal(in.Settings, &w)
}

// In is the widget with its words in a language.
func (w Widget) In(locale string) Widget {
	for _, s := range w.words(w.Words[locale]) {
		if s.of != "" {
			*s.to = s.of
		}
	}
	w.Menu = slices.Clone(w.Menu)
	for i, m := range w.Menu {
		w.Menu[i].Text = cmp.Or(m.Texts[locale], m.Text)
	}
	return w
}

// word is one of a widget's texts beside its other language's, with its greatest number of characters.
type word struct {
	name  string
	to    *string
	of    string
	limit int
}

func (w *Widget) words(o Words) []word {
	return []word{{"title", &w.Title, o.Title, 60}, {"greeting", &w.Greeting, o.Greeting, 500}, {"button_text", &w.ButtonText, o.ButtonText, 30},
		{"notice", &w.Notice, o.Notice, 200}, {"ask_lead", &w.AskLead, o.AskLead, 200}, {"off_text", &w.OffText, o.OffText, 500}}
}

var (
	colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	origin = regexp.MustCompile(`^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?$`)
)

// Check cleans a widget's settings and tells their faults.
func (w *Widget) Check() error {
	var c check
	w.checkWords(&c)
	w.checkLook(&c)
	if w.Locale != "" && !KnownLocale(w.Locale) {
		c.fault("locale", "fault.locale_unknown")
	}
	if w.OffDuty == "text" && strings.TrimSpace(w.OffText) == "" {
		c.fault("off_text", "fault.message_empty")
	}
	if w.OffDuty != "note" && w.OffDuty != "text" {
		w.OffDuty = ""
	}
	if w.OffDuty == "note" && w.HideNote {
		c.fault("off_duty", "fault.no_notes")
	}
	w.checkMenu(&c)
	w.Categories = lines(w.Categories)
	for _, s := range w.Categories {
		if utf8.RuneCountInString(s) > 80 || len(w.Categories) > 50 {
			c.fault("categories", "fault.too_long", 80)
			break
		}
	}
	for name, how := range w.Ask {
		switch {
		case how == "":
			delete(w.Ask, name)
		case !slices.Contains(Asked, name) || how != "may" && how != "must":
			c.fault("ask", "fault.ask_unknown")
		}
	}
	sites := []string{}
	for _, s := range w.Sites {
		if s = strings.TrimRight(strings.TrimSpace(s), "/"); s == "" {
			continue
		}
		if !origin.MatchString(s) {
			c.fault("sites", "fault.site_wrong", s)
		}
		sites = append(sites, s)
	}
	w.Sites = sites
	return c.err()
}

// checkMenu leaves out what says nothing.
func (w *Widget) checkMenu(c *check) {
	menu := []MenuItem{}
	for _, m := range w.Menu {
		if m.Text = oneLine(m.Text); m.Text == "" {
			continue
		}
		texts := map[string]string{}
		for locale, s := range m.Texts {
			if s = oneLine(s); s != "" && KnownLocale(locale) {
				texts[locale] = s
			}
			if utf8.RuneCountInString(s) > menuText {
				c.fault("menu", "fault.too_long", menuText)
			}
		}
		if m.Texts = texts; utf8.RuneCountInString(m.Text) > menuText {
			c.fault("menu", "fault.too_long", menuText)
		}
		menu = append(menu, m)
	}
	if w.Menu = menu; len(menu) > MenuMost {
		c.fault("menu", "fault.too_many_options", MenuMost)
	}
}

// checkWords bounds the texts in every language; the fault of another's is named words.LOCALE.NAME.
func (w *Widget) checkWords(c *check) {
	for _, s := range w.words(Words{}) {
		if utf8.RuneCountInString(*s.to) > s.limit {
			c.fault(s.name, "fault.too_long", s.limit)
		}
	}
	for locale, o := range w.Words {
		if !KnownLocale(locale) || o == (Words{}) {
			delete(w.Words, locale)
			continue
		}
		for _, s := range w.words(o) {
			if utf8.RuneCountInString(s.of) > s.limit {
				c.fault("words."+locale+"."+s.name, "fault.too_long", s.limit)
			}
		}
	}
}

func (w *Widget) checkLook(c *check) {
	for name, value := range map[string]string{"color": w.Color, "ink": w.Ink} {
		if value != "" && !colour.MatchString(value) {
			c.fault(name, "fault.color_wrong")
		}
	}
	if w.Position != "left" {
		w.Position = "right"
	}
	if w.Icon == "bell" || !slices.Contains(Icons, w.Icon) {
		w.Icon = ""
	}
	for _, n := range []struct {
		name        string
		value       int
		least, most int
	}{{"x", w.X, 1, 400}, {"y", w.Y, 1, 400}, {"width", w.Width, 280, 800}, {"height", w.Height, 320, 1200}} {
		if n.value != 0 && (n.value < n.least || n.value > n.most) {
			c.fault(n.name, "fault.between", n.least, n.most)
		}
	}
	if w.NoticeLink = strings.TrimSpace(w.NoticeLink); w.NoticeLink != "" {
		u, err := url.Parse(w.NoticeLink)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(w.NoticeLink) > 1000 {
			c.fault("notice_link", "fault.address_wrong")
		}
	}
	if _, fault := scopeCSS(w.CSS); fault != nil {
		c.fault("css", fault.Key, fault.Args...)
	}
}

// lines are those that say something, each once.
func lines(all []string) (list []string) {
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
