package api

import (
	"testing"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

// What a program can do of an agent's day: quote, be stopped by a colleague's answer, ask before it hands over, call back.
func TestAnAgentsDayByProgram(t *testing.T) {
	s, ctx := openShop(t, Limits{}), t.Context()
	got := s.says("hello", 0)
	path := "/conversations/" + got.ConversationID.String()
	var c wire.Conversation
	for _, who := range []person{s.bo, s.mei} {
		s.into(&c, "POST", path+"/join", who, "")
	}
	var m wire.Message
	s.into(&m, "POST", path+"/messages", s.mei, `{"text":"hi","quoted_id":"`+got.Message.ID.String()+`"}`)
	if m.Quote == nil || m.Quote.Text != "hello" {
		t.Errorf("it quotes %+v", m.Quote)
	}
	s.problem("written while Mei answered", s.call("POST", path+"/messages", s.bo, `{"text":"hi too","seen_seq":1}`), 409, "error.collision")
	s.problem("a quote of nothing", s.call("POST", path+"/messages", s.bo, `{"text":"x","quoted_id":"999"}`), 422, "")
	must(t, s.Desk.Connected(ctx, desk.System, s.mei.Agent(), true))
	s.into(&c, "POST", path+"/transfer", s.bo, `{"agent_id":"`+s.mei.Agent().String()+`","ask":true}`)
	if c.Agent == nil || c.Agent.Name != "Bo" {
		t.Errorf("while it is asked it is with %+v", c.Agent)
	}
	customer := c.Customer.ID
	s.problem("called back while it is open", s.call("POST", "/customers/"+customer+"/callback", s.bo, ""), 409, "error.customer_has_open")
	s.into(&c, "POST", path+"/close", s.bo, "{}")
	s.into(&c, "POST", "/customers/"+customer+"/callback", s.bo, "")
	if c.Status != "open" || c.ID == got.ConversationID.String() || c.Agent.Name != "Bo" {
		t.Errorf("called back %+v", c)
	}
}
