// Package journey tries the whole desk: the main flows from end to end, and who may do what.
package journey

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

var update = flag.Bool("update", false, "write testdata/access.golden anew")

const golden = "testdata/access.golden"

// TestAccess asks every route as everybody, about a conversation, a ticket and a file of the sales team, and compares the
// answers with the golden table. A route without a line fails: whoever adds one decides who may use it.
//
// Each role asks a desk of its own, reading routes first and those that end something last, so that no answer hangs on another.
func TestAccess(t *testing.T) {
	roles := []string{"admin", "sales", "export", "visitor", "nobody"}
	table := map[string][]int{}
	for _, role := range roles {
		w := newWorld(t)
		for _, r := range w.routes() {
			table[r] = append(table[r], w.ask(role, r))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-64s %s\n", "# route", strings.Join(roles, " "))
	var names []string
	for name := range table {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%-64s", name)
		for _, code := range table[name] {
			fmt.Fprintf(&b, " %d", code)
		}
		b.WriteByte('\n')
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, string(want), b.String())
}

func compare(t *testing.T, want, got string) {
	had := map[string]string{}
	for line := range strings.Lines(want) {
		had[strings.TrimSpace(line[:min(64, len(line))])] = line
	}
	for line := range strings.Lines(got) {
		name := strings.TrimSpace(line[:min(64, len(line))])
		switch old, known := had[name]; {
		case !known:
			t.Errorf("%s has no line in %s; it answers\n%s", name, golden, line)
		case old != line:
			t.Errorf("access changed\n from %s   to %s", old, line)
		}
		delete(had, name)
	}
	for name := range had {
		t.Errorf("%s is in %s, but there is no such route any more", name, golden)
	}
}

// world is a desk with one of everything, and the credentials of each role.
type world struct {
	*apptest.Shop
	ids     map[string]string // what stands for :id behind a path
	tokens  map[string]string // of the API
	visitor string            // the token of a visitor to whom nothing belongs
	asked   int
}

func newWorld(t *testing.T) *world {
	s := apptest.Open(t)
	w := &world{Shop: s, tokens: map[string]string{}}
	lilei := s.Visitor("李雷")
	m := lilei.Say("你好")
	got, err := s.Desk.Receive(t.Context(), desk.System, desk.Incoming{InboxID: s.Mailbox.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: "maria@customer.example"},
		Customer: desk.Customer{Email: "maria@customer.example"}, Ticket: &desk.NewTicket{Subject: "A broken lid", Origin: "mail"}, Text: strings.Repeat("Hello\n", 100), HTML: "<p>Hello</p>", Meta: desk.Meta{Quoted: "> Tea"}})
	s.Must(err)
	ticket, err := s.Desk.Conversation(t.Context(), desk.System, got.ConversationID)
	s.Must(err)
	s.Bo.PostPart(fmt.Sprintf("/conversations/%d/participation", m.ConversationID))
	f, err := s.Desk.Upload(t.Context(), s.Bo.Actor(), "tea leaves.txt", strings.NewReader("tea"))
	s.Must(err)
	answer, err := s.Desk.Reply(t.Context(), s.Bo.Actor(), m.ConversationID, desk.Draft{Text: "yes", FileIDs: []string{f.ID}})
	s.Must(err)
	mails, _, err := s.Desk.Messages(t.Context(), desk.System, ticket.ID, desk.MessageList{After: -1, Limit: 1})
	s.Must(err)
	for role, b := range map[string]*apptest.Browser{"admin": s.Alice, "sales": s.Bo, "export": s.Chen} {
		w.tokens[role], err = s.Desk.CreateToken(t.Context(), b.Actor(), b.Agent.ID, "test")
		s.Must(err)
	}
	var session struct {
		Token string `json:"visitor_token"`
	}
	opened := s.Browser().JSON("/visitor/v1/sessions", map[string]any{"widget_id": s.Widget.PublicID, "page": map[string]string{"url": "https://shop.example/"}})
	s.Must(json.Unmarshal([]byte(opened.Status(http.StatusOK).Body), &session))
	w.visitor = session.Token
	tag, err := s.Desk.SaveTag(t.Context(), s.Alice.Actor(), desk.Tag{Name: "Orders"})
	s.Must(err)
	kind, err := s.Desk.SaveCustomerTag(t.Context(), s.Alice.Actor(), desk.CustomerTag{Name: "Big"})
	s.Must(err)
	said, err := s.Desk.SaveCanned(t.Context(), s.Alice.Actor(), desk.Canned{Text: "Hello {{customer.name}}"})
	s.Must(err)
	w.ids = map[string]string{
		"canned":        said.ID.String(),
		"tags":          tag.ID.String(),
		"customer-tags": kind.ID.String(),
		"conversations": m.ConversationID.String(), "messages": answer.ID.String(), "html": mails[0].ID.String(), "files": f.ID, "tickets": ticket.Ticket.ID.String(),
		"customers": fmt.Sprint(lilei.ID), "agents": s.Bo.Agent.ID.String(), "teams": s.Sales.String(), "widgets": s.Widget.ID.String(), "mailboxes": s.Mailbox.ID.String(),
		"chat": s.Widget.PublicID, "sessions": "999", "tokens": "999", "invitations": "none",
	}
	return w
}

// routes are all that the desk answers, "METHOD /path", those that end something last.
func (w *world) routes() []string {
	var list []string
	for _, r := range w.App.Routes() {
		if r.Method != echo.RouteNotFound && !strings.HasPrefix(r.Path, "/assets/") {
			list = append(list, r.Method+" "+r.Path)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if c := weight(a) - weight(b); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(list)
}

func weight(route string) int {
	switch {
	case strings.HasPrefix(route, "GET "):
		return 0
	case strings.Contains(route, "/logout"), strings.Contains(route, "/sessions/:id/end"):
		return 4
	case strings.HasPrefix(route, "DELETE "), strings.Contains(route, "/deletion"), strings.Contains(route, "/agents/:id"):
		return 3
	case strings.Contains(route, "/assignment"), strings.Contains(route, "/transfer"), strings.Contains(route, "/departure"), strings.Contains(route, "/hand-on"), strings.Contains(route, "/leave"), strings.Contains(route, "PATCH"):
		return 2
	}
	return 1
}

// ask is the status that a role gets: console routes by cookie, the API and the visitors' door by bearer token.
func (w *world) ask(role, route string) int {
	method, path, _ := strings.Cut(route, " ")
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if !strings.HasPrefix(p, ":") && !strings.HasPrefix(p, "{") {
			continue
		}
		kind := parts[i-1]
		if slices.Contains([]string{"/messages/:id/html", "/messages/:id/rest", "/messages/:id/quoted"}, path) {
			kind = "html" // the mail has all of these
		}
		if id, ok := w.ids[kind]; ok {
			parts[i] = id
		} else {
			parts[i] = "1"
		}
	}
	path = strings.Join(parts, "/")
	if strings.HasSuffix(path, "/stream") {
		return w.askStream(role, path)
	}
	b := w.browser(role)
	b.Change = func(r *http.Request) {
		r.Method = method
		w.asked++ // each from a place of its own, so that none is slowed down by the ones before
		r.RemoteAddr = fmt.Sprintf("198.51.%d.%d:4711", w.asked/250, w.asked%250)
		r.Header.Set("Accept", "application/json")
		switch {
		case strings.HasPrefix(path, "/visitor/") && role == "visitor":
			r.Header.Set("Authorization", "Bearer "+w.visitor)
		case strings.HasPrefix(path, "/api/") && w.tokens[role] != "":
			r.Header.Set("Authorization", "Bearer "+w.tokens[role])
		}
	}
	defer func() { b.Change = nil }()
	if method == http.MethodGet {
		return b.Get(path).Code
	}
	return b.Post(path).Code
}

func (w *world) browser(role string) *apptest.Browser {
	switch role {
	case "admin":
		return w.Alice
	case "sales":
		return w.Bo
	case "export":
		return w.Chen
	}
	b := w.Browser()
	b.Get("/login") // so that it has a token for forms
	return b
}

// askStream looks at the first line of a stream and goes away.
func (w *world) askStream(role, path string) int {
	server := httptest.NewServer(w.Handler())
	defer server.Close()
	r, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, server.URL+path, nil)
	w.Must(err)
	switch {
	case strings.HasPrefix(path, "/visitor/") && role == "visitor":
		r.Header.Set("Authorization", "Bearer "+w.visitor)
	case strings.HasPrefix(path, "/api/") && w.tokens[role] != "":
		r.Header.Set("Authorization", "Bearer "+w.tokens[role])
	case strings.HasPrefix(path, "/stream"):
		r.AddCookie(&http.Cookie{Name: "session", Value: w.browser(role).Cookie("session")})
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	w.Must(err)
	res.Body.Close()
	return res.StatusCode
}
