package api

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"

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

// Every list is paged, and a filter that it does not know is refused: it would answer with everything.
func TestListsArePagedAndKnowTheirFilters(t *testing.T) {
	s := openShop(t, Limits{})
	lists := 0
	for path, at := range s.api.OpenAPI().Paths {
		if at.Get == nil || !strings.HasPrefix(path, prefix) || at.Get.Responses["200"] == nil {
			continue
		}
		json := at.Get.Responses["200"].Content["application/json"]
		if json == nil || json.Schema == nil || json.Schema.Ref == "" {
			continue
		}
		if s.api.OpenAPI().Components.Schemas.SchemaFromRef(json.Schema.Ref).Properties["next_cursor"] == nil {
			continue
		}
		lists++
		for _, name := range []string{"limit", "cursor"} {
			if !slices.ContainsFunc(at.Get.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
				t.Errorf("GET %s has no %s", path, name)
			}
		}
	}
	if lists < 20 {
		t.Errorf("only %d lists were found", lists)
	}
	for _, path := range []string{"/customers?group=1", "/tickets?stauts=open", "/agents?x", "/topics?limit=5&page=2", "/agents/1?fields=name"} {
		a := s.call("GET", path, s.alice, "")
		if s.problem(path, a, 400, "error.bad_request"); !strings.Contains(string(a.body), `"location":"query.`) {
			t.Errorf("%s: it does not say which: %s", path, a.body)
		}
	}
	s.problem("a change", s.call("PATCH", "/agents/"+s.bo.Agent().String()+"?dry_run=1", s.alice, `{"capacity":3}`), 400, "error.bad_request")
	for _, path := range []string{"/ticket-fields", "/ticket-statuses", "/ticket-views"} {
		s.into(nil, "GET", path+"?limit=1", s.alice, "")
		s.problem(path, s.call("GET", path+"?cursor=x", s.alice, ""), 400, "error.bad_request")
	}
}

// Two programs that change different parts of one thing at the same moment do not undo each other.
func TestChangesAtTheSameMoment(t *testing.T) {
	s := openShop(t, Limits{})
	path := "/teams/" + s.team.ID.String()
	for n := range 15 {
		var all sync.WaitGroup
		for _, body := range []string{`{"name":"Orders %d"}`, `{"greeting":"Hello %d"}`} {
			all.Go(func() { s.into(nil, "PATCH", path, s.alice, fmt.Sprintf(body, n)) })
		}
		all.Wait()
		var team Team
		s.into(&team, "GET", path, s.alice, "")
		if want := fmt.Sprint(n); team.Name != "Orders "+want || team.Greeting != "Hello "+want {
			t.Fatalf("round %d left %q and %q", n, team.Name, team.Greeting)
		}
	}
}
