package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"deskbell/app/apptest"
)

func TestTags(t *testing.T) {
	s := apptest.Open(t)
	s.Alice.Post("/admin/tags/new", "name", "Orders").LeadsTo("/admin/tags")
	s.Alice.Post("/admin/tags/new", "name", "Late", "parent_id", "1").LeadsTo("/admin/tags")
	s.Alice.Post("/admin/tags/new", "name", "late", "parent_id", "1").Status(http.StatusUnprocessableEntity).Has(".fault", "name")
	s.Alice.Get("/admin/tags").Has("#tags a", "Orders").Has("#tags a", "Late")
	s.Alice.Get("/admin/tags/2").Has("option[selected]", "Orders")
	s.Alice.Post("/admin/tags/new", "name", "Shipping").LeadsTo("/admin/tags")
	s.Alice.Post("/admin/tags/2", "name", "Late", "parent_id", "3").LeadsTo("/admin/tags")
	s.Alice.Get("/admin/tags/2").Has("option[selected]", "Shipping")
	s.Alice.Post("/admin/tags/3", "name", "Shipping", "parent_id", "2").Status(http.StatusUnprocessableEntity).Has(".fault", "below itself")
	s.Alice.Post("/admin/tags/2", "name", "Late", "parent_id", "1").LeadsTo("/admin/tags")
	s.Bo.Get("/admin/tags").Status(http.StatusForbidden)
	s.Alice.Post("/admin/handling", "tag_required", "true", "soon_after", "3", "overdue_after", "5", "auto_close", "true", "auto_close_after", "36", "farewell", "Goodbye, {{customer.name}}").LeadsTo("/admin/handling")
	s.Alice.Get("/admin/handling").Has("textarea", "Goodbye, {{customer.name}}").Has("input[value=\"36\"]", "")
	s.Alice.Post("/admin/handling", "soon_after", "3", "overdue_after", "5", "auto_close", "true", "auto_close_after", "0").Status(http.StatusUnprocessableEntity).Has(".fault", "hours")
	s.Alice.Post("/admin/handling", "soon_after", "5", "overdue_after", "5").Status(http.StatusUnprocessableEntity).Has(".fault", "longer")

	m := s.Visitor("Maria").Say("Hello?")
	path := fmt.Sprintf("/conversations/%d", m.ConversationID)
	s.Bo.PostPart(path + "/participation")
	s.Bo.PostPart(path+"/closure").Status(http.StatusConflict).Has("body", "tag")
	s.Bo.Get(path).Has("#summary label", "Late")
	s.Bo.PostPart(path+"/summary", "tag_ids", "2", "remark", "wants tins").Status(200).Has("#summary .tag", "Late").Has("#summary textarea", "wants tins")
	s.Chen.PostPart(path+"/summary", "tag_ids", "2").Status(http.StatusNotFound)
	s.Bo.PostPart(path+"/closure").Status(200).Has("li.event", "Bo closed").Has(".msg", "Goodbye, Maria")
	s.Alice.Post("/admin/tags/1/deletion").LeadsTo("/admin/tags")
	s.Bo.Get(path).Has("#summary .tag", "Late")
}
