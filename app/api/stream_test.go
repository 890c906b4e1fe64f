package api

import (
	"encoding/json"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

func text(t testing.TB, e event) wire.Message {
	t.Helper()
	var m wire.Message
	must(t, json.Unmarshal(e.data, &m))
	return m
}

func TestStreamCarriesWhatTheAgentMaySee(t *testing.T) {
	s := openShop(t, Limits{})
	alice, bo, mei := s.listen(s.alice, ""), s.listen(s.bo, ""), s.listen(s.mei, "")
	first := s.says("for all", 0)
	for _, st := range []*stream{alice, bo, mei} {
		if m := text(t, st.until("message.created")); m.Text != "for all" || m.ID != first.ID.String() {
			t.Errorf("got %+v", m)
		}
	}
	hidden := s.mails("for the team", "")
	_, err := s.Reply(t.Context(), s.mei.Actor, hidden.ConversationID, desk.Draft{Text: "a whisper", Internal: true})
	must(t, err)
	for _, st := range []*stream{alice, mei} {
		if m := text(t, st.until("message.created")); m.Text != "for the team" {
			t.Errorf("got %+v", m)
		}
		if m := text(t, st.until("message.created")); m.Text != "a whisper" || m.Visibility != "internal" {
			t.Errorf("got %+v", m)
		}
	}
	s.says("again for all", 0)
	for {
		e := bo.until("message.created")
		m := text(t, e)
		if m.ConversationID == hidden.ConversationID.String() {
			t.Errorf("Bo got the team's %s", e.data)
		}
		if m.Text == "again for all" {
			break
		}
	}
}

func TestStreamGoesOnWhereItBroke(t *testing.T) {
	s := openShop(t, Limits{})
	st := s.listen(s.bo, "")
	s.says("one", 0)
	st.until("message.created")
	st.cancel()
	s.says("two", 0)
	s.says("for the team", s.team.ID) // moves out of Bo's sight at once
	s.mails("the team's mail", "")
	s.says("three", 0)
	st = s.listen(s.bo, st.last)
	for _, want := range []string{"two", "three"} {
		if m := text(t, st.until("message.created")); m.Text != want {
			t.Errorf("got %q, want %q", m.Text, want)
		}
	}
}

// Whoever may see less from now on has to come back and is asked again.
func TestStreamEndsWhenRightsChange(t *testing.T) {
	s := openShop(t, Limits{})
	for what, change := range map[string]func(){
		"the team changes": func() {
			_, err := s.SaveTeam(t.Context(), s.alice.Actor, desk.Team{ID: s.team.ID, Name: "Orders", Assignment: "collaboration"})
			must(t, err)
		},
		"the account is disabled": func() {
			_, err := s.ChangeAgent(t.Context(), s.alice.Actor, s.mei.Agent(), desk.AgentChange{Enabled: new(bool)})
			must(t, err)
		},
		"the token is revoked": func() {
			tokens, err := s.Tokens(t.Context(), s.bo.Actor)
			must(t, err)
			must(t, s.RevokeToken(t.Context(), s.bo.Actor, tokens[0].ID))
		},
	} {
		who := s.mei
		if what == "the token is revoked" {
			who = s.bo
		}
		enabled := true
		_, err := s.ChangeAgent(t.Context(), s.alice.Actor, s.mei.Agent(), desk.AgentChange{Enabled: &enabled})
		must(t, err)
		st := s.listen(who, "")
		change()
		for {
			if _, more := st.next(); !more {
				break
			}
		}
		if err := st.lines.Err(); err != nil && err.Error() == "context deadline exceeded" {
			t.Errorf("the stream goes on when %s", what)
		}
	}
}

// Who loses a conversation hears that it is gone, and no more of it.
func TestWhatLeavesOnesSightIsGone(t *testing.T) {
	s := openShop(t, Limits{})
	bo, mei, alice := s.listen(s.bo, ""), s.listen(s.mei, ""), s.listen(s.alice, "")
	s.says("for the team", s.team.ID)
	updated := func(st *stream) string { return string(st.until("conversation.updated").data) }
	if got := updated(bo); got != `{"conversation_id":"1","gone":true}` {
		t.Errorf("Bo hears %s", got)
	}
	for _, st := range []*stream{mei, alice} {
		if got := updated(st); got != `{"conversation_id":"1","kind":"chat"}` {
			t.Errorf("who still sees it hears %s", got)
		}
	}
}

func TestPresenceHasNoID(t *testing.T) {
	s := openShop(t, Limits{})
	mei := s.listen(s.mei, "")
	was := mei.last
	_, err := s.SetPresence(t.Context(), s.bo.Actor, s.bo.Agent(), "away")
	must(t, err)
	if e := mei.until("presence.updated"); e.id != "" || mei.last != was || string(e.data) != `{"agent_id":"`+s.bo.Agent().String()+`","presence":"away"}` {
		t.Errorf("Mei hears %q %s", e.id, e.data)
	}
}
