package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

func TestEveryRouteIsDescribed(t *testing.T) {
	s := openShop(t, Limits{})
	described := map[string]bool{}
	for path, p := range s.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": p.Get, "POST": p.Post, "PATCH": p.Patch, "PUT": p.Put, "DELETE": p.Delete} {
			if op == nil {
				continue
			}
			described[method+" "+path] = true
			if op.OperationID == "" || op.Summary == "" || len(op.Tags) == 0 || len(op.Responses) == 0 {
				t.Errorf("%s %s is not described fully", method, path)
			}
			if len(op.Security) == 0 {
				t.Errorf("%s %s needs no token", method, path)
			}
		}
	}
	served := 0
	for _, r := range s.e.Routes() {
		if !strings.HasPrefix(r.Path, prefix) || r.Method == echo.RouteNotFound {
			continue
		}
		served++
		parts := strings.Split(r.Path, "/")
		for i, p := range parts {
			if name, ok := strings.CutPrefix(p, ":"); ok {
				parts[i] = "{" + name + "}"
			}
		}
		if key := r.Method + " " + strings.Join(parts, "/"); !described[key] {
			t.Errorf("%s is not described", key)
		}
	}
	if served != len(described) {
		t.Errorf("%d routes are served, %d described", served, len(described))
	}
}

func TestTheDescriptionIsServed(t *testing.T) {
	s := openShop(t, Limits{})
	resp, err := http.Get(s.url + "/api/openapi.json")
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	var doc struct {
		OpenAPI    string `json:"openapi"`
		Paths      map[string]any
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage
			}
			SecuritySchemes map[string]any
		}
	}
	must(t, json.Unmarshal(b, &doc))
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Paths["/api/v1/tickets/{id}"] == nil || doc.Components.SecuritySchemes["agent"] == nil {
		t.Errorf("description: %.300s", b)
	}
	// A reference to a schema that is not there breaks every program that reads it.
	for _, ref := range strings.Split(string(b), `"$ref":"#/components/schemas/`)[1:] {
		if name, _, _ := strings.Cut(ref, `"`); doc.Components.Schemas[name].Properties == nil {
			t.Errorf("schema %q is named and not there", name)
		}
	}
	if team := string(doc.Components.Schemas["Ticket"].Properties["team"]); !strings.Contains(team, `"null"`) {
		t.Errorf("a ticket's team may be null, and the description says %s", team)
	}
}

func TestThePageShowsEveryCall(t *testing.T) {
	s := openShop(t, Limits{})
	for lang, title := range map[string]string{"en": "Deskbell API", "zh-CN": "Deskbell 接口文档"} {
		resp, err := http.Get(s.url + "/api/docs?lang=" + lang)
		must(t, err)
		b, err := io.ReadAll(resp.Body)
		must(t, err)
		resp.Body.Close()
		page := string(b)
		if resp.StatusCode != 200 || !strings.Contains(page, "<h1>"+title+"</h1>") || strings.Contains(page, "<script") || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("the page in %s: %s %.200s", lang, resp.Status, page)
		}
		for _, p := range s.api.OpenAPI().Paths {
			for _, op := range []*huma.Operation{p.Get, p.Post, p.Patch, p.Delete} {
				if op != nil && !strings.Contains(page, `<article id="`+op.OperationID+`">`) {
					t.Errorf("the page does not show %s", op.OperationID)
				}
			}
		}
		for _, link := range strings.Split(page, `href="#`)[1:] {
			if id, _, _ := strings.Cut(link, `"`); !strings.Contains(page, `id="`+id+`"`) {
				t.Errorf("a link goes to %s, which is not there", id)
			}
		}
	}
}

// operations lists every operation with an address made of id.
func (s *shop) operations(id string) (list [][2]string) {
	for path, p := range s.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": p.Get, "POST": p.Post, "PATCH": p.Patch, "DELETE": p.Delete} {
			if op != nil {
				list = append(list, [2]string{method, strings.TrimPrefix(strings.ReplaceAll(path, "{id}", id), prefix)})
			}
		}
	}
	return list
}

func TestEveryCallNeedsAGoodToken(t *testing.T) {
	s := openShop(t, Limits{Wrongs: 10_000})
	gone := s.person(&desk.Agent{ID: s.bo.Agent()})
	tokens, err := s.Tokens(t.Context(), s.bo.Actor)
	must(t, err)
	must(t, s.RevokeToken(t.Context(), s.bo.Actor, tokens[0].ID))
	off := s.mei
	_, err = s.ChangeAgent(t.Context(), s.alice.Actor, s.mei.Agent(), desk.AgentChange{Enabled: new(bool)})
	must(t, err)
	for _, op := range s.operations("1") {
		for what, token := range map[string]string{"none": "", "garbage": "x", "revoked": gone.token, "of a disabled agent": off.token, "cut": s.alice.token[:40], "longer": s.alice.token + "x"} {
			a := s.call(op[0], op[1], person{token: token}, `{}`)
			s.problem(fmt.Sprintf("%s %s with token %s", op[0], op[1], what), a, 401, "error.unauthorized")
			if a.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s: 401 without WWW-Authenticate", op[0], op[1])
			}
		}
	}
	for _, path := range []string{"/secrets", "", "/", "/agents/", "//agents", "/agents/1/2"} {
		s.problem("no such call: "+path, s.call("GET", path, s.alice, ""), 404, "error.not_found")
	}
	a := s.call("PUT", "/agents/1", s.alice, "{}")
	if s.problem("no such method", a, 405, "error.method_not_allowed"); a.Header.Get("Allow") != "DELETE, GET, PATCH" {
		t.Errorf("allows %q", a.Header.Get("Allow"))
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	s := openShop(t, Limits{Calls: 100_000})
	for _, id := range []string{"999999", "0", "-1", "x", "1e3", "%2e%2e", strings.Repeat("9", 40)} {
		for _, op := range s.operations(id) {
			if !strings.Contains(op[1]+"/", "/"+id+"/") {
				continue
			}
			body := map[string]string{"/blacklist": `{"reason":"spam"}`, "/transfer": `{"agent_id":"1"}`, "/messages": `{"text":"hi"}`, "/read": `{"seq":1}`, "/merge": `{"into":"1"}`, "/split": `{"subject":"x","message_ids":["1"]}`, "/planned": `{"text":"hi","send_at":"2999-01-01T00:00:00Z"}`}[op[1][strings.LastIndex(op[1], "/"):]]
			if body == "" {
				body = "{}"
			}
			s.problem(op[0]+" "+op[1], s.call(op[0], op[1], s.alice, body), 404, "error.not_found")
		}
	}
}

// Bo is in no team: what belongs to Mei's is not there for him, and admins'
// affairs are not his.
func TestOthersThingsAreNotThere(t *testing.T) {
	s := openShop(t, Limits{})
	chat := s.says("for the team", s.team.ID).ConversationID.String()
	s.mails("an order", "")
	hidden := []struct{ method, path, body string }{
		{"GET", "/conversations/" + chat, ""}, {"POST", "/conversations/" + chat + "/join", "{}"}, {"POST", "/conversations/" + chat + "/leave", "{}"},
		{"POST", "/conversations/" + chat + "/close", "{}"}, {"POST", "/conversations/" + chat + "/reopen", "{}"},
		{"POST", "/conversations/" + chat + "/transfer", `{"agent_id":"` + s.bo.Agent().String() + `"}`}, {"POST", "/conversations/" + chat + "/read", `{"seq":1}`},
		{"POST", "/conversations/" + chat + "/typing", `{}`}, {"GET", "/conversations/" + chat + "/messages", ""}, {"POST", "/conversations/" + chat + "/messages", `{"text":"hi","visibility":"internal"}`},
		{"GET", "/tickets/1", ""}, {"PATCH", "/tickets/1", `{"status":"closed"}`}, {"GET", "/tickets/1/messages", ""}, {"POST", "/tickets/1/messages", `{"text":"hi"}`},
		{"POST", "/tickets/1/merge", `{"into":"2"}`}, {"DELETE", "/tickets/1/merge", ""}, {"POST", "/tickets/1/split", `{"subject":"x","message_ids":["1"]}`}, {"POST", "/tickets/1/snooze", `{}`}, {"DELETE", "/tickets/1/snooze", ""},
		{"GET", "/tickets/1/children", ""}, {"GET", "/tickets/1/followers", ""}, {"POST", "/tickets/1/followers/1", ""}, {"DELETE", "/tickets/1/followers/1", ""},
		{"GET", "/tickets/1/planned", ""}, {"POST", "/tickets/1/planned", `{"text":"hi","send_at":"2999-01-01T00:00:00Z"}`}, {"GET", "/tickets/1/draft", ""}, {"PATCH", "/tickets/1/draft", `{"text":"x"}`}, {"DELETE", "/tickets/1/draft", ""},
	}
	for _, c := range hidden {
		s.problem("Bo: "+c.method+" "+c.path, s.call(c.method, c.path, s.bo, c.body), 404, "error.not_found")
	}
	for _, path := range []string{"/conversations", "/tickets"} {
		var list struct{ Items []any }
		if s.into(&list, "GET", path, s.bo, ""); len(list.Items) != 0 {
			t.Errorf("Bo's %s: %v", path, list.Items)
		}
		if s.into(&list, "GET", path, s.mei, ""); len(list.Items) == 0 {
			t.Errorf("Mei's %s are empty", path)
		}
	}
	box := "/mailboxes/" + s.mailbox.ID.String()
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/agents", `{"email":"eve@tea.example","name":"Eve","role_id":"admin","password":"let me in please"}`},
		{"PATCH", "/agents/" + s.bo.Agent().String(), `{"role_id":"admin"}`}, {"PATCH", "/agents/" + s.mei.Agent().String(), `{"presence":"online"}`},
		{"POST", "/teams", `{"name":"Mine"}`}, {"PATCH", "/teams/1", `{"member_ids":["` + s.bo.Agent().String() + `"]}`}, {"DELETE", "/teams/1", ""},
		{"GET", "/mailboxes", ""}, {"POST", "/mailboxes", `{"address":"a@tea.example"}`}, {"GET", box, ""}, {"PATCH", box, `{"enabled":false}`}, {"DELETE", box, ""}, {"POST", box + "/test", "{}"}, {"GET", box + "/dns", ""},
		{"GET", box + "/ledger", ""}, {"POST", box + "/ledger/1/retry", "{}"}, {"GET", box + "/ledger/1/raw", ""},
	} {
		s.problem("Bo: "+c.method+" "+c.path, s.call(c.method, c.path, s.bo, c.body), 403, "error.forbidden")
	}
}

func TestWrongTokensWaitAndGoodOnesDoNot(t *testing.T) {
	s := openShop(t, Limits{Wrongs: 5})
	now := time.Now()
	s.Clock = func() time.Time { return now } // one is given back each second, and a machine may be slow
	for range 5 {
		s.problem("a guess", s.call("GET", "/agents", person{token: "guess"}, ""), 401, "")
	}
	if a := s.call("GET", "/agents", person{token: "guess"}, ""); a.StatusCode != 429 || a.Header.Get("Retry-After") == "" {
		t.Errorf("the sixth guess answered %s", a.Status)
	}
	s.into(nil, "GET", "/agents", s.alice, "")
}
