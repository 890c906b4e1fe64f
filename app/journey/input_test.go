package journey

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"deskbell/app"
	"deskbell/app/apptest/client"
	"deskbell/app/desk"
)

// What does not fit is answered with a problem and stores nothing, at both doors.
func TestBadInputIsAnsweredAndStoresNothing(t *testing.T) {
	h := begin(t, app.Config{})
	ctx := t.Context()
	li, wang, bo := h.visitor(h.url), h.visitor(h.url), h.agent(h.url, h.bo)
	m, err := li.Say(ctx, "1", "你好")
	must(t, err)
	secret, err := h.Desk.SaveTeam(ctx, h.alice, desk.Team{Name: "Board", Assignment: "grab", MemberIDs: []desk.AgentID{h.alice.Agent()}})
	must(t, err)
	hidden, err := wang.Say(ctx, "1", "for the board only")
	must(t, err)
	id, err := desk.ParseID[desk.ConversationID](hidden.ConversationID)
	must(t, err)
	_, err = h.Desk.Assign(ctx, h.alice, id, secret.ID, h.alice.Agent())
	must(t, err)
	nobody := client.Client{URL: h.url, Token: li.Token + "x"}
	revoked := h.agent(h.url, h.alice)
	tokens, err := h.Desk.Tokens(ctx, h.alice)
	must(t, err)
	must(t, h.Desk.RevokeToken(ctx, h.alice, tokens[0].ID))
	must(t, h.Desk.Settle(ctx)) // what follows from all this has happened
	last, err := h.Desk.LastEvent(ctx)
	must(t, err)
	talk, board := "/api/v1/conversations/"+m.ConversationID, "/api/v1/conversations/"+hidden.ConversationID
	for _, c := range []struct {
		what         string
		by           *client.Client
		method, path string
		body         string
		code         int
	}{
		{"nothing said", &li.Client, "POST", "/visitor/v1/messages", `{"client_id":"x","text":"  "}`, 422},
		{"too much said", &li.Client, "POST", "/visitor/v1/messages", `{"text":"` + strings.Repeat("茶", 1501) + `"}`, 422},
		{"half a body", &li.Client, "POST", "/visitor/v1/messages", `{"text":"hal`, 400},
		{"no body", &li.Client, "POST", "/visitor/v1/messages", ``, 400},
		{"a list", &li.Client, "POST", "/visitor/v1/messages", `[]`, 400},
		{"a number for a text", &li.Client, "POST", "/visitor/v1/messages", `{"text":1}`, 400},
		{"a body without an end", &li.Client, "POST", "/visitor/v1/messages", `{"text":"` + strings.Repeat("a", 2<<20) + `"}`, 413},
		{"a depth without an end", &li.Client, "POST", "/visitor/v1/messages", strings.Repeat(`{"order":`, 20_000), 400},
		{"a client id without an end", &li.Client, "POST", "/visitor/v1/messages", `{"client_id":"` + strings.Repeat("a", 101) + `","text":"a"}`, 400},
		{"a file of nobody's", &li.Client, "POST", "/visitor/v1/messages", `{"file_id":"abcdefghijklmnopqrstuvwxyz"}`, 422},
		{"a token that is none", &nobody, "POST", "/visitor/v1/messages", `{"text":"a"}`, 401},
		{"a token that is none, at the stream", &nobody, "GET", "/visitor/v1/stream", ``, 401},
		{"an agent's token at the visitors' door", &bo.Client, "POST", "/visitor/v1/messages", `{"text":"a"}`, 401},
		{"a visitor's token at the agents' door", &li.Client, "GET", talk, ``, 401},
		{"a revoked token", &revoked.Client, "GET", talk, ``, 401},
		{"an unknown widget", &client.Client{URL: h.url}, "POST", "/visitor/v1/sessions", `{"widget_id":"nobody"}`, 404},
		{"another's conversation to read", &li.Client, "POST", "/visitor/v1/read", `{"conversation_id":"` + hidden.ConversationID + `"}`, 404},
		{"another team's conversation", &bo.Client, "GET", board, ``, 404},
		{"another team's messages", &bo.Client, "GET", board + "/messages", ``, 404},
		{"an answer to another team's customer", &bo.Client, "POST", board + "/messages", `{"text":"a"}`, 404},
		{"a whisper into another team's conversation", &bo.Client, "POST", board + "/messages", `{"text":"a","visibility":"internal"}`, 404},
		{"to join another team's conversation", &bo.Client, "POST", board + "/join", ``, 404},
		{"to close another team's conversation", &bo.Client, "POST", board + "/close", ``, 404},
		{"an answer before joining", &bo.Client, "POST", talk + "/messages", `{"text":"a"}`, 409},
		{"a visibility that there is not", &bo.Client, "POST", talk + "/messages", `{"text":"a","visibility":"secret"}`, 400},
		{"an id that is none", &bo.Client, "GET", "/api/v1/conversations/1%20or%201=1", ``, 404},
		{"an id without an end", &bo.Client, "GET", "/api/v1/conversations/" + strings.Repeat("9", 60), ``, 404},
		{"a limit without an end", &bo.Client, "GET", "/api/v1/conversations?limit=100000", ``, 400},
		{"a cursor that is none", &bo.Client, "GET", "/api/v1/conversations?cursor=%27%3B--", ``, 400},
		{"what only admins may", &bo.Client, "POST", "/api/v1/teams", `{"name":"Mine","assignment":"grab"}`, 403},
	} {
		var body io.Reader
		if c.method == http.MethodPost {
			body = strings.NewReader(c.body)
		}
		err := c.by.Raw(ctx, c.method, c.path, body, nil)
		var s *client.Status
		if !errors.As(err, &s) {
			t.Errorf("%s: %v, want %d", c.what, err, c.code)
			continue
		}
		if s.Code != c.code || s.Type != "application/problem+json" || s.Key == "" {
			t.Errorf("%s: answered %v, want %d with a problem", c.what, s, c.code)
		}
	}
	must(t, h.Desk.Settle(ctx))
	if now, err := h.Desk.LastEvent(ctx); err != nil || now != last {
		t.Errorf("%d events were recorded by what was refused (%v)", now-last, err)
	}
}
