package web_test

import (
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// leave leaves a note in the shop's widget.
func leave(s *apptest.Shop, v *apptest.Visitor, text string) *desk.Conversation {
	s.T.Helper()
	got, err := s.Desk.LeaveNote(s.T.Context(), v.Actor(), s.Widget.ID, desk.Note{Name: "李雷", Phone: "13800138000", Text: text})
	s.Must(err)
	c, err := s.Desk.Conversation(s.T.Context(), desk.System, got.ConversationID)
	s.Must(err)
	return c
}

func TestNotes(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Get("/notes").Has(".empty h2", "No open notes")
	v := s.Visitor("")
	first, second := leave(s, v, "Call me back"), leave(s, v, "=1+1")
	s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	for _, n := range s.Bo.Get("/notes").All("#rows .last") {
		if strings.Contains(n, "broken lid") {
			t.Errorf("a mail is among the notes: %s", n)
		}
	}
	s.Bo.Get("/notes").Has("#rows .last", "Call me back").Has("#views .ring b", "2")
	s.Chen.Get("/notes").HasNot("#rows .last", "")
	s.Chen.Get("/notes/" + first.Ticket.ID.String()).Status(http.StatusNotFound)
	path := "/notes/" + first.Ticket.ID.String()
	s.Bo.Get(path).Has("#controls dd", "13800138000").Has("textarea[maxlength=\"2000\"]", "")
	s.Bo.Post("/tickets/"+first.Ticket.ID.String(), "assignee_id", s.Bo.Agent.ID.String()).Status(http.StatusSeeOther)
	s.Bo.Get("/notes?view=mine").Has("#rows .last", "Call me back").HasNot("#rows .last", "=1+1")
	s.Bo.Get("/notes").Has(".rail .note-dot", "1")
	if body := s.Bo.Get("/counts").Body; !strings.Contains(body, `"notes":1`) {
		t.Errorf("counts: %s", body)
	}
	s.Bo.PostPart("/conversations/"+first.ID.String()+"/messages", "text", strings.Repeat("长", 2001)).Status(http.StatusUnprocessableEntity)
	s.Bo.PostPart("/conversations/"+first.ID.String()+"/messages", "text", strings.Repeat("长", 2000)).Status(http.StatusOK)
	s.Bo.PostPart("/conversations/"+first.ID.String()+"/messages", "text", "ask Alice", "internal", "true").Status(http.StatusOK)
	s.Bo.Post("/tickets/bulk", "ids", second.Ticket.ID.String(), "status", "resolved").Status(http.StatusOK)
	s.Bo.Get("/notes?view=done").Has("#rows .last", "=1+1").HasNot("#rows .last", "Call me back")
	s.Bo.Get("/notes?status=resolved").Has("#rows .last", "=1+1")
	s.Bo.Get("/notes?q="+first.Ticket.ID.String()).Has("#rows .last", "Call me back").HasNot("#rows .last", "=1+1")
	s.Bo.Get("/notes?from=2031-01-01").Has(".empty h2", "No notes found")
	s.Bo.Get("/notes?until=2020-01-01").Has(".empty h2", "No notes found")
	s.Bo.Get("/notes/export").Status(http.StatusForbidden)
	csv := s.Alice.Get("/notes/export?ids=" + first.Ticket.ID.String() + "," + second.Ticket.ID.String() + ",999").Status(http.StatusOK).Body
	for _, want := range []string{"ask Alice", "'=1+1", "13800138000", "Call me back", "Resolved"} {
		if !strings.Contains(csv, want) {
			t.Errorf("the file has no %q:\n%s", want, csv)
		}
	}
	if all := s.Alice.Get("/notes/export?view=done").Body; strings.Contains(all, "Call me back") || !strings.Contains(all, "'=1+1") {
		t.Errorf("the file of a list: %s", all)
	}
}
