package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
)

func TestForeignPagesChangeNothing(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Hello?")
	path := fmt.Sprintf("/conversations/%d/participation", m.ConversationID)
	for name, change := range map[string]func(*http.Request){
		"no token":              func(r *http.Request) { r.Header.Del("X-CSRF-Token") },
		"wrong token":           func(r *http.Request) { r.Header.Set("X-CSRF-Token", strings.Repeat("a", 52)) },
		"another's token":       func(r *http.Request) { r.Header.Set("X-CSRF-Token", s.Alice.Get("/profile").Attr("body", "data-csrf")) },
		"foreign origin":        func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"null origin":           func(r *http.Request) { r.Header.Set("Origin", "null") },
		"origin that begins so": func(r *http.Request) { r.Header.Set("Origin", "http://desk.test.evil.example") },
		"cross-site":            func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"a sister site":         func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"plain text":            func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		s.Bo.Get("/profile") // so that the token is fresh
		s.Bo.Change = change
		s.Bo.PostPart(path, "_method", "POST").Status(http.StatusForbidden)
		s.Bo.Change = nil
		if c, err := s.Desk.Conversation(t.Context(), s.Alice.Actor(), m.ConversationID); err != nil || c.Status != "waiting" {
			t.Errorf("%s: the conversation is %s", name, c.Status)
		}
	}
	s.Bo.PostPart(path).Status(200)
}

func TestPagesAreGuarded(t *testing.T) {
	s := apptest.Open(t)
	for _, page := range []*apptest.Page{s.Alice.Get("/conversations"), s.Browser().Get("/login"), s.Alice.Get("/admin/agents"), s.Alice.Get("/nowhere")} {
		csp := page.Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "script-src 'self'") {
			t.Errorf("%s: %q", page.Request.URL, csp)
		}
		if page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", page.Request.URL, page.Header)
		}
		for _, bad := range []string{" style=\"", "javascript:", " onclick=", "<style"} {
			if strings.Contains(page.Body, bad) {
				t.Errorf("%s has %q, which its own policy refuses", page.Request.URL, bad)
			}
		}
	}
}

func TestUnknownPagesAndIDs(t *testing.T) {
	s := apptest.Open(t)
	for _, path := range []string{"/nowhere", "/conversations/999", "/conversations/x", "/conversations/-1", "/conversations/99999999999999999999", "/tickets/1", "/customers/0", "/admin/agents/77", "/files/none", "/messages/1"} {
		s.Alice.Get(path).Status(http.StatusNotFound).Has("h1", "Page not found")
	}
	s.Chen.Get("/nowhere").Has("h1", "页面不存在")
	s.Bo.Get("/admin/agents").Status(http.StatusForbidden).HasNot("body", "alice@tea.example")
}
