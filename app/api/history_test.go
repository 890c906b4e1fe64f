package api

import (
	"testing"
	"time"

	"deskbell/app/desk"
)

// What is over is found by program, by those who took part; so are words, and a file of it is made and taken.
func TestHistoryByProgram(t *testing.T) {
	s := openShop(t, Limits{})
	m := s.says("is the oolong back?", s.team.ID)
	_, err := s.Join(t.Context(), s.mei.Actor, m.ConversationID)
	must(t, err)
	_, err = s.CloseConversation(t.Context(), s.mei.Actor, m.ConversationID)
	must(t, err)
	events, err := s.EventsAfter(t.Context(), desk.System, 0, 1000)
	must(t, err)
	must(t, s.Index(t.Context(), events)) // as the follower does

	var ended struct{ Items []Ended }
	if s.into(&ended, "GET", "/history", s.mei, ""); len(ended.Items) != 1 || ended.Items[0].ID != m.ConversationID.String() || ended.Items[0].Type != "normal" || len(ended.Items[0].Agents) != 1 {
		t.Errorf("the history: %+v", ended.Items)
	}
	if s.into(&ended, "GET", "/history", s.bo, ""); len(ended.Items) != 0 {
		t.Errorf("who took no part finds %+v", ended.Items)
	}
	var found struct{ Items []Found }
	if s.into(&found, "GET", "/search?q=oolong", s.mei, ""); len(found.Items) != 1 || found.Items[0].Message.ID != m.ID.String() {
		t.Errorf("found: %+v", found.Items)
	}
	if s.into(&found, "GET", "/search?q=oolong", s.bo, ""); len(found.Items) != 0 {
		t.Errorf("another team's agent found %+v", found.Items)
	}

	var x ExportFile
	s.into(&x, "POST", "/exports", s.mei, `{"format":"csv"}`)
	if x.State != "asked" || x.URL != "" || x.Agent.ID != s.mei.Agent().String() || time.Since(x.CreatedAt) > time.Hour {
		t.Errorf("asked for: %+v", x)
	}
	s.problem("another's", s.call("GET", "/exports/"+x.ID, s.bo, ""), 404, "")
	s.problem("before it is made", s.call("GET", "/exports/"+x.ID+"/file", s.mei, ""), 404, "")
	s.problem("in another form", s.call("POST", "/exports", s.mei, `{"format":"pdf"}`), 400, "")
}
