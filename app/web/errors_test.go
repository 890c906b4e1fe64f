package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// What goes wrong is told on a page of the desk's own, with a number that is also in the log, also when nothing can be asked of the
// desk any more: here a setting cannot be read that every list and the numbers of every page need.
func TestThePageOfAFault(t *testing.T) {
	s := apptest.Open(t)
	s.Must(s.Desk.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec(`insert or replace into settings(name, value) values ('handling', '{"soon_after": "three"}')`)
		return err
	}))
	for _, path := range []string{"/conversations", "/tickets"} {
		page := s.Bo.Get(path).Status(http.StatusInternalServerError).Has("h1", "Something went wrong").Has(".lead", "error number").Has("main small", "Error ").Has(".actions a", "Back")
		if page.Attr("html", "lang") != "en" {
			t.Errorf("%s: it is in %q", path, page.Attr("html", "lang"))
		}
	}
	s.Chen.Get("/conversations").Status(http.StatusInternalServerError).Has("h1", "出错了")
	s.Bo.Get("/conversations/4711").Status(http.StatusNotFound).Has(".actions a", "Back")
	s.Bo.Get("/admin/agents").Status(http.StatusForbidden).Has("h1", "Not allowed")
}

// Who tries too often to log in is told when he may again.
func TestTooManyTriesToLogIn(t *testing.T) {
	s := apptest.Open(t)
	who := s.Browser()
	who.Get("/login")
	for range 200 {
		if page := who.Post("/login", "email", "nobody@x.example", "password", "wrong wrong wrong"); page.Code == http.StatusTooManyRequests {
			if page.Header.Get("Retry-After") == "" {
				t.Error("without a word of when he may again")
			}
			page.Has(".notice", "Too many attempts")
			return
		}
	}
	t.Error("he may try two hundred times")
}
