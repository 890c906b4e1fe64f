package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"deskbell/app/apptest"
)

func TestNotifications(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Get("/notifications").Has(".empty", "No unread notifications")
	m := s.Visitor("Maria").Say("Hello?")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Alice.PostPart(path + "/participation")
	s.Alice.PostPart(path+"/participants", "agent_id", s.Bo.Agent.ID.String()).Status(200)
	if err := s.Desk.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Bo.Get("/conversations").Has(`.rail .dot[data-of="bell"]`, "1")
	s.Bo.Get("/notifications").Has(".noti .noti-new", "Alice invited you to the conversation with Maria")
	s.Bo.Get("/notifications?category=ticket").Has(".empty", "No unread notifications")
	s.Bo.Get("/counts").Has("body", `"notifications":1`)
	s.Chen.Get("/notifications/1").Status(http.StatusNotFound)
	s.Bo.Get("/notifications/1").LeadsTo(path + "?told=1")
	s.Bo.Get("/notifications").Has(".noti .noti-new", "") // a look changes nothing, whoever makes a browser have it
	s.Chen.PostPart("/notifications/reading", "id", "1").Status(http.StatusNotFound)
	s.Bo.PostPart("/notifications/reading", "id", "1").Status(http.StatusNoContent)
	s.Bo.Get("/notifications").Has(".empty", "No unread notifications")
	s.Bo.Get("/notifications?show=read").Has(".noti", "Maria")

	s.Bo.Get("/notices/new").Status(http.StatusForbidden)
	s.Alice.Post("/notices", "subject", "Tasting").Status(http.StatusUnprocessableEntity).Has(".fault", "Enter the text")
	s.Alice.Post("/notices", "subject", "Tasting", "text", "at four", "agent_ids", s.Chen.Agent.ID.String()).LeadsTo("/notifications")
	s.Chen.Get("/notices/1").Has(".notice-text", "at four")
	s.Bo.Get("/notices/1").Status(http.StatusNotFound)
	s.Chen.Post("/notifications/reading").LeadsTo("/notifications")
	s.Chen.Get("/notifications").Has(".empty", "")
	s.Alice.UploadTo("/notices", "leaves.png", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 5<<20)...), "subject", "The new leaves", "text", "how they look").LeadsTo("/notifications")
	s.Chen.Get("/notices/2").Has("a[download]", "leaves.png")
}

func TestHowOneIsTold(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Post("/notifications/settings", "sounds", "true", "sound", "message", "quiet_from", "22:00", "quiet_to", "07:00", "mail_after", "60").LeadsTo("/notifications/settings")
	s.Bo.Get("/notifications/settings").Has("#f-quiet_from[value=\"22:00\"]", "").Has("option[selected]", "60")
	s.Bo.Post("/notifications/settings", "sounds", "true", "quiet_from", "soon", "quiet_to", "07:00").Status(http.StatusUnprocessableEntity).Has(".fault", "22:00")
	s.Bo.Post("/profile", "name", "Bo", "letters", "true").LeadsTo("/profile")
	s.Bo.Get("/notifications/settings").Has("#f-quiet_from[value=\"22:00\"]", "")
	s.Bo.PostPart("/notifications/test").Has(".roads", "Push").Has(".roads", "No mailbox is enabled")
}
