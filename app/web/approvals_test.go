package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestApprovals(t *testing.T) {
	s := apptest.Open(t)
	s.Must(s.Desk.Connected(t.Context(), desk.System, s.Bo.Actor().Agent(), true))
	s.Alice.Post("/admin/handling", "soon_after", "3", "overdue_after", "5", "presence_asks", "true").LeadsTo("/admin/handling")
	s.Alice.Get("/admin/approvals").Has(".empty", "Nothing to approve")
	s.Bo.Post("/profile/presence", "presence", "busy").LeadsTo("/profile/presence?presence=busy")
	s.Bo.Get("/profile/presence?presence=busy").Has("option[selected]", "Busy")
	s.Bo.Post("/profile/presence/ask", "presence", "busy", "reason", "").Status(http.StatusUnprocessableEntity).Has(".fault", "Enter a reason")
	s.Bo.Post("/profile/presence/ask", "presence", "busy", "reason", "Lunch").LeadsTo("/conversations")
	s.Alice.Get("/admin/approvals").Has(".table", "Lunch").Has(".table", "Bo")
	s.Alice.Get("/notifications").Has("body", "Bo asks to leave “online”: Lunch")
	s.Bo.Get("/admin/approvals").Status(http.StatusForbidden)
	s.Alice.Post("/admin/approvals/1", "granted", "true").LeadsTo("/admin/approvals")
	s.Bo.Get("/notifications").Has("body", "Alice approved")
	s.Bo.Post("/profile/presence", "presence", "online").LeadsTo("/profile")
}
