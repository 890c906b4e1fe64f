package web_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestAuditPage(t *testing.T) {
	s := apptest.Open(t)
	c := s.Mail("maria@customer.example", "=1+1", "Hello", "")
	number := c.Ticket.ID.String()
	s.Bo.Post("/tickets/"+number, "status", "resolved").Status(http.StatusSeeOther)
	s.Must(s.Desk.Write(context.Background(), s.Bo.Actor(), func(tx *desk.Tx) error { return tx.Record("thing.was_made", 0, 0, nil) }))
	s.Alice.Get("/admin/audit").Has("tbody tr", "Changed a ticket").Has("tbody .tag", "Open → Resolved").Has(`tbody a[href="/tickets/`+number+`"]`, "#"+number).
		Has("tbody tr", "Thing: was made")
	s.Alice.Get("/admin/audit?q=changed+a+tick").Has("tbody tr", "Changed a ticket").HasNot("tbody tr", "Logged in")
	s.Alice.Get("/admin/audit?q=%23"+number).Has("tbody tr", "Changed a ticket")
	s.Alice.Get("/admin/audit?kind=people").HasNot("tbody tr", "Changed a ticket").Has("tbody tr", "Logged in")
	s.Alice.Get("/admin/audit?from=2001-01-01&to=2001-01-02").Has(".empty h2", "No matching entries")
	team := s.Sales.String()
	s.Alice.Post("/admin/teams/"+team, "name", "Shop", "assignment", "grab", "greeting", "你好").Status(http.StatusSeeOther)
	s.Alice.Get("/admin/audit?q=你好").Has("tbody .tag", "Name: Sales → Shop").Has("tbody .tag", "Greeting: – → 你好").Has("tbody .tag", "Members: Bo → –").Has(`tbody a[href="/admin/teams/`+team+`"]`, "Shop").
		HasNot("tbody tr", "Logged in")
	if body := s.Alice.Get("/admin/audit/export?q=你好").Status(http.StatusOK).Body; !strings.Contains(body, "Greeting: – → 你好") {
		t.Errorf("the export says %s", body)
	}
	s.Bo.Get("/admin/audit").Status(http.StatusForbidden)
	s.Bo.Get("/admin/audit/export").Status(http.StatusForbidden)
}

func TestAuditExport(t *testing.T) {
	s := apptest.Open(t)
	name := "=HYPERLINK(\"http://evil.example\")"
	k, err := s.Desk.CreateCustomer(t.Context(), s.Alice.Actor(), desk.CustomerChange{Name: &name})
	s.Must(err)
	phone := "1"
	for range 3 {
		phone += "1"
		_, err = s.Desk.ChangeCustomer(t.Context(), s.Alice.Actor(), k.ID, desk.CustomerChange{Phone: &phone})
		s.Must(err)
	}
	body := s.Alice.Get("/admin/audit/export?kind=customers").Status(http.StatusOK).Body
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	s.Must(err)
	if len(rows) != 5 {
		t.Fatalf("%d rows:\n%s", len(rows), body)
	}
	for _, r := range rows[1:] {
		if !strings.HasPrefix(r[3], "'=") || r[1] != "Alice" {
			t.Errorf("row %q", r)
		}
	}
}
