package api

import (
	"strings"
	"testing"
	"time"

	"deskbell/app/wire"
)

func TestAnswersArePlannedByProgram(t *testing.T) {
	s := openShop(t, Limits{})
	s.mails("an order", "")
	when := time.Now().Add(48 * time.Hour).UTC().Truncate(time.Second)
	var p Planned
	s.into(&p, "POST", "/tickets/1/planned", s.mei, `{"html":"<p>On <b>Monday</b>.</p>","client_id":"once","unless_answered":true,"send_at":"`+when.Format(time.RFC3339)+`"}`)
	if p.Text != "On Monday." || !strings.Contains(p.HTML, "<b>") || !p.SendAt.Equal(when) || p.Way != "schedule" || p.State != "due" || !p.UnlessAnswered || p.Author.ID != s.mei.Agent().String() {
		t.Errorf("planned: %+v", p)
	}
	var again Planned
	if s.into(&again, "POST", "/tickets/1/planned", s.mei, `{"text":"On Monday.","client_id":"once","send_at":"`+when.Format(time.RFC3339)+`"}`); again.ID != p.ID {
		t.Errorf("planned twice: %s and %s", p.ID, again.ID)
	}
	var list struct{ Items []Planned }
	if s.into(&list, "GET", "/conversations/"+p.ConversationID+"/planned", s.alice, ""); len(list.Items) != 1 || list.Items[0].ID != p.ID {
		t.Errorf("listed: %+v", list.Items)
	}
	s.problem("in the past", s.call("POST", "/tickets/1/planned", s.mei, `{"text":"x","send_at":"2020-01-01T00:00:00Z"}`), 422, "")
	s.problem("a whisper", s.call("POST", "/tickets/1/planned", s.mei, `{"text":"x","visibility":"internal","send_at":"`+when.Format(time.RFC3339)+`"}`), 422, "")
	s.problem("without a time", s.call("POST", "/tickets/1/planned", s.mei, `{"text":"x"}`), 400, "")
	s.problem("taken back by one who does not see it", s.call("DELETE", "/planned/"+p.ID, s.bo, ""), 404, "")
	s.problem("sent in another's name", s.call("POST", "/planned/"+p.ID+"/send", s.alice, ""), 403, "")

	if got := s.call("DELETE", "/planned/"+p.ID, s.mei, ""); got.StatusCode != 204 {
		t.Errorf("taken back: %s %s", got.Status, got.body)
	}
	var k KeptDraft
	if s.into(&k, "GET", "/tickets/1/draft", s.mei, ""); k.Text != "On Monday." || k.Version == 0 || k.UpdatedAt == nil {
		t.Errorf("its words are %+v", k)
	}
	s.problem("taken back twice", s.call("DELETE", "/planned/"+p.ID, s.mei, ""), 404, "")

	s.into(&p, "POST", "/tickets/1/planned", s.mei, `{"text":"Then tomorrow.","send_at":"`+when.Format(time.RFC3339)+`"}`)
	if got := s.call("POST", "/planned/"+p.ID+"/send", s.mei, ""); got.StatusCode != 204 {
		t.Errorf("sent: %s %s", got.Status, got.body)
	}
	var messages struct{ Items []wire.Message }
	s.into(&messages, "GET", "/tickets/1/messages", s.mei, "")
	if last := messages.Items[len(messages.Items)-1]; last.Text != "Then tomorrow." || last.Direction != "out" {
		t.Errorf("the last message is %+v", last)
	}
}

func TestDraftsAreKeptByProgram(t *testing.T) {
	s := openShop(t, Limits{})
	c := s.mails("an order", "")
	var k KeptDraft
	if s.into(&k, "GET", "/tickets/1/draft", s.mei, ""); k.Version != 0 || k.Text != "" || k.UpdatedAt != nil {
		t.Errorf("at first: %+v", k)
	}
	if s.into(&k, "PATCH", "/tickets/1/draft", s.mei, `{"text":"Dear Li,","visibility":"internal","cc":["shop@post.example"]}`); k.Text != "Dear Li," || k.Visibility != "internal" || len(k.CC) != 1 || k.Version == 0 {
		t.Errorf("kept: %+v", k)
	}
	was := k.Version
	if s.into(&k, "PATCH", "/conversations/"+c.ConversationID.String()+"/draft", s.mei, `{"text":"Dear Li, thank you"}`); k.Version <= was {
		t.Errorf("its version was %d and is %d", was, k.Version)
	}
	if s.into(&k, "GET", "/tickets/1/draft", s.alice, ""); k.Text != "" {
		t.Errorf("a colleague reads %q", k.Text)
	}
	s.problem("too long", s.call("PATCH", "/tickets/1/draft", s.mei, `{"text":"`+strings.Repeat("x", 20_001)+`"}`), 422, "")
	if got := s.call("DELETE", "/tickets/1/draft", s.mei, ""); got.StatusCode != 204 {
		t.Errorf("dropped: %s %s", got.Status, got.body)
	}
	if kept, err := s.Drafted(t.Context(), s.mei.Actor, c.ConversationID); err != nil || kept.Version != 0 {
		t.Errorf("after that: %+v, %v", kept, err)
	}
}
