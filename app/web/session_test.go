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
	if strings.ReplaceAll(unknown.Body, "nobody@", "alice@") != wrong.Body {
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
	root := apptest.Root()
	a, err := app.New(t.Context(), app.Config{Data: t.TempDir(), URL: "http://desk.test"}, os.DirFS(root+"/views"), os.DirFS(root+"/static"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	s := &apptest.Shop{App: a, T: t}
	s.Browser().Get("/").LeadsTo("/setup")
	s.Browser().Get("/login").LeadsTo("/setup")
	first := s.Browser()
	first.Get("/setup").Has("h1", "Set up Deskbell")
	first.Post("/setup", "company", "", "name", "Alice", "email", "alice", "password", "short", "locale", "en", "time_zone", "Asia/Shanghai").
		Status(422).Has(".field .fault", "company").Has(".field .fault", "not a valid email").Has(".field .fault", "10")
	var all sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 20 {
		b := s.Browser()
		b.Get("/setup")
		all.Go(func() {
			p := b.Post("/setup", "company", "Tea", "name", "Alice", "email", "alice@tea.example", "password", apptest.Password, "locale", "en", "time_zone", "UTC")
			mu.Lock()
			defer mu.Unlock()
			if p.Header.Get("Location") == "/admin/widgets/new?setup=2" {
				won++
			}
		})
	}
	all.Wait()
	if agents, err := a.Desk.Agents(t.Context(), desk.System); err != nil || len(agents) != 1 || won != 1 {
		t.Errorf("%d agents, %d winners", len(agents), won)
	}
	s.Browser().Get("/setup").LeadsTo("/")
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
