package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestBulk(t *testing.T) {
	s := apptest.Open(t)
	a := s.Mail("maria@customer.example", "A broken lid", "Hello", "")
	b := s.Mail("jo@customer.example", "Late", "Hello", "")
	_, err := s.Desk.Assign(t.Context(), s.Alice.Actor(), b.ID, s.Export, 0) // out of Bo's sight
	s.Must(err)
	s.Bo.Get("/tickets").Status(200).Has("#bulk", "").Has("#rows .tick-row", "A broken lid").HasNot("#rows", "Late")

	// Both are named; one is not Bo's to see. What is left empty stays.
	ids := []string{"ids", a.Ticket.ID.String(), "ids", b.Ticket.ID.String(), "status", "pending", "priority", "", "assignee_id", s.Bo.Agent.ID.String()}
	s.Bo.PostPart("/tickets/bulk", ids...).Status(200).Has(".bulked summary", "1 ticket changed. 1 could not").Has("li a", "A broken lid").Has("li .fault", "#"+b.Ticket.ID.String())
	c, err := s.Desk.TicketByNumber(t.Context(), desk.System, a.Ticket.ID)
	s.Must(err)
	if c.Ticket.Status != "pending" || c.Ticket.Priority != "normal" || c.AssigneeID != s.Bo.Agent.ID {
		t.Errorf("the ticket is %s, %s, of %d", c.Ticket.Status, c.Ticket.Priority, c.AssigneeID)
	}
	s.Chen.Post("/tickets/bulk", "ids", b.Ticket.ID.String(), "team_id", "0").Status(200).Has("h1", "批量修改工单").Has(".bulked summary", "已修改 1 个工单")
	s.Bo.PostPart("/tickets/bulk", "status", "open").Status(http.StatusUnprocessableEntity).Has("body", "at least one")
	s.Bo.PostPart("/tickets/bulk", "ids", "1").Status(http.StatusUnprocessableEntity).Has("body", "what is to be changed")
}
