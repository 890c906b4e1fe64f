package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
)

// An agent blocks a customer from the conversation, with a reason, and lets him again.
func TestBlockACustomer(t *testing.T) {
	s := apptest.Open(t)
	c := s.Mail("maria@customer.example", "Maria", "Tea", "Hello")
	at := "/customers/" + c.CustomerID.String() + "/blacklist"
	s.Bo.Get("/tickets/"+c.Ticket.ID.String()).Has("#block summary", "Block this customer")
	s.Bo.PostPart(at, "reason", " ").Status(http.StatusUnprocessableEntity).Has(".fault", "Enter a reason")
	s.Bo.PostPart(at, "reason", "Abuse").Has("#block h2", "Blocked").Has("#block .lead", "Abuse")
	s.Bo.Get("/customers/"+c.CustomerID.String()).Has("#block .lead", "Abuse")
	s.Bo.Post(at, "end", "true").Status(http.StatusSeeOther)
	s.Bo.Get("/customers/"+c.CustomerID.String()).HasNot("#block .lead", "Abuse").Has("#block summary", "Block this customer")
}
