package webchat

import (
	"strings"
	"testing"

	"deskbell/app/desk"
)

func TestTheSameTokenIsTheSameVisitor(t *testing.T) {
	s := openShop(t, Limits{})
	other := s.inbox("Blog", desk.Widget{})
	first := s.session(`{"widget_id":"` + s.widget.PublicID + `","visitor":{"name":"Li","email":"li@example.com","vip":true},"page":{"url":"https://shop.example/tea"}}`)
	if first.Company.Name != "西湖茶社" || first.Widget.ID != s.widget.PublicID || first.Widget.Greeting != "你好" || !first.Open || first.Conversation != nil || len(first.Messages) != 0 || first.NextCursor != nil {
		t.Errorf("a first session: %+v", first)
	}
	m := s.send(first.VisitorToken, `{"text":"hi"}`)
	again := s.session(`{"visitor_token":"` + first.VisitorToken + `","visitor":{"name":"Mallory"}}`)
	if again.VisitorID != first.VisitorID || again.VisitorToken != first.VisitorToken || again.Conversation == nil || len(again.Messages) != 1 || again.Messages[0].ID != m.ID {
		t.Errorf("the second session: %+v", again)
	}
	if c, _, _ := s.Customers(t.Context(), s.bo, desk.CustomerList{Query: "Li", Limit: 10}); len(c) != 1 || c[0].Email != "li@example.com" {
		t.Errorf("what a page says overwrote the profile: %+v", c)
	}
	elsewhere := s.session(`{"visitor_token":"` + first.VisitorToken + `","widget_id":"` + other.PublicID + `"}`)
	if elsewhere.VisitorID != first.VisitorID || elsewhere.Widget.ID != other.PublicID || elsewhere.Conversation != nil || len(elsewhere.Messages) != 0 {
		t.Errorf("in another widget: %+v", elsewhere)
	}
	for _, token := range []string{`null`, `""`, `"garbage"`, `"` + s.widget.PublicID + `."`, `"` + s.widget.PublicID + `.garbage"`, `"` + strings.ToUpper(first.VisitorToken) + `"`} {
		got := s.session(`{"widget_id":"` + s.widget.PublicID + `","visitor_token":` + token + `}`)
		if got.VisitorID == first.VisitorID || got.VisitorToken == first.VisitorToken || len(got.Messages) != 0 {
			t.Errorf("token %s became the first visitor", token)
		}
	}
}

func TestHowTheConversationStands(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	standing := func() (st Standing) {
		s.call("GET", "/conversation", token, "").into(t, &st)
		return st
	}
	if st := standing(); st.Conversation != nil || !st.Open {
		t.Errorf("before a word: %+v", st)
	}
	id := s.conversation(s.send(token, `{"text":"hi"}`))
	if st := standing(); st.Conversation == nil || st.Conversation.Status != "waiting" || st.Conversation.Agent != nil {
		t.Errorf("waiting: %+v", st.Conversation)
	}
	_, err := s.Join(t.Context(), s.bo, id)
	must(t, err)
	if st := standing(); st.Conversation == nil || st.Conversation.Status != "open" || st.Conversation.Agent == nil || st.Conversation.Agent.Name != "Bo" || st.Conversation.Customer != nil {
		t.Errorf("with Bo: %+v", st.Conversation)
	}
	_, err = s.CloseConversation(t.Context(), s.bo, id)
	must(t, err)
	if st := standing(); st.Conversation != nil {
		t.Errorf("closed: %+v", st.Conversation)
	}
	s.problem("nobody's", s.call("GET", "/conversation", "", ""), 401, "")
}

func TestTokensAreNotStored(t *testing.T) {
	s := openShop(t, Limits{})
	token := s.session(`{}`).VisitorToken
	_, secret := splitToken(token)
	if len(secret) < 52 { // 256 bits in base 32
		t.Errorf("token %q is short", token)
	}
	var n int
	must(t, s.DB().Readers().QueryRow("select count(*) from identities where instr(external_id, ?)", secret).Scan(&n))
	if n != 0 {
		t.Error("the token itself is in the database")
	}
}

func TestSessionFaults(t *testing.T) {
	s := openShop(t, Limits{})
	off, err := s.SaveInbox(t.Context(), s.alice, desk.SavedInbox{Channel: desk.Webchat, Name: "Off", Settings: desk.Widget{}})
	must(t, err)
	for body, want := range map[string]int{
		`{"widget_id":"nobody"}`:                                           404,
		`{"widget_id":"` + off.PublicID + `"}`:                             404,
		`{"widget_id":7}`:                                                  400,
		`{"visitor":"Li"}`:                                                 400,
		`{"visitor":{"email":"no address"}}`:                               422,
		`{"visitor":{"name":"` + strings.Repeat("x", 141) + `"}}`:          400,
		`{"visitor":{"data":{"x":"` + strings.Repeat("x", 16<<10) + `"}}}`: 422,
		`{"page":[]}`:                                                      400,
		`[]`:                                                               400,
		`{`:                                                                400,
		``:                                                                 400,
	} {
		s.problem(body, s.call("POST", "/sessions", "", body), want, "")
	}
}

func TestEveryCallNeedsAGoodToken(t *testing.T) {
	s := openShop(t, Limits{})
	good := s.session(`{}`).VisitorToken
	_, secret := splitToken(good)
	calls := [][2]string{{"POST", "/messages"}, {"GET", "/messages"}, {"GET", "/stream"}, {"POST", "/files"}, {"GET", "/files/x"}, {"POST", "/typing"}, {"POST", "/read"}, {"POST", "/leave"}, {"POST", "/page"}}
	for _, c := range calls {
		for _, token := range []string{"", "x", "x.y", "." + secret, secret, "nobody." + secret, s.widget.PublicID + ".", s.widget.PublicID + "." + secret + "x"} {
			a := s.call(c[0], c[1], token, `{"text":"hi"}`)
			s.problem(c[0]+" "+c[1]+" with "+token, a, 401, "error.unauthorized")
			if a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s: 401 without WWW-Authenticate", c[0], c[1])
			}
		}
		if c[1] != "/stream" {
			s.problem("token in the address of "+c[1], s.call(c[0], c[1]+"?visitor_token="+good, "", `{"text":"hi"}`), 401, "error.unauthorized")
		}
	}
	_, err := s.SaveInbox(t.Context(), s.alice, desk.SavedInbox{ID: s.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: false, Settings: desk.Widget{}})
	must(t, err)
	for _, c := range calls {
		s.problem("a widget that is switched off: "+c[1], s.call(c[0], c[1], good, `{"text":"hi"}`), 401, "error.unauthorized")
	}
	s.problem("no such call", s.call("GET", "/secrets", good, ""), 404, "error.not_found")
	s.problem("no such method", s.call("PUT", "/sessions", good, "{}"), 405, "error.method_not_allowed")
}

func TestSites(t *testing.T) {
	s := openShop(t, Limits{})
	closed := s.inbox("Listed", desk.Widget{Sites: []string{"https://shop.example"}})
	anyone := s.session(`{"widget_id":"` + s.widget.PublicID + `"}`).VisitorToken
	listed := s.session(`{"widget_id":"` + closed.PublicID + `"}`).VisitorToken
	for _, c := range []struct {
		token, origin, allow string
		status               int
	}{
		{anyone, "https://evil.example", "*", 200},
		{anyone, "null", "*", 200},
		{listed, "", "", 200},
		{listed, s.url, "", 200}, // the desk's own frame
		{listed, "https://shop.example", "https://shop.example", 200},
		{listed, "HTTPS://SHOP.example", "HTTPS://SHOP.example", 200},
		{listed, "http://shop.example", "", 403},
		{listed, "https://shop.example.evil", "", 403},
		{listed, "https://sub.shop.example", "", 403},
		{listed, "null", "", 403},
	} {
		a := s.call("GET", "/messages", c.token, "", "Origin", c.origin)
		if a.StatusCode != c.status || a.Header.Get("Access-Control-Allow-Origin") != c.allow || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("from %q: answered %s, allows %q, want %d and %q", c.origin, a.Status, a.Header.Get("Access-Control-Allow-Origin"), c.status, c.allow)
		}
		widget, _ := splitToken(c.token)
		if a := s.call("POST", "/sessions", "", `{"widget_id":"`+widget+`"}`, "Origin", c.origin); a.StatusCode != c.status || a.Header.Get("Access-Control-Allow-Origin") != c.allow {
			t.Errorf("a session from %q: answered %s, allows %q", c.origin, a.Status, a.Header.Get("Access-Control-Allow-Origin"))
		}
	}
	a := s.call("OPTIONS", "/messages", "", "", "Origin", "https://evil.example", "Access-Control-Request-Headers", "authorization")
	if a.StatusCode != 204 || a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), "Authorization") || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %s %v", a.Status, a.Header)
	}
}
