package web_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// designed is the designer's form as a browser sends it, with what is to be different.
func designed(differ ...string) []string {
	return append(differ, "name", "Shop", "color", "#0b5c6b", "position", "right", "x", "20", "y", "20", "width", "360", "height", "550", "icon", "bell", "greeting", "Hello", "logo_shown", "true",
		"drag", "true", "sounds", "true", "leave_queue", "true", "notes", "true", "show_agents", "true", "show_presence", "true", "powered_by", "true", "enabled", "true", "team_id", "0")
}

func TestDesigner(t *testing.T) {
	s := apptest.Open(t)
	path := "/admin/widgets/" + s.Widget.ID.String()
	s.Alice.Get(path).Status(200).Has("#contrast", "Easy to read").Has(".snippet code", s.Widget.PublicID)
	s.Bo.Get(path).Status(http.StatusForbidden)
	s.Bo.Post(path+"/preview", designed()...).Status(http.StatusForbidden)

	s.Alice.Post(path, designed("css", ".a { background: url(x) }", "width", "20", "other_greeting", strings.Repeat("x", 501))...).Status(http.StatusUnprocessableEntity).
		Has(".fault", "url() is not allowed here").Has(".fault", "280 and 800").Has(".fault", "At most 500")
	in, err := s.Desk.Inbox(t.Context(), s.Alice.Actor(), s.Widget.ID)
	s.Must(err)
	before, err := desk.WidgetOf(in)
	s.Must(err)
	if before.Width != 0 || before.CSS != "" {
		t.Errorf("a refused form was stored: %+v", before)
	}

	s.Alice.Post(path, designed("css", ".bubble { border-radius: 6px }", "icon", "heart", "button_text", "Ask", "x", "40", "ask_name", "must", "ask_email", "may", "notice", "Closed", "other_greeting", "您好", "ink", "#ffffff", "show_typing", "true", "menu_1", "Orders", "menu_other_1", "订单", "menu_team_1", s.Sales.String())...).LeadsTo(path)
	in, err = s.Desk.Inbox(t.Context(), s.Alice.Actor(), s.Widget.ID)
	s.Must(err)
	w, err := desk.WidgetOf(in)
	s.Must(err)
	if in.PublicID != s.Widget.PublicID || w.Icon != "heart" || w.X != 40 || w.Width != 0 || w.Ask["name"] != "must" || len(w.Ask) != 2 || w.Notice != "Closed" || w.Words["zh-CN"].Greeting != "您好" || w.NoDrag || w.NoLeave || w.Quiet || !w.ShowTyping || len(w.Menu) != 1 || w.Menu[0].Text != "Orders" || w.Menu[0].Texts["zh-CN"] != "订单" || w.Menu[0].TeamID != s.Sales {
		t.Errorf("stored %+v", w)
	}
	s.Browser().Get("/chat/nothing").Status(404).HasNot("main a", "") // a visitor has no business at the desk
	style := s.Browser().Get("/chat/" + s.Widget.PublicID)
	href := regexp.MustCompile(`/chat/[^"]+/style\.css\?v=[0-9a-f]{8}`).FindString(style.Body)
	css := s.Browser().Get(href).Status(200)
	if css.Body != "main .bubble{border-radius: 6px}\n" || css.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s serves %q as %s", href, css.Body, css.Header.Get("Content-Type"))
	}

	// The preview draws what is not stored, and says what would be refused.
	var p struct {
		Look struct {
			Greeting, Color string
			Logo            bool
		}
		CSS      string
		Faults   map[string]string
		Contrast struct {
			Bad          bool
			Text, Better string
		}
	}
	got := s.Alice.Post(path+"/preview", designed("greeting", "Hi there", "color", "#ffee00", "ink", "#ffffff", "css", "@import 'x';", "logo_shown", "", "preview_lang", "en")...).Status(200)
	s.Must(json.Unmarshal([]byte(got.Body), &p))
	if p.Look.Greeting != "Hi there" || p.Look.Logo || p.CSS != "" || p.Faults["css"] == "" || !p.Contrast.Bad || p.Contrast.Better == "" || !strings.Contains(p.Contrast.Text, "Hard to read") {
		t.Errorf("the preview is %+v", p)
	}
	for _, kind := range []string{"page", "chat"} {
		page := s.Alice.Get(path + "/preview?kind=" + kind).Status(200)
		if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'self'") {
			t.Errorf("the preview's %s may be framed by %q", kind, csp)
		}
	}
	s.Alice.Get(path + "/preview?kind=other").Status(404)
}
