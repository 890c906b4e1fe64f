package webchat

import (
	"testing"

	"deskbell/app/desk"
	"deskbell/app/routing"
)

// What a visitor chooses from the menu begins a chat of its team; later words go where the chat is.
func TestAMenuLeadsToATeam(t *testing.T) {
	s := openShop(t, Limits{})
	s.Decide = routing.Decide
	orders, err := s.SaveTeam(t.Context(), s.alice, desk.Team{Name: "Orders", Assignment: "collaboration", MemberIDs: []desk.AgentID{s.bo.Agent()}})
	must(t, err)
	menu := []desk.MenuItem{{Text: "An order", TeamID: orders.ID}, {Text: "Else"}}
	_, err = s.SaveInbox(t.Context(), s.alice, desk.SavedInbox{ID: s.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{Menu: menu}})
	must(t, err)
	li := s.session(`{}`)
	if m := li.Widget.Menu; len(m) != 2 || m[0].Text != "An order" || m[0].Team != orders.ID.String() || m[1].Text != "Else" || m[1].Team != "" {
		t.Fatalf("the menu is %+v", m)
	}
	team := func(text, of string) desk.TeamID {
		t.Helper()
		c, err := s.Conversation(t.Context(), s.alice, s.conversation(s.send(li.VisitorToken, `{"text":"`+text+`","team":"`+of+`"}`)))
		must(t, err)
		return c.TeamID
	}
	if got := team("An order", orders.ID.String()); got != orders.ID {
		t.Errorf("it went to team %v", got)
	}
	if got := team("again", "Nobody's"); got != orders.ID {
		t.Errorf("then to team %v", got)
	}
	li = s.session(`{}`)
	if got := team("hello", "none of them"); got != 0 {
		t.Errorf("a team that there is not: %v", got)
	}
}
