package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// Agents have a page of customers only when the company wants it so, and find there those whom they have served.
func TestAgentsSeeTheCustomersWhomTheyServed(t *testing.T) {
	s := apptest.Open(t)
	lilei, mei := s.Visitor("李雷"), s.Visitor("Mei")
	m := lilei.Say("你好")
	mei.Say("hello")
	card := fmt.Sprintf("/customers/%d", lilei.ID)

	s.Bo.Get("/conversations").HasNot(`nav [href="/customers"]`, "").HasNot(`[data-href="/customers"]`, "")
	s.Bo.Get("/customers").Status(http.StatusNotFound)
	s.Bo.Part("/customers/rows", "rows").Status(http.StatusNotFound)
	s.Bo.Get(card).Has("h1", "李雷").HasNot("#rows", "") // from a conversation one comes to its customer in any case
	s.Alice.Get("/customers").Has("#rows", "李雷").Has("#rows", "Mei")

	s.Alice.Post("/admin/company", "company", "West Lake Tea", "locale", "en", "time_zone", "Asia/Shanghai", "customers_page", "true").LeadsTo("/admin/company")
	s.Alice.Get("/admin/company").Has("#f-customers_page[checked]", "")
	s.Bo.Get("/conversations").Has(`.rail [href="/customers"]`, "Customers").Has(`[data-href="/customers"]`, "")
	s.Bo.Get("/customers").Has("#rows .empty", "")
	_, err := s.Desk.Join(t.Context(), s.Bo.Actor(), m.ConversationID)
	s.Must(err)
	_, err = s.Desk.Leave(t.Context(), s.Bo.Actor(), m.ConversationID)
	s.Must(err)
	s.Bo.Get("/customers").Has("#rows", "李雷").HasNot("#rows .row", "Mei")
	s.Bo.Get(card).Has("#rows", "李雷")
	s.Alice.Get("/customers").Has("#rows", "Mei")
	if list, _, err := s.Desk.Customers(t.Context(), s.Chen.Actor(), desk.CustomerList{Served: true, Limit: 10}); err != nil || len(list) != 0 {
		t.Errorf("he has served %d (%v)", len(list), err)
	}
}
