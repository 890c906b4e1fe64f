package webchat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/news"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// shop is a tea shop that serves its visitors over real HTTP.
type shop struct {
	*desk.Desk
	t      testing.TB
	hub    *live.Hub
	news   *news.News
	api    *rest.API
	url    string
	alice  desk.Actor // admin
	bo     desk.Actor
	widget *desk.Inbox
}

func openShop(t testing.TB, l Limits) *shop {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	d, err := desk.Open(t.Context(), t.TempDir(), desk.Key{1}, quiet)
	must(t, err)
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	admin, err := d.SetUp(t.Context(), desk.System, desk.Setup{Company: desk.Company{Name: "西湖茶社", Locale: "zh-CN", TimeZone: "Asia/Shanghai"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	must(t, err)
	s := &shop{Desk: d, t: t, alice: admin.Actor()}
	bo, err := d.CreateAgent(t.Context(), s.alice, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Role: desk.Crew, Password: "oolong in the hills"})
	must(t, err)
	s.bo = bo.Actor()
	s.widget = s.inbox("Shop", desk.Widget{Greeting: "你好"})
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
	e := echo.New()
	s.api = &rest.API{API: humaecho.New(e, rest.Describe("test")), Log: quiet, Translate: func(_, key string, args ...any) string { return key + fmt.Sprint(args...) }}
	New(d, s.hub, s.news, s.api, func(r *http.Request) string {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		return host
	}, l).Routes(e)
	s.api.Finish()
	server := httptest.NewServer(e)
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *shop) inbox(name string, w desk.Widget) *desk.Inbox {
	s.t.Helper()
	in, err := s.SaveInbox(s.t.Context(), s.alice, desk.SavedInbox{Channel: desk.Webchat, Name: name, Enabled: true, Settings: w})
	must(s.t, err)
	return in
}

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if a.StatusCode >= 300 {
		t.Fatalf("%s %s answered %s: %s", a.Request.Method, a.Request.URL.Path, a.Status, a.body)
	}
	must(t, json.Unmarshal(a.body, v))
}

func (s *shop) call(method, path, token, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+prefix+path, strings.NewReader(body))
	must(s.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
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
	return answer{resp, b}
}

// problem checks that an answer is a whole problem of this status and code.
func (s *shop) problem(what string, a answer, status int, code string) {
	s.t.Helper()
	var p rest.Problem
	err := json.Unmarshal(a.body, &p)
	if a.StatusCode != status || a.Header.Get("Content-Type") != "application/problem+json" || err != nil || p.Status != status || p.Title == "" || p.Detail == "" || code != "" && p.Code != code {
		s.t.Errorf("%s: answered %s %s, want problem %d %s", what, a.Status, a.body, status, code)
	}
}

func (s *shop) session(body string) Session {
	s.t.Helper()
	var out Session
	s.call("POST", "/sessions", "", body).into(s.t, &out)
	return out
}

func (s *shop) send(token, body string) wire.Message {
	s.t.Helper()
	var m wire.Message
	s.call("POST", "/messages", token, body).into(s.t, &m)
	return m
}

func (s *shop) conversation(m wire.Message) desk.ConversationID {
	s.t.Helper()
	id, err := desk.ParseID[desk.ConversationID](m.ConversationID)
	must(s.t, err)
	return id
}

func (s *shop) upload(token, name string, content []byte) answer {
	s.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	must(s.t, form.WriteField("note", "before the file"))
	part, err := form.CreateFormFile("file", name)
	must(s.t, err)
	part.Write(content)
	must(s.t, form.Close())
	req, err := http.NewRequest("POST", s.url+prefix+"/files", &b)
	must(s.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	return s.do(req)
}

// stream reads events as a browser does.
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

func (s *shop) listen(token, last string) *stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+prefix+"/stream?visitor_token="+token, nil)
	must(s.t, err)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	must(s.t, err)
	if resp.StatusCode != 200 {
		s.t.Fatalf("stream answered %s", resp.Status)
	}
	return &stream{s.t, bufio.NewScanner(resp.Body), cancel, last}
}

func (st *stream) next() event {
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
				return e
			}
			e = event{}
		}
	}
	st.t.Fatalf("stream is over: %v", st.lines.Err())
	return e
}

// message reads on to the next message.
func (st *stream) message() wire.Message {
	st.t.Helper()
	for {
		e := st.next()
		if e.name != "message.created" {
			continue
		}
		var m wire.Message
		must(st.t, json.Unmarshal(e.data, &m))
		return m
	}
}
