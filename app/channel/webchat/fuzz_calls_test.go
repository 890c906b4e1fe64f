package webchat

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskbell/app/rest"
)

// FuzzCalls: whatever JSON a page or a stranger sends, each call answers with what it describes or with a problem, never with a fault of
// ours, and what is refused leaves nothing behind.
func FuzzCalls(f *testing.F) {
	much := Allowance{1 << 30, time.Nanosecond}
	s := openShop(f, Limits{Sessions: much, Calls: much, Messages: much, Files: much, Small: much})
	token := s.session("{}").VisitorToken
	paths := []string{"/sessions", "/messages", "/notes", "/profile", "/typing", "/read", "/leave", "/page", "/ratings", "/invitations", "/push", "/push/end"}
	for i, body := range []string{
		`{"page":{"url":"https://tea.example/","title":"Tea"},"name":"Mei","identity":"a.b.c"}`, `{"text":"hi","client_id":"1"}`, `{"text":"a note","name":"Mei","email":"mei@example.test","client_id":"2"}`,
		`{"name":"Mei","email":"mei@example.test"}`, `{"text":"hel"}`, `{"seq":1}`, `{}`, `{"url":"javascript:1","title":"x"}`, `{"conversation_id":"1","stars":5,"tags":["x"]}`, `{"id":"1","outcome":"shown"}`,
		`{"endpoint":"https://push.example/1","keys":{"p256dh":"x","auth":"y"}}`, `{"endpoint":"https://push.example/1"}`,
	} {
		f.Add(byte(i), body)
		f.Add(byte(i), `{"text":7,"seq":-1,"stars":1e99,"name":null,"email":{},"file_ids":[[]],"url":"\u0000"}`)
	}
	f.Add(byte(1), `{"text":"a","file_ids":["../../desk.db"],"sticker":"9999999999999999999"}`)
	f.Fuzz(func(t *testing.T, which byte, body string) {
		s.t = t
		path := paths[int(which)%len(paths)]
		before, err := s.LastEvent(t.Context())
		must(t, err)
		req, err := http.NewRequest(http.MethodPost, s.url+prefix+path, strings.NewReader(body))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		if path == "/sessions" {
			req.Header.Set("X-Widget-Id", s.widget.PublicID)
		}
		a := s.do(req)
		if a.StatusCode >= 500 || len(a.body) > 0 && !json.Valid(a.body) {
			t.Fatalf("%s %q: %s %s", path, body, a.Status, a.body)
		}
		if a.StatusCode < 400 {
			return
		}
		var p rest.Problem
		if err := json.Unmarshal(a.body, &p); err != nil || p.Status != a.StatusCode || p.Code == "" {
			t.Fatalf("%s %q: %s %s", path, body, a.Status, a.body)
		}
		if after, err := s.LastEvent(t.Context()); err != nil || after != before {
			t.Fatalf("%s %q was refused with %d, and left %d events (%v)", path, body, a.StatusCode, after-before, err)
		}
	})
}
