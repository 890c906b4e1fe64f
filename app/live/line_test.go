package live

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Over HTTP/2 other requests share the connection: it stays, without our deadline.
func TestStreamOverHTTP2(t *testing.T) {
	d := start(t, Config{WriteTimeout: 250 * time.Millisecond})
	s := httptest.NewUnstartedServer(http.HandlerFunc(d.handle))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	client := s.Client()
	resp, err := client.Get(s.URL + "/?key=a&topic=x")
	if err != nil {
		t.Fatal(err)
	}
	if resp.ProtoMajor != 2 || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("X-Accel-Buffering") != "no" {
		t.Errorf("the stream came over %s with %v", resp.Proto, resp.Header)
	}
	r := &reader{t: t, resp: resp, lines: bufio.NewScanner(resp.Body), cancel: func() { resp.Body.Close() }}
	for r.last == "" {
		if _, err := r.block(); err != nil {
			t.Fatal(err)
		}
	}
	d.publish(t, "message.created", 1, "x")
	if got := r.next(); got.id != wire(1) {
		t.Errorf("got %v", got)
	}
	later, err := client.Get(s.URL + "/later")
	if err != nil {
		t.Fatal(err)
	}
	later.Body.Close()
	d.publish(t, "message.created", 2, "x")
	if got := r.next(); got.id != wire(2) {
		t.Errorf("got %v", got)
	}
	d.Cut("a")
	if _, err := r.block(); err == nil {
		t.Error("stream goes on after Cut")
	}
	resp.Body.Close()
	again, err := client.Get(s.URL + "/?key=a&topic=x")
	if err != nil {
		t.Fatal(err)
	}
	again.Body.Close()
	eventually(t, "the stream is over", func() bool { return d.Streams() == 0 })
}

// What the caller has set is in the header, and no line end gets out of a value.
func TestHeadersOfTheCallerAreSent(t *testing.T) {
	h := New(Config{})
	defer h.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("X-Name", "a\r\nSet-Cookie: b=1")
		_ = h.Serve(w, r, Subscription{Key: "a"})
	}))
	defer s.Close()
	resp, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" || resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("Date") == "" || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("header %v", resp.Header)
	}
}

// A client that says more than it should is not listened to, and its stream goes on.
func TestClientThatTalks(t *testing.T) {
	d := start(t, Config{})
	c, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /?key=a&topic=x HTTP/1.1\r\nHost: desk\r\n\r\n")
	lines := bufio.NewScanner(c)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "id: ") {
	}
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: desk\r\n\r\n%s", strings.Repeat("x", 10_000))
	d.publish(t, "message.created", 1, "x")
	for lines.Scan() && lines.Text() != "event: message.created" {
	}
	if err := lines.Err(); err != nil || lines.Text() == "" {
		t.Errorf("the stream ended: %v", err)
	}
}
