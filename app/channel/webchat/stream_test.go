package webchat

import (
	"encoding/json"
	"fmt"
	"testing"

	"deskbell/app/desk"
)

func TestStreamCarriesWhatTheVisitorMaySee(t *testing.T) {
	s := openShop(t, Limits{})
	li, wang := s.session(`{}`), s.session(`{}`)
	stream, others := s.listen(li.VisitorToken, li.LastEventID), s.listen(wang.VisitorToken, wang.LastEventID)
	first := s.send(li.VisitorToken, `{"client_id":"c1","text":"hi"}`)
	if got := stream.message(); got.ID != first.ID || got.ClientID != "c1" {
		t.Errorf("his own message came as %+v", got)
	}
	id := s.conversation(first)
	_, err := s.Join(t.Context(), s.bo, id)
	must(t, err)
	_, err = s.Reply(t.Context(), s.bo, id, desk.Draft{Text: "a whisper", Internal: true})
	must(t, err)
	must(t, s.news.Typing(t.Context(), s.bo, id, true))
	answer, err := s.Reply(t.Context(), s.bo, id, desk.Draft{Text: "hello"})
	must(t, err)
	if got := stream.message(); got.Kind != "event" || got.Event["name"] != "conversation.joined" {
		t.Errorf("after the join came %+v", got)
	}
	if got := stream.message(); got.Text != "hello" || got.Seq != answer.Seq || got.Author.Name != "Bo" || got.HTML != "" || got.ExternalID != "" {
		t.Errorf("the answer came as %+v", got)
	}
	s.send(wang.VisitorToken, `{"text":"mine"}`)
	if got := others.message(); got.Text != "mine" {
		t.Errorf("another visitor's stream has %+v", got)
	}
}

func TestTypingGoesBothWays(t *testing.T) {
	s := openShop(t, Limits{})
	_, err := s.SaveInbox(t.Context(), s.alice, desk.SavedInbox{ID: s.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{ShowTyping: true}})
	must(t, err)
	li := s.session(`{}`)
	s.call("POST", "/typing", li.VisitorToken, `{}`).nothing(t) // nobody to tell
	id := s.conversation(s.send(li.VisitorToken, `{"text":"hi"}`))
	stream := s.listen(li.VisitorToken, "")
	for stream.last == "" {
		stream.lines.Scan()
		fmt.Sscanf(stream.lines.Text(), "id: %s", &stream.last)
	}
	was := stream.last
	must(t, s.news.Typing(t.Context(), s.bo, id, true))
	e := stream.next()
	var typing struct {
		By string
		On bool
	}
	if json.Unmarshal(e.data, &typing) != nil || e.name != "typing" || e.id != "" || typing.By != "agent" || !typing.On || stream.last != was {
		t.Errorf("typing came as %+v %s", e, e.data)
	}
	s.call("POST", "/typing", li.VisitorToken, `{"typing":false}`).nothing(t)
	s.problem("not a boolean", s.call("POST", "/typing", li.VisitorToken, `{"typing":"yes"}`), 400, "")
}

// A visitor who loses the line gets exactly what he missed.
func TestStreamGoesOnWhereItBroke(t *testing.T) {
	s := openShop(t, Limits{})
	li := s.session(`{}`)
	id := s.conversation(s.send(li.VisitorToken, `{"text":"hi"}`))
	_, err := s.Join(t.Context(), s.bo, id)
	must(t, err)
	seq := int64(0)
	stream := s.listen(li.VisitorToken, li.LastEventID)
	for n := range 30 {
		_, err := s.Reply(t.Context(), s.bo, id, desk.Draft{Text: fmt.Sprint(n)})
		must(t, err)
		if n%7 == 3 {
			stream.cancel()
		}
		if n%7 == 5 {
			stream = s.listen(li.VisitorToken, stream.last)
		}
		if n%7 < 3 || n%7 > 5 {
			for seq < int64(n)+3 {
				m := stream.message()
				if seq++; m.Seq != seq {
					t.Fatalf("message %d came, want %d", m.Seq, seq)
				}
			}
		}
	}
}

// Unless an admin wants it, visitors are not told that somebody writes.
func TestTypingOfAgentsIsASwitch(t *testing.T) {
	s := openShop(t, Limits{})
	li := s.session(`{}`)
	id := s.conversation(s.send(li.VisitorToken, `{"text":"hi"}`))
	stream := s.listen(li.VisitorToken, "")
	for stream.last == "" {
		stream.lines.Scan()
		fmt.Sscanf(stream.lines.Text(), "id: %s", &stream.last)
	}
	must(t, s.news.Typing(t.Context(), s.bo, id, true))
	_, err := s.Join(t.Context(), s.bo, id)
	must(t, err)
	for {
		e := stream.next()
		if e.name == "typing" {
			t.Fatalf("he is told %s", e.data)
		}
		if e.name == "message.created" {
			return
		}
	}
}
