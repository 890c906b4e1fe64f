package api

import (
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
)

// Every attempt to deliver a message is told to whom may read it, and what failed goes again on his word.
func TestDeliveries(t *testing.T) {
	s := openShop(t, Limits{})
	name, address := "Li", "li@home.test"
	li, err := s.CreateCustomer(t.Context(), s.alice.Actor, desk.CustomerChange{Name: &name, Email: &address})
	must(t, err)
	c, err := s.OpenTicket(t.Context(), s.alice.Actor, desk.TicketDraft{InboxID: s.mailbox.ID, CustomerID: li.ID, NewTicket: desk.NewTicket{Subject: "Tea", CC: []string{"bo@home.test"}}, First: desk.Draft{Text: "Hello"}})
	must(t, err)
	list, _, err := s.Messages(t.Context(), desk.System, c.ID, desk.MessageList{Limit: 1})
	must(t, err)
	m := list[0]
	_, err = s.Assign(t.Context(), s.alice.Actor, c.ID, s.team.ID, 0)
	must(t, err)
	first := m.Deliveries[0].ID
	must(t, s.Attempted(t.Context(), desk.System, first, desk.Attempt{State: "queued", Code: 451, Answer: "4.2.1 <b>busy</b>", Retry: time.Minute}))
	must(t, s.Attempted(t.Context(), desk.System, first, desk.Attempt{State: "failed", Code: 550, Answer: "5.1.1 no such user"}))
	path := "/messages/" + m.ID.String()
	var got struct {
		Items      []Road
		NextCursor *string `json:"next_cursor"`
	}
	s.into(&got, "GET", path+"/deliveries", s.mei, "")
	if len(got.Items) != 2 || got.NextCursor != nil {
		t.Fatalf("it goes to %+v", got)
	}
	one, two := got.Items[0], got.Items[1]
	if one.Recipient != address || one.State != "failed" || one.Error != "5.1.1 no such user" || one.NextAt != nil || len(one.Attempts) != 2 || one.Attempts[0].Code != 451 || one.Attempts[1].N != 2 || one.Attempts[1].Answer != one.Error {
		t.Errorf("to the customer: %+v", one)
	}
	if two.Recipient != "bo@home.test" || two.State != "queued" || two.NextAt == nil || len(two.Attempts) != 0 {
		t.Errorf("to the one who gets a copy: %+v", two)
	}
	s.into(&got, "GET", path+"/deliveries?limit=1", s.mei, "")
	if len(got.Items) != 1 || got.NextCursor == nil {
		t.Fatalf("the first page is %+v", got)
	}
	s.into(&got, "GET", path+"/deliveries?limit=1&cursor="+*got.NextCursor, s.mei, "")
	if len(got.Items) != 1 || got.Items[0].Recipient != "bo@home.test" || got.NextCursor != nil {
		t.Errorf("the second page is %+v", got)
	}
	s.into(&got, "POST", path+"/retry", s.mei, "{}")
	if one = got.Items[0]; one.State != "queued" || one.NextAt == nil || len(one.Attempts) != 2 {
		t.Errorf("wanted again: %+v", one)
	}
	s.problem("nothing to try again", s.call("POST", path+"/retry", s.mei, "{}"), 409, "error.nothing_to_try_again")
	for _, call := range [][2]string{{"GET", path + "/deliveries"}, {"POST", path + "/retry"}} {
		s.problem("Bo: "+strings.Join(call[:], " "), s.call(call[0], call[1], s.bo, "{}"), 404, "error.not_found")
		s.problem("a wrong id: "+call[0], s.call(call[0], strings.Replace(call[1], m.ID.String(), "x", 1), s.mei, "{}"), 404, "error.not_found")
	}
}
