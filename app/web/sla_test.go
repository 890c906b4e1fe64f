package web_test

import (
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// An admin makes a promise, and the ticket says how it stands; when it is broken the agents see that.
func TestPromises(t *testing.T) {
	s := apptest.Open(t)
	s.Alice.Get("/admin/sla").Status(200).Has(".empty", "No promises yet")
	s.Alice.Get("/admin/sla/new").Status(200)
	s.Alice.Post("/admin/sla/new", "name", "", "hours", "always", "enabled", "true", "normal_first", "soon").Status(422).Has(".fault", "name").Has(".fault", "Between 0")
	s.Alice.Post("/admin/sla/new", "name", "Quick", "hours", "always", "enabled", "true", "normal_first", "60", "normal_resolution", "600").LeadsTo("/admin/sla")
	s.Alice.Get("/admin/sla").Has("td", "Quick").Has(".tag", "On")
	c := s.Mail("jane@customer.example", "Where is my tea?", "I wait.", "")
	_, err := s.Desk.ReckonSLA(t.Context(), desk.System, c.ID)
	s.Must(err)
	s.Bo.Get("/tickets/"+c.Ticket.ID.String()).Status(200).Has(".promised .tag", "First reply").Has(".promised .tag", "Resolution")
	s.Bo.Get("/tickets").HasNot(".marks .tag", "First reply")
	s.Bo.Get("/tickets?sla=late").Has(`[name="sla"] option[selected]`, "Overdue").Has(".empty", "").HasNot("#rows-list .row", "")
	s.Bo.Get("/admin/sla").Status(403)
	s.Bo.Post("/admin/sla/new", "name", "Mine", "hours", "always", "normal_first", "1").Status(403)
	s.Alice.Post("/admin/sla/1/deletion").LeadsTo("/admin/sla")
	s.Alice.Get("/admin/sla/1").Status(404)
}
