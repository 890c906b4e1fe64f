package journey

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskbell/app"
	"deskbell/app/desk"
)

// house is a whole Deskbell behind a line that can be cut, and a shop on another site that carries its widget.
type house struct {
	*app.App
	t      testing.TB
	url    string // the desk, on 127.0.0.1
	shop   string // the shop, on 127.0.0.2: another site, as trustworthy
	widget *desk.Inbox
	alice  desk.Actor // admin
	bo     desk.Actor // crew

	server  *httptest.Server
	isCut   atomic.Bool
	meeting atomic.Pointer[meeting]
	late    atomic.Pointer[late]
	wall    atomic.Bool  // something between refuses what visitors write
	asked   atomic.Int64 // requests that reached the desk from a page of another site
}

const password = "longjing before rain"

// open serves a desk and a shop that carries its widget, for browsers.
func open(t *testing.T) *house {
	t.Helper()
	if _, err := os.Stat("../../static/dist/manifest.json"); err != nil {
		t.Skip("the front end is not built: make assets")
	}
	h := begin(t, app.Config{})
	h.embed()
	return h
}

// begin serves a desk; c says what is to be otherwise than usual.
func begin(t *testing.T, c app.Config) *house {
	t.Helper()
	h := &house{t: t}
	h.server = httptest.NewUnstartedServer(http.HandlerFunc(h.serve))
	listen(t, h.server, "127.0.0.1")
	h.url = "http://" + h.server.Listener.Addr().String()
	c.Data, c.Listen, c.URL = t.TempDir(), h.server.Listener.Addr().String(), h.url
	var err error
	h.App, err = app.New(t.Context(), c, os.DirFS("../../views"), os.DirFS("../../static"))
	must(t, err)
	h.Desk.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	_, err = h.Desk.SetUp(t.Context(), desk.System, desk.Setup{Company: desk.Company{Name: "Deskbell", Locale: "en", TimeZone: "UTC"}, Name: "Admin", Email: "alice@tea.example", Password: password})
	must(t, err)
	must(t, h.Start())
	h.server.Start()
	t.Cleanup(func() {
		must(t, h.Close())
		h.server.Close()
	})
	h.people()
	return h
}

func (h *house) people() {
	agents, err := h.Desk.Agents(h.t.Context(), desk.System)
	must(h.t, err)
	h.alice = agents[0].Actor()
	bo, err := h.Desk.CreateAgent(h.t.Context(), h.alice, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Role: desk.Crew, Password: password})
	must(h.t, err)
	h.bo = bo.Actor()
	h.widget, err = h.Desk.SaveInbox(h.t.Context(), h.alice, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{Greeting: "Welcome! 欢迎", ShowTyping: true}})
	must(h.t, err)
}

// embed serves the shop: as strict a page as there is, which allows the desk in script-src and frame-src and nothing else.
func (h *house) embed() {
	shop := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src %[1]s; frame-src %[1]s; require-trusted-types-for 'script'", h.url))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		id := ""
		if r.URL.Query().Has("id") { // as admin mode writes the snippet today
			id = "?id=" + h.widget.PublicID
		}
		fmt.Fprintf(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title><h1>Tea</h1>%s<script async src="%s/widget.js%s" data-widget="%s"></script></html>`, strings.Repeat("<p>Tea</p>", 100), h.url, id, h.widget.PublicID)
	}))
	listen(h.t, shop, "127.0.0.2")
	shop.Start()
	h.t.Cleanup(shop.Close)
	h.shop = shop.URL
}

func listen(t testing.TB, s *httptest.Server, host string) {
	t.Helper()
	must(t, s.Listener.Close())
	l, err := net.Listen("tcp4", host+":0")
	must(t, err)
	s.Listener = &lines{Listener: l, open: map[net.Conn]bool{}}
}

// lines can close all connections, also those of streams, which httptest loses sight of.
type lines struct {
	net.Listener
	mu   sync.Mutex
	open map[net.Conn]bool
}

func (l *lines) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.open[c] = true
	}
	return c, err
}

func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.Close()
	}
	clear(l.open)
}

func (h *house) serve(w http.ResponseWriter, r *http.Request) {
	if h.isCut.Load() {
		panic(http.ErrAbortHandler)
	}
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		h.asked.Add(1)
	}
	if h.wall.Load() && r.Method == http.MethodPost && r.URL.Path == "/visitor/v1/messages" {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	if m := h.meeting.Load(); m != nil && strings.HasSuffix(r.URL.Path, m.path) {
		if m.people.Add(-1) >= 0 {
			m.Done()
		}
		m.Wait()
	}
	l := h.late.Load()
	if l == nil || !strings.HasSuffix(r.URL.Path, l.path) {
		h.Handler().ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	h.Handler().ServeHTTP(rec, r)
	if rec.Code == l.code {
		l.told.Do(func() { close(l.made) })
		<-l.gone
	}
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	w.Write(rec.Body.Bytes())
}

// late is an answer that is made, and stays on the way for a while.
type late struct {
	path       string
	code       int
	told       sync.Once
	made, gone chan struct{}
}

// delay keeps answers with a status at a path that ends so on their way, until let is called; made is closed when the first of them is.
func (h *house) delay(path string, code int) (made <-chan struct{}, let func()) {
	l := &late{path: path, code: code, made: make(chan struct{}), gone: make(chan struct{})}
	h.late.Store(l)
	let = sync.OnceFunc(func() { h.late.Store(nil); close(l.gone) })
	h.t.Cleanup(let)
	return l.made, let
}

// meeting is where requests wait for each other.
type meeting struct {
	sync.WaitGroup
	path   string
	people atomic.Int64 // who are not there yet
}

// together has requests to a path that ends so wait until so many have come, and then go on at the same instant.
func (h *house) together(path string, people int) {
	m := &meeting{path: path}
	m.Add(people)
	m.people.Store(int64(people))
	h.meeting.Store(m)
}

// cut ends all connections and lets no request through; mend lets them through again.
func (h *house) cut()  { h.isCut.Store(true); h.server.Listener.(*lines).cut() }
func (h *house) mend() { h.isCut.Store(false) }

// conversation is the one chat that there is.
func (h *house) conversation() desk.ConversationID {
	h.t.Helper()
	list, _, err := h.Desk.Conversations(h.t.Context(), h.alice, desk.ConversationList{Kind: "chat", View: "all", Limit: 10})
	must(h.t, err)
	if len(list) != 1 {
		h.t.Fatalf("%d chats, want 1", len(list))
	}
	return list[0].ID
}

// said lists the texts of a conversation as an agent reads them, without the lines of what happened.
func (h *house) said(id desk.ConversationID) []string {
	h.t.Helper()
	list, _, err := h.Desk.Messages(h.t.Context(), h.alice, id, desk.MessageList{Limit: 200})
	must(h.t, err)
	var texts []string
	for _, m := range list {
		if !m.IsEvent() && m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func (h *house) reply(by desk.Actor, id desk.ConversationID, d desk.Draft) {
	h.t.Helper()
	_, err := h.Desk.Reply(h.t.Context(), by, id, d)
	must(h.t, err)
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came true: %s", what)
		}
	}
}
