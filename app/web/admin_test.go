package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// Admin mode begins with what a desk still needs, and says when nothing is left.
func TestFirstSteps(t *testing.T) {
	s := apptest.Open(t)
	// There is a widget, a team and colleagues; the mailbox is not in service.
	s.Alice.Get("/admin").Status(http.StatusOK).Has(".lead", "3 steps left").Has(`#first-steps a[href="/admin/teams"]`, "Done").Has(`#first-steps a[href="/admin/mailboxes"]`, "To do").Has(`#first-steps a[href="/canned"]`, "To do")
	_, err := s.Desk.SaveCanned(t.Context(), s.Alice.Actor(), desk.Canned{Text: "Hello"})
	s.Must(err)
	s.Alice.Get("/admin").Has(".lead", "2 steps left").Has(`#first-steps a[href="/canned"]`, "Done")
	s.Bo.Get("/admin").Status(http.StatusForbidden)
}
