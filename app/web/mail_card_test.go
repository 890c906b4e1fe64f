package web_test

import (
	"net/http"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

// letter opens a ticket by a mail that carries what its meta says.
func letter(s *apptest.Shop, from, id string, meta desk.MailMeta) *desk.Conversation {
	s.T.Helper()
	got, err := s.Desk.Receive(s.T.Context(), desk.System, desk.Incoming{InboxID: s.Mailbox.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: from},
		Customer: desk.Customer{Email: from}, ExternalID: id, Text: "words", Meta: desk.Meta{Mail: &meta}, Ticket: &desk.NewTicket{Subject: id, Origin: "mail"}})
	s.Must(err)
	c, err := s.Desk.Conversation(s.T.Context(), desk.System, got.ConversationID)
	s.Must(err)
	return c
}

func inChinese(s *apptest.Shop) {
	s.T.Helper()
	s.Must(s.Desk.ChangeProfile(s.T.Context(), s.Alice.Actor(), desk.Profile{Name: "Alice", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}))
}

// What a mail brings besides words stands at it: an invitation as a card, in the reader's time, and that it is encrypted or signed.
func TestInvitationsAndSealedMail(t *testing.T) {
	s := apptest.Open(t)
	start := time.Date(2030, 11, 3, 2, 0, 0, 0, time.UTC)
	in := mail.Invitation{Method: "REQUEST", Summary: "Tasting <b>", Start: start, End: start.Add(90 * time.Minute), Local: "03:00", Zone: "Europe/Berlin", Repeats: "weekly", Place: "West lake hall",
		Organizer: &mail.Address{Name: "Li Lei", Addr: "li@customer.example"}, Guests: []mail.Guest{{Address: mail.Address{Name: "Han", Addr: "han@customer.example"}, Answer: "accepted"}, {Address: mail.Address{Addr: "bo@tea.example"}}}}
	a := "/tickets/" + letter(s, "li@customer.example", "1@x", desk.MailMeta{Invitation: &in}).Ticket.ID.String()
	s.Bo.Get(a).Has(".invitation .kind", "Invitation").Has(".invitation h3", "Tasting <b>").Has(".invitation dd", "3 November 2030, 10:00 – 11:30 03:00 in Europe/Berlin · every week").
		Has(".invitation dd", "West lake hall").Has(".invitation dd", "Li Lei <li@customer.example>").Has(".invitation dd", "Han accepted").HasNot(".invitation.off", "")
	inChinese(s)
	s.Alice.Get(a).Has(".invitation .kind", "邀请").Has(".invitation dd", "每周").Has(".invitation dd", "已接受")
	for _, c := range []struct {
		in         mail.Invitation
		kind, when string
	}{
		{mail.Invitation{Method: "CANCEL", Start: start}, "Cancelled", "10:00"},
		{mail.Invitation{Method: "REQUEST", Changed: true, Start: start, Floating: true, Zone: "Nowhere"}, "Updated invitation", "2030-11-03 02:00 · Nowhere"},
		{mail.Invitation{Method: "REPLY", Start: start}, "Reply to an invitation", ""},
		{mail.Invitation{Method: "COUNTER", Start: start}, "New time proposed", ""},
		{mail.Invitation{Method: "PUBLISH", Start: start.Truncate(24 * time.Hour), End: start.Truncate(24*time.Hour).AddDate(0, 0, 2), AllDay: true, Others: 2}, "Event", "2030-11-03 – 2030-11-05 · all day"},
	} {
		path := "/tickets/" + letter(s, "li@customer.example", c.kind+"@x", desk.MailMeta{Invitation: &c.in}).Ticket.ID.String()
		s.Bo.Get(path).Has(".invitation .kind", c.kind).Has(".invitation dd", c.when)
	}
	sealed := "/tickets/" + letter(s, "li@customer.example", "2@x", desk.MailMeta{Encrypted: true}).Ticket.ID.String()
	s.Bo.Get(sealed).Has(".sealed", "encrypted").HasNot(".foot", "Signed")
	for fault, lacks := range map[mail.FaultKind]bool{mail.FaultAttachment: true, mail.FaultRead: true, mail.FaultDate: false, mail.FaultEncoding: false} {
		of := mail.Fault{Kind: fault, Text: "it was: so"}
		page := s.Bo.Get("/tickets/" + letter(s, "li@customer.example", string(fault)+"@x", desk.MailMeta{Faults: []string{of.String()}}).Ticket.ID.String())
		if lacks {
			page.Has(".sealed", "Part of this email could not be read")
		} else {
			page.Has(".msg .text", "words").HasNot(".sealed", "")
		}
	}
	signed := "/tickets/" + letter(s, "li@customer.example", "3@x", desk.MailMeta{Signed: true}).Ticket.ID.String()
	s.Bo.Get(signed).Has(".foot", "Signed; the signature has not been checked").HasNot(".sealed", "")
}

// One press gives the ticket of a mail that was sent on to the other of the two, by a form that needs no script too.
func TestWhoseTicketAForwardIs(t *testing.T) {
	s := apptest.Open(t)
	c := letter(s, "han@customer.example", "1@x", desk.MailMeta{Forward: &desk.Forwarded{Note: "Be quick, she is dear.",
		Writer: desk.Correspondent{Name: "Han", Address: "han@customer.example"}, Sender: desk.Correspondent{Name: "Bo", Address: "bo@tea.example"}}})
	path := "/tickets/" + c.Ticket.ID.String()
	page := s.Bo.Get(path).Has(".sent-on", "Forwarded by Bo, written by Han <han@customer.example>").Has(".sent-on button", "Make Bo the customer").Has(".sent-note", "she is dear")
	press := page.Attr(".sent-on form", "action")
	s.Bo.Post(press).LeadsTo(path)
	s.Bo.Get(path).Has("#head small", "Bo").Has(".sent-on button", "Make Han the customer").Has("#messages .event", "moved this ticket to Bo")
	s.Bo.Part(path+"/history", "history").Has(".history li", "Moved to another customer")
	s.Bo.PostPart(press).Has("section#talk .sent-on button", "Make Bo the customer")
	inChinese(s)
	s.Alice.Get(path).Has(".sent-on button", "将 Bo 设为客户")
	plain := letter(s, "li@customer.example", "2@x", desk.MailMeta{})
	s.Bo.Get("/tickets/"+plain.Ticket.ID.String()).HasNot(".sent-on", "")
	list, _, err := s.Desk.Messages(t.Context(), desk.System, plain.ID, desk.MessageList{Limit: 10})
	s.Must(err)
	s.Bo.Post("/messages/" + list[0].ID.String() + "/customer").Status(http.StatusNotFound)
	_, err = s.Desk.Assign(t.Context(), s.Alice.Actor(), c.ID, s.Export, 0)
	s.Must(err)
	s.Bo.Post(press).Status(http.StatusNotFound) // out of his sight
}
