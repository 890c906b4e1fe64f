package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
)

// A page travels packed to whoever takes it so; small parts, and pages for others, do not.
func TestPagesArePacked(t *testing.T) {
	s := apptest.Open(t)
	for i := range 30 {
		s.Visitor("Maria").Say("Hello " + strings.Repeat("tea ", i))
	}
	plain := s.Bo.Get("/conversations")
	if e := plain.Header.Get("Content-Encoding"); e != "" {
		t.Errorf("to a browser that takes nothing packed it goes as %s", e)
	}
	s.Bo.Change = func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip, br") }
	packed := s.Bo.Get("/conversations")
	s.Bo.Change = nil
	if h := packed.Header; h.Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Accept-Encoding") || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		t.Fatalf("it goes as %v", h)
	}
	z, err := gzip.NewReader(strings.NewReader(packed.Body))
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(z)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(page)), "</html>") {
		t.Errorf("it reads %d bytes, %v", len(page), err)
	}
	if 4*len(packed.Body) > len(page) {
		t.Errorf("%d bytes of %d", len(packed.Body), len(page))
	}
}

// The forms' token never stands twice alike in pages, so that their lengths do not tell of it; each of its spellings is good.
func TestTokensAreMasked(t *testing.T) {
	s := apptest.Open(t)
	token := func() string { return s.Alice.Get("/profile").Attr("body", "data-csrf") }
	first, second := token(), token()
	if first == second || len(first) < 60 {
		t.Errorf("the token stands there as %q and as %q", first, second)
	}
	change := func(words string, want int) {
		t.Helper()
		s.Alice.Change = func(r *http.Request) { r.Header.Set("X-CSRF-Token", words) }
		s.Alice.PostPart("/notifications/reading", "upto", "0").Status(want)
		s.Alice.Change = nil
	}
	good := s.Alice.PostPart("/notifications/reading", "upto", "0").Code
	if good >= 400 {
		t.Fatalf("the page's own token is answered by %d", good)
	}
	change(first, good)
	change(second, good)
	half := len(first) / 2
	for _, bad := range []string{"", first[:half], first[:half] + second[half:], strings.Repeat("A", len(first)), first + first, "A" + first[1:half] + first[half:] + "=", "%"} {
		change(bad, http.StatusForbidden)
	}
}
