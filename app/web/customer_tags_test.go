package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"deskbell/app/apptest"
)

func TestCustomerTags(t *testing.T) {
	s := apptest.Open(t)
	lilei := s.Visitor("李雷")
	m := lilei.Say("你好")
	s.Alice.Get("/admin/customer-tags").Status(http.StatusOK).Has(".empty", "")
	s.Alice.Post("/admin/customer-tags/new", "name", "", "color", "green").Status(http.StatusUnprocessableEntity).Has(".fault", "")
	s.Alice.Post("/admin/customer-tags/new", "name", "大客户", "color", "green").LeadsTo("/admin/customer-tags")
	s.Alice.Get("/admin/customer-tags").Has("#customer-tags .tag.green", "大客户")
	all, err := s.Desk.CustomerTags(t.Context(), s.Alice.Actor())
	s.Must(err)
	tag := all[0].ID.String()
	card := fmt.Sprintf("/customers/%d", lilei.ID)
	s.Bo.PostPart(card+"/tags", "tag_ids", tag).Status(http.StatusOK).Has(".chosen .tag.green", "大客户")
	s.Bo.Get(card).Has(".chosen .tag", "大客户")
	s.Bo.Get(fmt.Sprintf("/conversations/%d", m.ConversationID)).Has(".card .chosen .tag", "大客户")
	s.Alice.Get("/customers?tag="+tag).Has(".rows .tag", "大客户")
	s.Bo.Get("/queue?tag="+tag).Has("#queue-rows .who-cell", "李雷")
	s.Bo.PostPart(card+"/tags").Status(http.StatusOK).Has(".chosen .hint", "")
	s.Alice.Get("/customers?tag="+tag).Has(".rows .empty", "")
	s.Bo.Get("/queue?tag="+tag).Has("#queue-rows .empty", "")
	s.Alice.Post("/admin/customer-tags/" + tag + "/deletion").LeadsTo("/admin/customer-tags")
}
