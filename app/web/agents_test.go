package web_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"deskbell/app/apptest"
)

func TestAgentsAreFoundSortedAndExported(t *testing.T) {
	s := apptest.Open(t)
	bo := s.Bo.Agent.ID.String()
	s.Alice.Post("/admin/agents/"+bo, "name", "Bo", "email", "bo@tea.example", "role", "agent", "capacity", "3", "enabled", "true",
		"real_name", "=Bo Lindqvist", "phone", "+46 8 123", "employee_number", "E-0042").Status(http.StatusSeeOther)
	for _, part := range []string{"lindqvist", "E-0042", "+46 8", "bo@tea"} {
		s.Alice.Get("/admin/agents?q="+url.QueryEscape(part)).Has(`tbody a[href="/admin/agents/`+bo+`"]`, "Bo").HasNot("tbody a", "Alice")
	}
	s.Alice.Get("/admin/agents?q=nobody+at+all").Has(".empty h2", "No agent found")
	list := s.Alice.Get("/admin/agents?sort=capacity").Body
	if strings.Index(list, "alice@tea.example") > strings.Index(list, "bo@tea.example") {
		t.Error("who takes three stands before who takes ten")
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(s.Alice.Get("/admin/agents/export").Status(http.StatusOK).Body, "\ufeff"))).ReadAll()
	s.Must(err)
	if len(rows) != 4 || len(rows[0]) != 9 || rows[2][2] != "'=Bo Lindqvist" || rows[2][4] != "E-0042" {
		t.Errorf("the table: %q", rows)
	}
	s.Bo.Get("/admin/agents/export").Status(http.StatusForbidden)
	s.Bo.Get("/profile").Has(`input[name="employee_number"]`, "")
}

func TestAttendance(t *testing.T) {
	s := apptest.Open(t)
	s.Bo.Post("/profile/presence", "presence", "busy")
	s.Alice.Get("/admin/agents/attendance").Has("tbody tr", "Logged in").Has("tbody .tag", "Busy")
	s.Alice.Get("/admin/agents/attendance?agent="+s.Chen.Agent.ID.String()).HasNot("tbody .tag", "Busy").Has("tbody tr", "陈晨")
	s.Alice.Get("/admin/agents/attendance?from=2001-01-01&to=2001-01-02").Has(".empty h2", "No matching entries")
	body := s.Alice.Get("/admin/agents/attendance/export?agent=" + s.Bo.Agent.ID.String()).Status(http.StatusOK).Body
	if !strings.Contains(body, "Busy") || strings.Contains(body, "chen@tea.example") {
		t.Errorf("the table: %s", body)
	}
	s.Bo.Get("/admin/agents/attendance").Status(http.StatusForbidden)
}

func TestRemoveAnAgent(t *testing.T) {
	s := apptest.Open(t)
	bo := s.Bo.Agent.ID.String()
	c := s.Mail("maria@customer.example", "Maria", "Tea", "Hello")
	s.Bo.Post("/conversations/" + c.ID.String() + "/participation")
	s.Alice.Post("/admin/agents/"+bo+"/deletion").Has(".notice.bad", "open conversations or tickets (1)")
	s.Bo.Post("/tickets/"+c.Ticket.ID.String(), "status", "closed").Status(http.StatusSeeOther)
	s.Alice.Post("/admin/agents/" + bo + "/deletion").Status(http.StatusSeeOther)
	s.Alice.Get("/admin/agents").HasNot("tbody a", "Bo")
	s.Bo.Get("/conversations").Status(http.StatusSeeOther)
	s.Alice.Get("/admin/audit?kind=people").Has("tbody tr", "Removed an agent")
}
