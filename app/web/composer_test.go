package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

func TestAReplyIsHeldWhenAColleagueWasFaster(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Where is it?")
	path := "/conversations/" + m.ConversationID.String()
	for _, by := range []*apptest.Browser{s.Bo, s.Alice} {
		_, err := s.Desk.Join(t.Context(), by.Actor(), m.ConversationID)
		s.Must(err)
	}
	_, err := s.Desk.Reply(t.Context(), s.Alice.Actor(), m.ConversationID, desk.Draft{Text: "<b>On its way</b>"})
	s.Must(err)
	s.Bo.PostPart(path+"/messages", "text", "It left", "seen", "1").Status(http.StatusConflict).Has("body", "Alice replied while you were writing").Has("body", "lt;b")
	s.Bo.Post(path+"/messages", "text", "It left", "seen", "1").Status(http.StatusConflict)
	s.Bo.Get(path).Has("textarea#text", "It left")
	s.Bo.PostPart(path+"/messages", "text", "It left", "seen", "9").Status(http.StatusOK).Has(".msg.me .text", "It left")
}

func TestConference(t *testing.T) {
	s := apptest.Open(t)
	m := s.Visitor("Maria").Say("Can you show me?")
	path := "/conversations/" + m.ConversationID.String()
	s.Bo.PostPart(path + "/participation")
	s.Bo.Get(path).Has("textarea#text", "").HasNot(`[data-do="conference"]`, "")
	s.Bo.PostPart(path+"/conference").Status(http.StatusConflict).Has("body", "switched off")
	set := func(address string) *apptest.Page {
		return s.Alice.Post("/admin/handling", "soon_after", "3", "overdue_after", "5", "conference", address)
	}
	set("https://meet.example/tea").Status(http.StatusUnprocessableEntity).Has("#f-conference-fault", "Put {room} into the address once")
	set("http://meet.example/{room}").Status(http.StatusUnprocessableEntity).Has(".fault", "begins with https://")
	set("https://meet.example/{room}").LeadsTo("/admin/handling")
	s.Alice.Get("/admin/audit").Has("td", "Video meetings: – → https://meet.example/{room}")
	s.Bo.Get(path).Has(`[data-do="conference"]`, "")
	var meeting struct{ URL string }
	s.Must(json.Unmarshal([]byte(s.Bo.PostPart(path+"/conference").Status(http.StatusOK).Body), &meeting))
	s.Bo.PostPart(path+"/messages", "text", "Come in: "+meeting.URL).Status(http.StatusOK).Has(`.msg.me a[href="`+meeting.URL+`"]`, meeting.URL)
	s.Chen.PostPart(path + "/conference").Status(http.StatusNotFound)
}

func TestAReplyForLater(t *testing.T) {
	s := apptest.Open(t)
	c := s.Mail("mei@example.test", "Cup", "It is broken", "")
	path := "/conversations/" + c.ID.String()
	s.Bo.PostPart(path+"/messages", "text", "A new one comes", "client_id", "a").Status(http.StatusOK).Has("#planned .text", "A new one comes").HasNot("#messages", "A new one")
	list, err := s.Desk.PlannedReplies(t.Context(), desk.System, c.ID)
	s.Must(err)
	planned := func(verb string) string { return fmt.Sprintf("/planned/%d/%s", list[0].ID, verb) }
	s.Alice.Get("/tickets/"+c.Ticket.ID.String()).Has("#planned .text", "A new one comes").HasNot("#planned form", "Send")
	s.Chen.PostPart(planned("withdrawal")).Status(http.StatusNotFound)
	s.Bo.PostPart(planned("withdrawal")).Status(http.StatusOK).HasNot("#planned .text", "A new one")
	s.Bo.PostPart(planned("withdrawal")).Status(http.StatusConflict).Has("body", "taken back")
	if got := s.Bo.Get(path + "/draft").Body; !strings.Contains(got, `"text":"A new one comes"`) {
		t.Errorf("the draft is %s", got)
	}
	for _, at := range []string{"2020-01-01T09:00", "soon"} {
		s.Bo.PostPart(path+"/messages", "text", "x", "at", at).Status(http.StatusUnprocessableEntity)
	}
	s.Bo.PostPart(path+"/messages", "text", "On Monday", "at", "monday", "unless_answered", "true").Status(http.StatusOK).Has("#planned .foot", "Unless the customer replies first")
	if list, err = s.Desk.PlannedReplies(t.Context(), desk.System, c.ID); err != nil || len(list) != 1 {
		t.Fatalf("planned: %+v %v", list, err)
	}
	zone, err := time.LoadLocation("Asia/Shanghai") // the company's
	s.Must(err)
	// The next one, also on a Monday: early in that morning it is more than seven days away.
	if at, now := list[0].DueAt.In(zone), s.Desk.Clock().In(zone); at.Weekday() != time.Monday || at.Hour() != 9 || at.After(time.Date(now.Year(), now.Month(), now.Day()+7, 9, 0, 0, 0, zone)) {
		t.Errorf("on Monday is %v", at)
	}
	s.Bo.PostPart(planned("sending")).Status(http.StatusOK).Has(".msg .text", "On Monday")
	s.Bo.PostPart(path+"/draft", "text", "half a ", "seen", "3").Status(http.StatusOK).Has("body", "version")
	s.Bo.Get("/tickets/"+c.Ticket.ID.String()).Has("textarea#text", "half a")
}
