package web_test

import (
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
)

func TestCannedResponses(t *testing.T) {
	s := apptest.Open(t)
	s.Alice.Post("/canned/new", "company", "1", "category", "Hello", "text", "Hello {{customer.name}}").LeadsTo("/canned")
	s.Bo.Post("/canned/new", "category", "Own", "text", "=1+1").LeadsTo("/canned")
	s.Bo.Post("/canned/new", "company", "1", "text", "for all").Status(http.StatusForbidden)
	s.Bo.Post("/canned/new", "text", "").Status(http.StatusUnprocessableEntity).Has(".fault", "Enter the text")
	s.Bo.Post("/canned/new", "text", strings.Repeat("x", 1001)).Status(http.StatusUnprocessableEntity)
	s.Bo.Get("/canned").Has("#own", "=1+1").Has("#company", "Hello {{customer.name}}").HasNot("#company a", "Add a response").HasNot("#company form", "")
	s.Chen.Get("/canned").HasNot("#own .row", "=1+1").Has("h1", "常用语")
	s.Bo.Get("/canned/1").Status(200).HasNot("form .primary", "")
	s.Chen.Get("/canned/2").Status(404)
	if got := s.Bo.Get("/canned/list").Body; !strings.Contains(got, `"=1+1"`) || !strings.Contains(got, "Hello") {
		t.Errorf("the composer is offered %s", got)
	}

	// What goes out can come in again; what a spreadsheet would run is text.
	out := s.Bo.Get("/canned/export").Status(200).Body
	if want := "\ufeffcategory,text\r\nOwn,'=1+1\r\n"; out != want {
		t.Errorf("exported as %q, want %q", out, want)
	}
	s.Bo.Post("/canned/2/deletion").LeadsTo("/canned")
	s.Bo.UploadTo("/canned/import", "t.csv", []byte(out)).LeadsTo("/canned")
	list, err := s.Desk.CannedResponses(t.Context(), s.Bo.Actor())
	if s.Must(err); len(list) != 2 || list[0].Text != "=1+1" || list[0].AgentID != s.Bo.Agent.ID {
		t.Errorf("imported %+v", list)
	}
	for _, bad := range []string{"a,\xff\n", "a,\"b\n", "a,b\nc," + strings.Repeat("x", 1001) + "\n", "a\n"} {
		s.Bo.UploadTo("/canned/import", "t.csv", []byte(bad)).Status(http.StatusUnprocessableEntity).Has(".fault", "")
	}
	if list, _ := s.Desk.CannedResponses(t.Context(), s.Bo.Actor()); len(list) != 2 {
		t.Errorf("%d after bad tables, want 2", len(list))
	}
}
