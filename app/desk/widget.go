package desk

import (
	"encoding/json"
	"regexp"
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

	HideNote   bool     `json:"hide_note,omitempty"`  // no notes can be left
	OffDuty    string   `json:"off_duty,omitempty"`   // what opens off hours: note, text, or empty for the chat as usual
	OffText    string   `json:"off_text,omitempty"`   // with text: what stands there
	Categories []string `json:"categories,omitempty"` // of notes

	HideAgents   bool `json:"hide_agents,omitempty"`   // the visitor reads the company's name in place of agents'
	HidePresence bool `json:"hide_presence,omitempty"` // and is not told whether they are there
	Watch        bool `json:"watch,omitempty"`         // agents see who is on the site: the chat is made ready on every page
	Preview      bool `json:"preview,omitempty"`       // agents read what he is writing
}

// WidgetOf reads a webchat inbox's settings.
func WidgetOf(in *Inbox) (w Widget, err error) {
	return w, json.Unmarshal(in.Settings, &w)
}

var (
	colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	origin = regexp.MustCompile(`^https?://[a-zA-Z0-9.-]+(:[0-9]{1,5})?$`)
)

// Check cleans a widget's settings and tells their faults.
func (w *Widget) Check() error {
	var c check
	if utf8.RuneCountInString(w.Title) > 60 {
		c.fault("title", "fault.too_long", 60)
	}
	if utf8.RuneCountInString(w.Greeting) > 500 {
		c.fault("greeting", "fault.too_long", 500)
	}
	if w.Color != "" && !colour.MatchString(w.Color) {
		c.fault("color", "fault.color_wrong")
	}
	if w.Locale != "" && !KnownLocale(w.Locale) {
		c.fault("locale", "fault.locale_unknown")
	}
	if utf8.RuneCountInString(w.OffText) > 500 {
		c.fault("off_text", "fault.too_long", 500)
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
	w.Categories = lines(w.Categories)
	for _, s := range w.Categories {
		if utf8.RuneCountInString(s) > 80 || len(w.Categories) > 50 {
			c.fault("categories", "fault.too_long", 80)
			break
		}
	}
	if w.Position != "left" {
		w.Position = "right"
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

// lines are those that say something, each once.
func lines(all []string) (list []string) {
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" && !oneOf(s, list) {
			list = append(list, s)
		}
	}
	return list
}
