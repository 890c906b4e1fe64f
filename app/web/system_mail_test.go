package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestSystemMail(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Get("/admin/system-mail").Status(http.StatusForbidden)
	s.Alice.Get("/admin/system-mail").Has(".hint", "No mailbox is enabled")
	s.Alice.Post("/admin/system-mail/test").Status(http.StatusConflict).Has(".notice.bad", "No mailbox is enabled")
	s.Alice.Post("/admin/agents", "name", "Tao", "email", "tao@tea.example", "role", "agent", "capacity", "5").Has(".notice.good", "link to Tao")
	in, err := s.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Tea", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	if err != nil {
		t.Fatal(err)
	}
	s.Alice.Post("/admin/system-mail", "inbox_id", "99").Status(http.StatusUnprocessableEntity).Has(".fault", "no such mailbox")
	s.Alice.Post("/admin/system-mail", "inbox_id", in.ID.String()).LeadsTo("/admin/system-mail")
	s.Alice.Post("/admin/system-mail/test").LeadsTo("/admin/system-mail")
	s.Alice.Post("/admin/agents", "name", "Lin", "email", "lin@tea.example", "role", "agent", "capacity", "5").Has(".notice.good", "lin@tea.example")
	s.Alice.Get("/admin/system-mail").Has("#system-mails", "Invitation").Has("#system-mails", "lin@tea.example").Has("#system-mails", "Test").Has("option[selected]", "support@tea.example")
}
