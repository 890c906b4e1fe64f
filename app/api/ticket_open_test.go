package api

import (
	"testing"

	"deskbell/app/wire"
)

func TestOpenTickets(t *testing.T) {
	s := openShop(t, Limits{})
	var first, second wire.Ticket
	s.into(&first, "POST", "/tickets", s.alice, `{"subject":"Your order","text":"It has left.","customer":{"email":"Wang@Example.com","name":"Wang"}}`)
	if first.Origin != "api" || first.Status != "open" || first.Priority != "normal" || first.MailboxID != s.mailbox.ID.String() || first.Customer.Name != "Wang" {
		t.Errorf("opened %+v", first)
	}
	s.into(&second, "POST", "/tickets", s.alice, `{"subject":"Again","text":"It has arrived.","customer":{"email":"wang@example.com"},"priority":"urgent","mailbox_id":"`+s.mailbox.ID.String()+`"}`)
	if second.Customer.ID != first.Customer.ID || second.ID == first.ID || second.Priority != "urgent" {
		t.Errorf("opened %+v for the customer of %+v", second, first)
	}
	a := s.call("POST", "/tickets", s.alice, `{"subject":"Once","text":"x","customer_id":"`+first.Customer.ID+`"}`, "Idempotency-Key", "t1")
	b := s.call("POST", "/tickets", s.alice, `{"subject":"Once","text":"x","customer_id":"`+first.Customer.ID+`"}`, "Idempotency-Key", "t1")
	if a.StatusCode != 201 || string(a.body) != string(b.body) {
		t.Errorf("%s %s, again %s", a.Status, a.body, b.body)
	}
	for range 2 { // the program was killed before it kept the answer to the key
		s.into(&second, "POST", "/tickets", s.alice, `{"subject":"After a crash","text":"x","client_id":"c1","customer_id":"`+first.Customer.ID+`"}`)
	}
	var found struct{ Items []wire.Ticket }
	if s.into(&found, "GET", "/tickets?q=crash", s.alice, ""); len(found.Items) != 1 || found.Items[0].ID != second.ID {
		t.Errorf("one client id opened %d tickets", len(found.Items))
	}
	var people struct{ Items []Customer }
	s.problem("without words", s.call("POST", "/tickets", s.alice, `{"subject":"x","text":" ","customer":{"email":"nobody@example.com"}}`), 422, "")
	s.problem("of no topic", s.call("POST", "/tickets", s.alice, `{"subject":"x","text":"x","topic_id":"99","customer":{"email":"nobody@example.com"}}`), 422, "")
	if s.into(&people, "GET", "/customers?q=nobody@example.com", s.alice, ""); len(people.Items) != 0 {
		t.Errorf("tickets that were refused left %+v", people.Items)
	}
	for body, want := range map[string]int{
		`{"text":"x","customer_id":"1"}`:                                                           400,
		`{"subject":" ","text":"x","customer_id":"1"}`:                                             422,
		`{"subject":"x","customer_id":"1"}`:                                                        422,
		`{"subject":"x","text":"x"}`:                                                               400,
		`{"subject":"x","text":"x","customer_id":"99"}`:                                            422,
		`{"subject":"x","text":"x","customer":{"email":"x"}}`:                                      422,
		`{"subject":"x","text":"x","customer_id":"1","mailbox_id":"` + s.widget.ID.String() + `"}`: 422,
	} {
		s.problem(body, s.call("POST", "/tickets", s.alice, body), want, "")
	}
}
