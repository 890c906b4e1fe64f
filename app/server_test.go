package app

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
)

func openServed(t *testing.T, change func(*http.Server)) (a *App, address string) {
	t.Helper()
	a, err := New(t.Context(), Config{Data: t.TempDir(), URL: "http://desk.test"}, os.DirFS("../views"), os.DirFS("../static"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	server := a.server()
	change(server)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return a, l.Addr().String()
}

func dial(t *testing.T, address, request string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(2 * time.Minute))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	return c
}

// A form that never ends loses its line; a stream on the same server outlives the deadlines of ordinary requests.
func TestSlowRequestsEnd(t *testing.T) {
	a, address := openServed(t, func(s *http.Server) {
		if s.ReadTimeout <= 0 || s.WriteTimeout <= 0 {
			t.Errorf("a request may take for ever: read %s, write %s", s.ReadTimeout, s.WriteTimeout)
		}
		s.ReadTimeout, s.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	})
	inbox, err := a.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	if err != nil {
		t.Fatal(err)
	}
	token, customer, err := a.Desk.Enter(t.Context(), desk.System, desk.Visit{InboxID: inbox.ID})
	if err != nil {
		t.Fatal(err)
	}
	var stream *bufio.Reader
	for line := ""; line == ""; { // a machine may be too busy to begin one within the deadlines
		stream = bufio.NewReader(dial(t, address, "GET /visitor/v1/stream?visitor_token="+inbox.PublicID+"."+token+" HTTP/1.1\r\nHost: desk.test\r\n\r\n"))
		line, _ = stream.ReadString('\n')
		if line != "" && !strings.Contains(line, "200") {
			t.Fatalf("the stream: %q", line)
		}
	}
	slow := dial(t, address, "POST /login HTTP/1.1\r\nHost: desk.test\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\na=")
	if _, err := io.ReadAll(slow); err != nil {
		t.Fatalf("a form that never ends keeps its line: %v", err)
	}
	// The slow one is gone, so more than both deadlines has passed.
	if _, err := a.Desk.Receive(t.Context(), desk.AsCustomer(customer.ID), desk.Incoming{InboxID: inbox.ID, Text: "still there?"}); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatalf("the stream ended: %v", err)
		}
		if strings.Contains(line, "still there?") {
			return
		}
	}
}

// Nothing that is answered may be taken for another type than it says.
func TestNothingIsSniffed(t *testing.T) {
	_, address := openServed(t, func(*http.Server) {})
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs", "/api/v1/none", "/visitor/v1/logo", "/login", "/sw.js", "/none", "/chat/none"} {
		r, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s may be sniffed", path)
		}
	}
}

// HEAD is answered as GET is, without a body: by RFC 9110 every server does, and monitors ask so.
func TestHeadIsGetWithoutTheBody(t *testing.T) {
	_, address := openServed(t, func(*http.Server) {})
	ask := func(method, path string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r, string(body)
	}
	for _, path := range []string{"/healthz", "/readyz", "/login", "/widget.js", "/sw.js", "/conversations", "/api/v1/agents", "/none", "/chat/none"} {
		get, _ := ask(http.MethodGet, path)
		head, body := ask(http.MethodHead, path)
		if head.StatusCode != get.StatusCode || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") || head.Header.Get("Location") != get.Header.Get("Location") || body != "" {
			t.Errorf("HEAD %s: %d %s with %d bytes, GET: %d %s", path, head.StatusCode, head.Header.Get("Content-Type"), len(body), get.StatusCode, get.Header.Get("Content-Type"))
		}
	}
}
