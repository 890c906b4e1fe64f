package web_test

import (
	"net/http"
	"testing"

	"deskbell/app/apptest"
)

func TestColleaguesChat(t *testing.T) {
	s := apptest.Open(t)
	bo, chen := "/colleagues/agent-"+s.Bo.Agent.ID.String(), "/colleagues/agent-"+s.Chen.Agent.ID.String()
	s.Alice.Get("/colleagues").Has("#rooms", "Bo").Has("#talk .empty", "")
	s.Alice.Get(bo).Has("#room-empty", "Bo")
	s.Alice.Post(bo+"/messages", "text", "Is there <b>oolong</b>?", "client_id", "c1").LeadsTo(bo)
	s.Alice.PostPart(bo+"/messages", "text", "Is there <b>oolong</b>?", "client_id", "c1").Status(http.StatusNoContent)
	s.Alice.PostPart(bo+"/messages", "text", " ").Status(http.StatusUnprocessableEntity)
	alice := "/colleagues/agent-" + s.Alice.Agent.ID.String()
	s.Bo.Get("/conversations").Has(`.rail .dot[data-of="colleagues"]`, "1")
	s.Bo.Get("/counts").Has("body", `"said_url":"`+alice)
	s.Bo.Get("/colleagues").Has("#rooms .unread", "oolong")
	s.Bo.Get("/colleagues?q=oolong").Has("#rooms", "<b>oolong</b>")
	s.Bo.Get("/palette?q=ali").Has("li", "Write to Alice")
	s.Bo.Get(alice).Has("#room .msg", "Is there <b>oolong</b>?")
	s.Bo.Get("/conversations").Has(`.rail .dot[data-of="colleagues"][hidden]`, "")
	s.Chen.Get("/colleagues?q=oolong").Has(".empty", "")
	s.Chen.Get("/colleagues/team-" + s.Sales.String()).Status(http.StatusNotFound)
	s.Chen.Post("/colleagues/team-"+s.Sales.String()+"/messages", "text", "hi").Status(http.StatusNotFound)
	s.Chen.Get("/colleagues/nobody").Status(http.StatusNotFound)
	s.Bo.Post("/colleagues/messages/1/recall").Status(http.StatusForbidden)
	s.Chen.Post("/colleagues/messages/1/recall").Status(http.StatusNotFound)
	s.Alice.Post("/colleagues/messages/1/recall").LeadsTo(bo)
	s.Bo.Get(alice).Has("#room .recalled", "")
	s.Bo.Get(chen).Status(http.StatusOK)
}
