package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestTheCustomersPage(t *testing.T) {
	s := apptest.Open(t)
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	b := s.Mail("jo@customer.example", "Late", "My secret", "")
	_, err := s.Desk.Reply(t.Context(), s.Bo.Agent.Actor(), a.ID, desk.Draft{Text: "Only for us", Internal: true})
	s.Must(err)
	link, err := s.Desk.TicketLink(t.Context(), desk.System, a.ID)
	s.Must(err)
	maria := s.Browser()
	page := maria.Get("/my/"+link).Status(200).Has("h1", "A broken lid").Has(".my-log .msg.me", "Hello").HasNot("body", "Only for us").HasNot("body", "Bo joined")
	if h := page.Header; h.Get("X-Robots-Tag") == "" || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "same-origin" {
		t.Errorf("headers %v", h)
	}
	maria.Get("/my/"+link+"x").Status(http.StatusNotFound).Has("body", "This link is not valid")
	maria.Post("/my/"+link, "text", " ").Status(http.StatusUnprocessableEntity).Has(".fault", "")
	maria.Post("/my/"+link, "text", "It still leaks", "client_id", "f1").LeadsTo("/my/" + link + "?sent=1")
	maria.Get("/my/"+link+"?sent=1").Has(".notice", "received your reply").Has(".my-log .msg.me", "It still leaks")
	s.Bo.Get("/tickets/"+a.Ticket.ID.String()).Has("#messages .msg", "It still leaks")

	// A file of another ticket is not behind the link.
	f, err := s.Desk.Upload(t.Context(), s.Bo.Agent.Actor(), "notes.txt", strings.NewReader("for Jo"))
	s.Must(err)
	_, err = s.Desk.Reply(t.Context(), s.Bo.Agent.Actor(), b.ID, desk.Draft{Text: "Here", FileIDs: []string{f.ID}})
	s.Must(err)
	maria.Get("/my/" + link + "/files/" + f.ID).Status(http.StatusNotFound)
	g, err := s.Desk.Upload(t.Context(), s.Bo.Agent.Actor(), "label.txt", strings.NewReader("for Maria"))
	s.Must(err)
	_, err = s.Desk.Reply(t.Context(), s.Bo.Agent.Actor(), a.ID, desk.Draft{Text: "The label", FileIDs: []string{g.ID}})
	s.Must(err)
	maria.Get("/my/"+link).Has(".file", "label.txt").Has(".my-log .by", "Bo")
	if got := maria.Get("/my/" + link + "/files/" + g.ID).Status(200); got.Body != "for Maria" {
		t.Errorf("the file is %q", got.Body)
	}

	s.Bo.Get("/tickets/" + a.Ticket.ID.String() + "/page").Status(http.StatusSeeOther)
	s.Bo.PostPart("/tickets/" + a.Ticket.ID.String() + "/page/revocation").Status(200)
	maria.Get("/my/" + link).Status(http.StatusNotFound)
	maria.Get("/my/" + link + "/files/" + g.ID).Status(http.StatusNotFound)
	s.Bo.Part("/tickets/"+a.Ticket.ID.String()+"/history", "history").Has(".history li", "links revoked")
}

func TestTheRequestForm(t *testing.T) {
	s := apptest.Open(t)
	s.Browser().Get("/request").Status(http.StatusNotFound)
	s.Bo.Get("/admin/portal").Status(http.StatusForbidden)
	s.Alice.Get("/admin/portal").Has("form", "")
	s.Alice.Post("/admin/portal", "links", "true", "days", "0", "form", "true").Status(http.StatusUnprocessableEntity).Has(".fault", "365")
	s.Alice.Post("/admin/portal", "links", "true", "days", "30", "form", "true", "inbox", s.Mailbox.ID.String(), "intro", "We answer within a day.").LeadsTo("/admin/portal")
	s.Alice.Post("/admin/fields/new", "name", "Order", "kind", "number", "public", "true", "position", "1").LeadsTo("/admin/fields")
	who := s.Browser()
	now := s.Desk.Clock()
	s.Desk.Clock = func() time.Time { return now }
	page := who.Get("/request").Status(200).Has(".lead", "within a day").Has("label", "Order").Has(".trap", "")
	in := []string{"email", "li@post.example", "subject", "A lid", "text", "It broke", "field_1", "7", "stamp", page.Attr(`[name="stamp"]`, "value")}
	who.Post("/request", in...).Status(http.StatusConflict).Has(".notice", "too quickly").Has("textarea", "It broke")
	who.Post("/request", append(in, "website", "http://spam.example")...).LeadsTo("/request?sent=0")
	if words := who.Get("/request?sent=Call+0900+123").Status(200).All(".empty")[0]; strings.Contains(words, "0900") {
		t.Errorf("the page says what a link says: %s", words)
	}
	if list, _, err := s.Desk.Conversations(t.Context(), desk.System, desk.ConversationList{Kind: "ticket", Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("%d tickets, %v", len(list), err)
	}
	later := now.Add(3 * time.Second) // a person needs so long to write it
	s.Desk.Clock = func() time.Time { return later }
	sent := who.Post("/request", in...)
	sent.LeadsTo("/request?sent=1")
	who.Get("/request?sent=1").Has("h1", "Thank you").Has(".lead", "#1")
	s.Bo.Get("/tickets/1").Has("#messages .msg", "It broke").Has("#controls .fields", "Order")

	// What came with a form that had a fault goes along when it is sent again.
	s.Alice.Post("/admin/fields/new", "name", "Bill", "kind", "file", "public", "true", "position", "2").LeadsTo("/admin/fields")
	bad := slices.Clone(in)
	bad[3] = "" // the subject
	drawn := who.UploadAs("/request", "files", "lid.txt", []byte("the lid"), bad...).Status(http.StatusUnprocessableEntity).Has(".held", "lid.txt").HasNot(".fault", "choose them again")
	kept := drawn.Attr(`[name="kept"]`, "value")
	drawn = who.UploadAs("/request", "field_2", "bill.txt", []byte("the bill"), append(bad, "kept", kept)...).Status(http.StatusUnprocessableEntity).Has(".held", "lid.txt").Has(".held", "bill.txt")
	bill := drawn.Attr(`.held [name="field_2"]`, "value")
	who.Post("/request", append(in, "kept", kept, "kept", "nonsense", "field_2", bill)...).LeadsTo("/request?sent=2")
	s.Bo.Get("/tickets/2").Has("#messages .file", "lid.txt").Has("#controls .held", "bill.txt")
	who.Post("/request", append(in, "kept", kept, "field_2", bill)...).LeadsTo("/request?sent=3") // once sent they are another's
	s.Bo.Get("/tickets/3").HasNot("#messages .file", "lid.txt").HasNot("#controls .held", "bill.txt")
	who.UploadAs("/request", "files", "lid.txt", []byte("the lid"), in[:8]...).Status(http.StatusConflict).Has(".fault", "choose them again")
}
