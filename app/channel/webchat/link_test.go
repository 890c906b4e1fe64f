package webchat

import (
	"strings"
	"testing"

	"deskbell/app/desk"
)

// The link of a mail opens its customer's chat from another browser; one that is over opens nobody's and makes nobody.
func TestALinkLeadsBackIntoTheChat(t *testing.T) {
	s := openShop(t, Limits{})
	first := s.session(`{"visitor":{"name":"Li","email":"li@mail.example"}}`)
	s.send(first.VisitorToken, `{"text":"from home"}`)
	customers, _, err := s.Customers(t.Context(), s.alice, desk.CustomerList{Limit: 10})
	must(t, err)
	link, _, err := s.Link(t.Context(), desk.System, customers[0].ID, s.widget.ID)
	must(t, err)
	again := s.session(`{"link":"` + link + `"}`)
	if again.VisitorID != first.VisitorID || again.VisitorToken == first.VisitorToken || len(again.Messages) == 0 {
		t.Errorf("from another browser: %+v", again)
	}
	guest := s.session(`{}`)
	if into := s.session(`{"visitor_token":"` + guest.VisitorToken + `","link":"` + link + `"}`); into.VisitorID != first.VisitorID {
		t.Error("in a browser where somebody else was, the link leads to him")
	}
	a := s.call("POST", "/sessions", "", `{"link":"`+link[:len(link)-2]+`"}`)
	s.problem("a forged one", a, 422, "")
	if !strings.Contains(string(a.body), `link"`) {
		t.Errorf("the fault stands nowhere: %s", a.body)
	}
}
