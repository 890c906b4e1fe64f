package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"deskbell/app/channel/email"
	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/news"
	"deskbell/app/rest"
	"deskbell/app/view"
)

// shop is a tea shop whose desk serves the API over real HTTP. Every answer is
// checked against the description as it comes.
type shop struct {
	*desk.Desk
	t        testing.TB
	e        *echo.Echo
	api      *rest.API
	hub      *live.Hub
	news     *news.News
	url      string
	widget   *desk.Inbox
	mailbox  *desk.Inbox
	team     *desk.Team // Mei's
	alice    person     // admin
	bo       person     // in no team
	mei      person     // in the team
	mail     *email.Channel
	checking error // what a test of a mailbox finds
}

type person struct {
	desk.Actor
	token string
}

func openShop(t testing.TB, l Limits) *shop {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	d, err := desk.Open(t.Context(), t.TempDir(), desk.Key{1}, quiet)
	must(t, err)
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	s := &shop{Desk: d, t: t}
	s.mail = email.New(d, nil, quiet)
	s.people()
	s.hub = live.New(live.Config{Epoch: d.Epoch(), Log: quiet, Head: func(ctx context.Context) (int64, error) {
		id, err := d.LastEvent(ctx)
		return int64(id), err
	}})
	s.news = news.New(d, s.hub, quiet)
	ctx, cancel := context.WithCancel(context.Background())
	ready, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		if err := s.news.Run(ctx, func() { close(ready) }); err != nil {
			t.Error(err)
		}
	}()
	<-ready
	s.e = echo.New()
	s.api = &rest.API{API: humaecho.New(s.e, rest.Describe("test")), Log: quiet, Translate: func(_, key string, args ...any) string { return key + fmt.Sprint(args...) }}
	assets, err := view.NewAssets(fstest.MapFS{})
	must(t, err)
	views, err := view.New(os.DirFS("../../views"), assets)
	must(t, err)
	door := New(Config{Desk: d, Hub: s.hub, News: s.news, REST: s.api, Views: views, URL: "https://desk.example/", Limits: l,
		Check: func(context.Context, *desk.Inbox) error { return s.checking }, LookUp: s.mail.LookUp,
		Source: func(r *http.Request) string {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}})
	door.Routes(s.e)
	door.Describe(s.e)
	server := httptest.NewServer(s.e)
	s.url = server.URL
	t.Cleanup(func() {
		s.hub.Close()
		server.Close()
		cancel()
		<-over
		must(t, d.Close())
	})
	return s
}

func (s *shop) people() {
	ctx := s.t.Context()
	admin, err := s.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "西湖茶社", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	must(s.t, err)
	s.alice = s.person(admin)
	bo, err := s.CreateAgent(ctx, s.alice.Actor, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Role: desk.Crew, Password: "oolong in the hills"})
	must(s.t, err)
	s.bo = s.person(bo)
	mei, err := s.CreateAgent(ctx, s.alice.Actor, desk.NewAgent{Email: "mei@tea.example", Name: "Mei", Role: desk.Crew, Password: "pu'er in the cellar"})
	must(s.t, err)
	s.mei = s.person(mei)
	s.team, err = s.SaveTeam(ctx, s.alice.Actor, desk.Team{Name: "Orders", Assignment: "collaboration", MemberIDs: []desk.AgentID{mei.ID}})
	must(s.t, err)
	s.widget, err = s.SaveInbox(ctx, s.alice.Actor, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	must(s.t, err)
	server := desk.MailServer{Host: "mail.tea.example", Port: 993, Security: "tls", Username: "support@tea.example", Auth: "password"}
	s.mailbox, err = s.SaveInbox(ctx, s.alice.Actor, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, TeamID: s.team.ID,
		Settings: desk.Mailbox{Address: "support@tea.example", IMAP: server, SMTP: server, Aliases: []string{}}, Secrets: desk.MailboxSecrets{IMAP: "imap secret", SMTP: "smtp secret"}})
	must(s.t, err)
}

func (s *shop) person(a *desk.Agent) person {
	token, err := s.CreateToken(s.t.Context(), desk.System, a.ID, "test")
	must(s.t, err)
	return person{a.Actor(), token}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// says writes as a new visitor, who is in the team's queue when team is set.
func (s *shop) says(text string, team desk.TeamID) *desk.Received {
	s.t.Helper()
	ctx := s.t.Context()
	_, c, err := s.Enter(ctx, desk.System, desk.Visit{URL: "https://shop.example/"})
	must(s.t, err)
	m, err := s.Receive(ctx, desk.AsCustomer(c.ID), desk.Incoming{InboxID: s.widget.ID, Text: text})
	must(s.t, err)
	if team != 0 {
		_, err = s.Assign(ctx, s.alice.Actor, m.ConversationID, team, 0)
		must(s.t, err)
	}
	return m
}

// mails opens a ticket of the team by a mail.
func (s *shop) mails(subject, html string) *desk.Received {
	s.t.Helper()
	m, err := s.Receive(s.t.Context(), desk.System, desk.Incoming{InboxID: s.mailbox.ID, Ticket: &desk.NewTicket{Subject: subject, Origin: "mail"},
		Identity: desk.Identity{Channel: desk.Email, ExternalID: "li@example.com"}, Customer: desk.Customer{Name: "Li", Email: "li@example.com"},
		Text: subject, HTML: html, ExternalID: subject + "@example.com"})
	must(s.t, err)
	return m
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

func (s *shop) call(method, path string, who person, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+prefix+path, strings.NewReader(body))
	must(s.t, err)
	if who.token != "" {
		req.Header.Set("Authorization", "Bearer "+who.token)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return s.do(req)
}

func (s *shop) do(req *http.Request) answer {
	s.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(s.t, err)
	a := answer{resp, b}
	s.described(a)
	return a
}

// into checks that it went well and reads the answer.
func (s *shop) into(v any, method, path string, who person, body string) {
	s.t.Helper()
	a := s.call(method, path, who, body)
	if a.StatusCode >= 300 {
		s.t.Fatalf("%s %s %s answered %s: %s", method, path, body, a.Status, a.body)
	}
	if v != nil {
		must(s.t, json.Unmarshal(a.body, v))
	}
}

func (s *shop) problem(what string, a answer, status int, code string) {
	s.t.Helper()
	var p rest.Problem
	err := json.Unmarshal(a.body, &p)
	if a.StatusCode != status || a.Header.Get("Content-Type") != "application/problem+json" || err != nil || p.Status != status || p.Title == "" || p.Detail == "" || code != "" && p.Code != code {
		s.t.Errorf("%s: answered %s %s, want problem %d %s", what, a.Status, a.body, status, code)
	}
}

// described checks an answer against the description of its operation.
func (s *shop) described(a answer) {
	s.t.Helper()
	path, item := s.operation(a.Request)
	if item == nil {
		return // an address that is not there
	}
	response := item.Responses[fmt.Sprint(a.StatusCode)]
	if response == nil {
		response = item.Responses["default"]
	}
	if response == nil {
		s.t.Errorf("%s %s answered %s, which is not described", a.Request.Method, path, a.Status)
		return
	}
	kind := a.Header.Get("Content-Type")
	media := response.Content[kind]
	if media == nil {
		if len(a.body) > 0 && response.Content["application/octet-stream"] == nil {
			s.t.Errorf("%s %s answered %s as %s, which is not described", a.Request.Method, path, a.Status, kind)
		}
		return
	}
	if kind == "application/octet-stream" {
		return
	}
	var v any
	must(s.t, json.Unmarshal(a.body, &v))
	res := &huma.ValidateResult{}
	huma.Validate(s.api.OpenAPI().Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, v, res)
	if err := errors.Join(res.Errors...); err != nil {
		s.t.Errorf("%s %s answered %s, which its description does not allow: %v", a.Request.Method, path, a.body, err)
	}
}

// operation finds the operation that a request is for.
func (s *shop) operation(r *http.Request) (string, *huma.Operation) {
	asked := strings.Split(r.URL.Path, "/")
	var found string
	for path := range s.api.OpenAPI().Paths {
		parts := strings.Split(path, "/")
		fits := len(parts) == len(asked)
		for i := 0; fits && i < len(parts); i++ {
			fits = parts[i] == asked[i] || strings.HasPrefix(parts[i], "{")
		}
		if fits && (found == "" || strings.Count(path, "{") < strings.Count(found, "{")) {
			found = path
		}
	}
	if found == "" {
		return "", nil
	}
	p := s.api.OpenAPI().Paths[found]
	return found, map[string]*huma.Operation{"GET": p.Get, "POST": p.Post, "PATCH": p.Patch, "DELETE": p.Delete}[r.Method]
}

func (s *shop) upload(who person, name string, content []byte, headers ...string) answer {
	s.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	must(s.t, err)
	part.Write(content)
	must(s.t, form.Close())
	req, err := http.NewRequest("POST", s.url+prefix+"/files", &b)
	must(s.t, err)
	req.Header.Set("Authorization", "Bearer "+who.token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return s.do(req)
}

// stream reads events as a program would.
type stream struct {
	t      testing.TB
	lines  *bufio.Scanner
	cancel context.CancelFunc
	last   string
}

type event struct {
	id, name string
	data     json.RawMessage
}

// listen opens a stream and waits until it stands.
func (s *shop) listen(who person, last string) *stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+prefix+"/stream", nil)
	must(s.t, err)
	req.Header.Set("Authorization", "Bearer "+who.token)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	must(s.t, err)
	if resp.StatusCode != 200 {
		s.t.Fatalf("stream answered %s", resp.Status)
	}
	st := &stream{s.t, bufio.NewScanner(resp.Body), cancel, last}
	st.lines.Buffer(nil, 1<<20)
	for st.last == "" && st.lines.Scan() {
		fmt.Sscanf(st.lines.Text(), "id: %s", &st.last)
	}
	return st
}

// next reads the next event; false when the stream is over.
func (st *stream) next() (event, bool) {
	st.t.Helper()
	var e event
	for st.lines.Scan() {
		field, value, _ := strings.Cut(st.lines.Text(), ": ")
		switch field {
		case "id":
			st.last, e.id = value, value
		case "event":
			e.name = value
		case "data":
			e.data = json.RawMessage(value)
		case "":
			if len(e.data) > 0 {
				return e, true
			}
			e = event{}
		}
	}
	return e, false
}

// until reads on to the next event of a name.
func (st *stream) until(name string) event {
	st.t.Helper()
	for {
		e, ok := st.next()
		if !ok {
			st.t.Fatalf("the stream ended before %s: %v", name, st.lines.Err())
		}
		if e.name == name {
			return e
		}
	}
}
