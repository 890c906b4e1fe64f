package desk

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestTicketLinks(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(2)
	a := s.number(ids[0])
	link, err := s.TicketLink(ctx, System, a.ID)
	s.must(err)
	c, err := s.TicketByLink(ctx, System, link, "192.0.2.1")
	s.must(err)
	if c.ID != a.ID {
		t.Fatalf("it leads to %d, want %d", c.ID, a.ID)
	}
	void := &Error{Kind: KindNotFound, Key: "error.ticket_link"}
	for _, wrong := range []string{"", "x", link[:len(link)-2], link + "AA", strings.ToUpper(link), strings.Repeat("A", 5000), a.Token} {
		if _, err := s.TicketByLink(ctx, System, wrong, "192.0.2.2"); !errors.Is(err, void) {
			t.Errorf("%.40q: %v", wrong, err)
		}
	}
	for range 40 {
		_, err = s.TicketByLink(ctx, System, "guess", "192.0.2.2")
	}
	if !errors.Is(err, TooMany) {
		t.Errorf("the fortieth guess: %v", err)
	}
	if _, err := s.TicketByLink(ctx, System, link, "192.0.2.2"); err != nil {
		t.Errorf("a good link from where somebody guessed: %v", err)
	}
	// Another ticket of the same customer is not behind it, a merge leads on.
	got, err := s.AnswerTicket(ctx, AsCustomer(c.CustomerID), a.ID, Incoming{Text: "Thank you", ClientID: "f1"})
	s.must(err)
	again, err := s.AnswerTicket(ctx, AsCustomer(c.CustomerID), a.ID, Incoming{Text: "Thank you", ClientID: "f1"})
	s.must(err)
	if again.ID != got.ID || !again.Again {
		t.Error("a form sent twice is two answers")
	}
	if _, err := s.AnswerTicket(ctx, AsCustomer(c.CustomerID), s.number(ids[1]).ID, Incoming{Text: "x"}); !errors.Is(err, NotFound) {
		t.Errorf("another's ticket: %v", err)
	}
	if _, err := s.AnswerTicket(ctx, AsCustomer(c.CustomerID), a.ID, Incoming{Text: " "}); kindOfError(err) != KindInvalid {
		t.Errorf("nothing: %v", err)
	}
	// Revoked, and over.
	_, err = s.RevokeTicketLinks(ctx, s.bo, ids[0])
	s.must(err)
	if _, err := s.TicketByLink(ctx, System, link, "192.0.2.1"); !errors.Is(err, void) {
		t.Errorf("a revoked one: %v", err)
	}
	link, err = s.TicketLink(ctx, s.bo, a.ID)
	s.must(err)
	s.now = s.now.AddDate(0, 0, 91)
	if _, err := s.TicketByLink(ctx, System, link, "192.0.2.1"); !errors.Is(err, void) {
		t.Errorf("one of 91 days ago: %v", err)
	}
	s.must(s.ChangePortal(ctx, s.alice, Portal{Links: false, Days: 30}))
	if link, err := s.TicketLink(ctx, System, a.ID); err != nil || link != "" {
		t.Errorf("switched off: %q, %v", link, err)
	}
	if err := s.ChangePortal(ctx, s.bo, Portal{Links: true, Days: 30}); !errors.Is(err, Forbidden) {
		t.Errorf("by an agent: %v", err)
	}
}

func TestPublicForm(t *testing.T) {
	s, ctx := open(t), t.Context()
	s.tickets(1)
	boxes, err := s.Inboxes(ctx, System, Email)
	s.must(err)
	in := Request{Name: "Li", Email: "Li@Post.example", Subject: "A lid", Text: "It broke"}
	if _, err := s.OpenRequest(ctx, System, in); !errors.Is(err, NotFound) {
		t.Errorf("without a form: %v", err)
	}
	if err := s.ChangePortal(ctx, s.alice, Portal{Links: true, Days: 0, Form: true}); kindOfError(err) != KindInvalid {
		t.Errorf("no days, no mailbox: %v", err)
	}
	s.must(s.ChangePortal(ctx, s.alice, Portal{Links: true, Days: 30, Form: true, InboxID: boxes[0].ID}))
	order, err := s.SaveFormField(ctx, s.alice, FormField{Name: "Order", Kind: "number", Required: true, Public: true})
	s.must(err)
	inner, err := s.SaveFormField(ctx, s.alice, FormField{Name: "Cost", Kind: "number", Required: true, Visible: true})
	s.must(err)
	if _, err := s.OpenRequest(ctx, System, in); kindOfError(err) != KindInvalid {
		t.Errorf("without what is needed: %v", err)
	}
	in.Fields = Filled{order.ID: "12", inner.ID: "99"}
	got, err := s.OpenRequest(ctx, System, in)
	s.must(err)
	c, err := s.Conversation(ctx, s.bo, got.ConversationID)
	s.must(err)
	if c.Ticket.Fields[order.ID] != "12" || c.Ticket.Fields[inner.ID] != "" || c.CustomerEmail != "li@post.example" || c.Ticket.Subject != "A lid" {
		t.Errorf("it made %+v of %s", c.Ticket, c.CustomerEmail)
	}
	for name, bad := range map[string]Request{"no address": {Subject: "x", Text: "y"}, "no subject": {Email: "a@b.example", Text: "y"}, "no words": {Email: "a@b.example", Subject: "x"}, "a topic that is none": {Email: "a@b.example", Subject: "x", Text: "y", TopicID: 9, Fields: in.Fields}} {
		if _, err := s.OpenRequest(ctx, System, bad); kindOfError(err) != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 40 {
		err = s.AllowLetter(ctx, System, 0, "192.0.2.9")
	}
	if !errors.Is(err, TooMany) {
		t.Errorf("forty at once: %v", err)
	}
	stamp := s.FormStamp(ctx, System)
	if s.FilledByHand(ctx, System, stamp) || s.FilledByHand(ctx, System, "x") {
		t.Error("filled in at once, by hand?")
	}
	s.now = s.now.Add(time.Minute)
	if !s.FilledByHand(ctx, System, stamp) {
		t.Error("a minute is a person's time")
	}
	s.now = s.now.Add(25 * time.Hour)
	if s.FilledByHand(ctx, System, stamp) {
		t.Error("a form of yesterday")
	}
}

// Where a ticket went into another of the same customer, its link leads there: what revokes the other's links revokes it too.
func TestRevokedWithWhatWentIntoIt(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(1)
	into := s.number(ids[0])
	got, err := s.Receive(ctx, System, Incoming{InboxID: into.InboxID, CustomerID: into.CustomerID, Text: "and the lid", ExternalID: "lid@post.example", Ticket: &NewTicket{Subject: "Lid", Origin: "mail"}})
	s.must(err)
	link, err := s.TicketLink(ctx, s.bo, got.ConversationID)
	s.must(err)
	from, err := s.Conversation(ctx, s.bo, got.ConversationID)
	s.must(err)
	_, err = s.MergeTicket(ctx, s.bo, from.Ticket.ID, ids[0])
	s.must(err)
	if c, err := s.TicketByLink(ctx, System, link, "192.0.2.1"); err != nil || c.ID != into.ID {
		t.Fatalf("the merged one's link leads to %+v, %v", c, err)
	}
	_, err = s.RevokeTicketLinks(ctx, s.bo, ids[0])
	s.must(err)
	if c, err := s.TicketByLink(ctx, System, link, "192.0.2.1"); !errors.Is(err, voidLink) {
		t.Errorf("it still leads to ticket %+v, %v", c, err)
	}
}
