package web_test

import (
	"net/http"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestFileFields(t *testing.T) {
	s := apptest.Open(t)
	s.Alice.Post("/admin/fields/new", "name", "Photo", "kind", "file", "options", "txt", "most", "1", "required", "true", "visible", "true", "public", "true", "position", "1").LeadsTo("/admin/fields")
	s.Alice.Get("/admin/fields/1").Has(`input[name="most"]`, "").Has("textarea", ".txt")

	// The card.
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	path := "/tickets/" + a.Ticket.ID.String()
	s.Bo.Get(path).Has(`#controls .fields input[type="file"]`, "")
	s.Bo.UploadAs(path, "field_1", "lid.png", []byte("x")).Status(http.StatusUnprocessableEntity)
	s.Bo.UploadAs(path, "field_1", "lid.txt", []byte("the lid"), "field_1", "").LeadsTo(path)
	id := s.Bo.Get(path).Has("#controls .held", "lid.txt").Attr(`#controls .held input`, "value")
	if got := s.Bo.Get("/files/" + id).Status(200); got.Body != "the lid" {
		t.Errorf("the file is %q", got.Body)
	}
	s.Bo.Post(path, "field_1", "", "field_1", id).LeadsTo(path) // saved again it stays
	s.Bo.Get(path).Has("#controls .held", "lid.txt")
	s.Bo.Post(path, "field_1", "").Status(http.StatusUnprocessableEntity) // it must be filled in

	// The customer's page.
	link, err := s.Desk.TicketLink(t.Context(), desk.System, a.ID)
	s.Must(err)
	maria := s.Browser()
	maria.Get("/my/"+link).Has("dl .file", "lid.txt")
	if got := maria.Get("/my/" + link + "/files/" + id).Status(200); got.Body != "the lid" {
		t.Errorf("the customer's file is %q", got.Body)
	}

	// The form that opens a ticket keeps the file over a fault.
	in := []string{"email", "li@post.example", "mailbox_id", s.Mailbox.ID.String(), "text", "It broke", "field_1", ""}
	s.Bo.Post("/tickets", append(in, "subject", "A lid")...).Status(http.StatusUnprocessableEntity).Has(".fault", "")
	page := s.Bo.UploadAs("/tickets", "field_1", "pot.txt", []byte("the pot"), in...).Status(http.StatusUnprocessableEntity).Has(".held", "pot.txt")
	made := s.Bo.Post("/tickets", append(in, "subject", "A pot", "field_1", page.Attr(".held input", "value"))...).Status(http.StatusSeeOther)
	s.Bo.Get(made.Header.Get("Location")).Has("#controls .held", "pot.txt")

	// The public form.
	s.Alice.Post("/admin/portal", "links", "true", "days", "30", "form", "true", "inbox", s.Mailbox.ID.String()).LeadsTo("/admin/portal")
	who := s.Browser()
	in = []string{"email", "jo@post.example", "subject", "A cup", "text", "It broke", "stamp", who.Get("/request").Has(`input[type="file"]`, "").Attr(`[name="stamp"]`, "value")}
	send := func() *apptest.Page { return who.UploadAs("/request", "field_1", "cup.txt", []byte("the cup"), in...) }
	now := s.Desk.Clock().Add(3 * time.Second) // a person needs so long to write it
	s.Desk.Clock = func() time.Time { return now }
	sent := send()
	sent.LeadsTo("/request?sent=3")
	who.Post("/request", append(in, "field_1", id)...).Status(http.StatusUnprocessableEntity) // another's file is none
	s.Bo.Get("/tickets/3").Has("#controls .held", "cup.txt")
}
