package web_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"deskbell/app"
	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestLogIn(t *testing.T) {
	s := apptest.Open(t)
	b := s.Browser()
	b.Get("/tickets/3?x=1").LeadsTo("/login?next=%2Ftickets%2F3%3Fx%3D1")
	b.Get("/login?next=/tickets")
	wrong := b.Post("/login", "email", "alice@tea.example", "password", "wrong").Status(http.StatusUnauthorized).Has(".notice.bad", "wrong")
	unknown := b.Post("/login", "email", "nobody@tea.example", "password", "wrong").Status(http.StatusUnauthorized)
	if strings.ReplaceAll(unknown.Tokenless(), "nobody@", "alice@") != wrong.Tokenless() {
		t.Error("an unknown address and a wrong password get different pages")
	}
	b.Post("/login", "email", "alice@tea.example", "password", apptest.Password, "next", "/tickets", "keep", "true").LeadsTo("/tickets")
	b.Get("/tickets").Status(200)
	b.Get("/login").LeadsTo("/")
	for _, evil := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "/login", "http:evil"} {
		fresh := s.Browser()
		fresh.Get("/login")
		fresh.Post("/login", "email", "bo@tea.example", "password", apptest.Password, "next", evil).LeadsTo("/")
	}
}

func TestSessionsEnd(t *testing.T) {
	s := apptest.Open(t)
	thief := s.Browser()
	thief.Keep(s.Bo)
	thief.Get("/conversations").Status(200)
	s.Bo.Post("/logout").LeadsTo("/login")
	thief.Get("/conversations").LeadsTo("/login?next=%2Fconversations")
	if s.Bo.Cookie("session") != "" {
		t.Error("the cookie stayed after log-out")
	}

	// A changed password ends the other sessions; a disabled account ends all.
	second := s.Browser()
	second.Get("/login")
	second.Post("/login", "email", "alice@tea.example", "password", apptest.Password).LeadsTo("/")
	s.Alice.Post("/profile/password", "current", "not it", "password", "second flush 2026").Status(422).Has(".fault", "not your current password")
	s.Alice.Post("/profile/password", "current", apptest.Password, "password", "second flush 2026").LeadsTo("/profile")
	second.Get("/profile").LeadsTo("/login?next=%2Fprofile")
	s.Alice.Get("/profile").Status(200)
	off := false
	_, err := s.Desk.ChangeAgent(t.Context(), s.Alice.Actor(), s.Chen.Agent.ID, desk.AgentChange{Enabled: &off})
	s.Must(err)
	s.Chen.Get("/profile").LeadsTo("/login?next=%2Fprofile")
}

// Twenty set up the desk at the same moment: there is one admin, and the page is closed for good.
func TestSetUpOnce(t *testing.T) {
	s := newDesk(t)
	s.Browser().Get("/").LeadsTo("/setup")
	s.Browser().Get("/login").LeadsTo("/setup")
	address, err := s.SetupAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at, code, _ := strings.Cut(strings.TrimPrefix(address, "http://desk.test"), "?code=")
	if at != "/setup" || len(code) < 16 {
		t.Fatalf("it is set up at %q", address)
	}
	first := s.Browser()
	first.Get("/setup?code="+code).Has("h1", "Set up Deskbell").Has(`input[name="code"][value="`+code+`"]`, "").HasNot(`input[name="code"][required]`, "").Has(`a[href="?code=`+code+`&lang=zh-CN"]`, "简体中文")
	first.Post("/setup", "company", "", "name", "Alice", "email", "alice", "password", "short", "locale", "en", "time_zone", "Asia/Shanghai", "code", code).
		Status(422).Has(".field .fault", "company").Has(".field .fault", "not a valid email").Has(".field .fault", "10")
	var all sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 20 {
		b := s.Browser()
		b.Get("/setup")
		all.Go(func() {
			p := b.Post("/setup", "company", "Tea", "name", "Alice", "email", "alice@tea.example", "password", apptest.Password, "locale", "en", "time_zone", "UTC", "code", code)
			mu.Lock()
			defer mu.Unlock()
			if p.Header.Get("Location") == "/admin/widgets/new?setup=2" {
				won++
			}
		})
	}
	all.Wait()
	if agents, err := s.Desk.Agents(t.Context(), desk.System); err != nil || len(agents) != 1 || won != 1 {
		t.Errorf("%d agents, %d winners", len(agents), won)
	}
	s.Browser().Get("/setup").LeadsTo("/")
	if address, err := s.SetupAddress(t.Context()); address != "" || err != nil {
		t.Errorf("it is still set up at %q, %v", address, err)
	}
}

// Who finds a new desk before its owner does not get it: from elsewhere it takes the code that stands in the log, at the machine itself nothing.
func TestSetUpIsForTheOwner(t *testing.T) {
	s := newDesk(t)
	form := []string{"company", "Tea", "name", "Mallory", "email", "m@evil.example", "password", apptest.Password, "locale", "en", "time_zone", "UTC"}
	for name, change := range map[string]func(*http.Request){
		"from elsewhere":           func(*http.Request) {},
		"a proxy of this machine":  func(r *http.Request) { r.RemoteAddr = "127.0.0.1:5"; r.Header.Set("X-Forwarded-For", "203.0.113.9") },
		"one that says who came":   func(r *http.Request) { r.RemoteAddr = "[::1]:5"; r.Header.Set("X-Real-IP", "203.0.113.9") },
		"who says that he is here": func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") },
		"this browser, misled there": func(r *http.Request) {
			r.RemoteAddr, r.Host = "127.0.0.1:5", "evil.example:80"
			r.Header.Set("Origin", "http://evil.example:80")
		},
	} {
		b := s.Browser()
		b.Change = change
		b.Get("/setup").Status(200).Has(`input[name="code"][required]`, "")
		for _, code := range []string{"", "AAAAAAAAAAAAAAAA"} {
			if p := b.Post("/setup", append(form, "code", code)...); p.Code != http.StatusUnprocessableEntity && p.Code != http.StatusForbidden {
				t.Errorf("%s: with %q it answered %d", name, code, p.Code)
			}
		}
	}
	if agents, err := s.Desk.Agents(t.Context(), desk.System); err != nil || len(agents) > 0 {
		t.Fatalf("%d agents, %v", len(agents), err)
	}
	for _, host := range []string{"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "desk.test"} {
		b := s.Browser()
		b.Change = func(r *http.Request) {
			r.RemoteAddr, r.Host = "127.0.0.1:5", host
			r.Header.Set("Origin", "http://"+host)
		}
		b.Get("/setup").Status(200).HasNot(`input[name="code"]`, "")
		if host == "desk.test" {
			b.Post("/setup", form...).LeadsTo("/admin/widgets/new?setup=2")
		}
	}
}

// newDesk is one that nobody has set up.
func newDesk(t *testing.T) *apptest.Shop {
	t.Helper()
	root := apptest.Root()
	a, err := app.New(t.Context(), app.Config{Data: t.TempDir(), URL: "http://desk.test"}, os.DirFS(root+"/views"), os.DirFS(root+"/static"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return &apptest.Shop{App: a, T: t}
}

func TestInvitation(t *testing.T) {
	s := apptest.Open(t)
	page := s.Alice.Post("/admin/agents", "name", "Dan", "email", "dan@tea.example", "role", "agent", "capacity", "5", "team_ids", s.Sales.String()).Status(200)
	link := strings.TrimPrefix(page.All("#invitation")[0], "http://desk.test")
	dan := s.Browser()
	dan.Get(link).Has("h1", "Welcome, Dan")
	dan.Post(link, "password", "short").Status(422).Has(".fault", "10")
	dan.Post(link, "password", "silver needle tea").LeadsTo("/")
	dan.Get("/conversations").Status(200)
	dan.Get("/admin/agents").Status(403)
	s.Browser().Get(link).Status(404)
	s.Bo.Post("/admin/agents", "name", "Eve", "email", "eve@tea.example", "role", "admin").Status(403)
}

func TestProfileKeepsLanguageAndTokens(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Post("/profile", "name", "Bo", "locale", "zh-CN", "time_zone", "Asia/Tokyo", "theme", "dark", "send_key", "ctrl-enter", "sounds", "true", "letters", "true", "role", "admin").LeadsTo("/profile")
	page := s.Bo.Get("/profile").Has("h1", "个人设置")
	if page.Attr("html", "lang") != "zh-CN" || page.Attr("html", "data-theme") != "dark" || page.Attr("body", "data-send") != "ctrl-enter" {
		t.Errorf("the page does not follow the profile: %.200s", page.Body)
	}
	s.Bo.Get("/admin").Status(403)
	fresh := s.Bo.Post("/profile/tokens", "token_name", "Orders").Status(200).All("#fresh-token")
	if len(fresh) != 1 || !strings.HasPrefix(fresh[0], "db_") {
		t.Fatalf("token %v", fresh)
	}
	if again := s.Bo.Get("/profile"); bytes.Contains([]byte(again.Body), []byte(fresh[0])) {
		t.Error("a token is shown twice")
	}
}
