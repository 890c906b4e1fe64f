package webchat

import (
	"encoding/json"
	"testing"

	"deskbell/app/desk"
)

// A visitor hears of his place in the queue, of nobody else's, and only when the admin says so; whoever comes to a full queue is
// told in the admin's words.
func TestPlaceInTheQueue(t *testing.T) {
	s := openShop(t, Limits{})
	rules := desk.Routing{Order: desk.Bindings, ShowPosition: true, QueueLimit: 2, QueueSentence: "请稍后再来"}
	must(t, s.SaveRouting(t.Context(), s.alice, rules, nil))
	li, wang, late := s.session(`{}`), s.session(`{}`), s.session(`{}`)
	if !li.Open {
		t.Error("an always open desk says that it is closed")
	}
	first := s.conversation(s.send(li.VisitorToken, `{"text":"hi"}`))
	s.send(wang.VisitorToken, `{"text":"hi"}`)
	stream := s.listen(wang.VisitorToken, "")
	place := func() int {
		var is Standing
		s.call("GET", "/conversation", wang.VisitorToken, "").into(t, &is)
		return is.Conversation.QueuePosition
	}
	if n := place(); n != 2 {
		t.Errorf("the second has place %d", n)
	}
	s.problem("the third", s.call("POST", "/messages", late.VisitorToken, `{"text":"hi"}`), 409, "")
	s.call("POST", "/leave", li.VisitorToken, `{}`).nothing(t)
	for {
		e := stream.next()
		if e.name != "queue.updated" {
			continue
		}
		var told struct {
			ID       string `json:"conversation_id"`
			Position int    `json:"queue_position"`
		}
		must(t, json.Unmarshal(e.data, &told))
		if told.ID == first.String() {
			t.Fatalf("he hears of another's place: %s", e.data)
		}
		if told.Position == 1 {
			break
		}
	}
	rules.ShowPosition = false
	must(t, s.SaveRouting(t.Context(), s.alice, rules, nil))
	if n := place(); n != 0 {
		t.Errorf("with the switch off he is told place %d", n)
	}
	s.send(late.VisitorToken, `{"text":"hi"}`)
}
