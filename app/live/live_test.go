package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// ledger is an event log as the tests need it: what is in it is committed.
type ledger struct {
	mu   sync.Mutex
	rows []Event
}

func (l *ledger) add(name string, data any) Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := Event{ID: int64(len(l.rows) + 1), Name: name, Data: data}
	l.rows = append(l.rows, e)
	return e
}

func (l *ledger) head(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.rows)), nil
}

func (l *ledger) replay(_ context.Context, after int64, emit func(Event) error) error {
	l.mu.Lock()
	rows := l.rows[after:]
	l.mu.Unlock()
	for _, e := range rows {
		if err := emit(e); err != nil {
			return err
		}
	}
	return nil
}

// desk is a hub behind a real server; ?key= and ?topic= say what to listen to.
type desk struct {
	*Hub
	*ledger
	url    string
	server *httptest.Server
}

func start(t testing.TB, cfg Config) *desk {
	t.Helper()
	d := &desk{ledger: &ledger{}}
	cfg.Head = d.ledger.head
	if cfg.Epoch == 0 {
		cfg.Epoch = 3
	}
	d.Hub = New(cfg)
	d.server = httptest.NewUnstartedServer(http.HandlerFunc(d.handle))
	d.server.Listener = smallBuffers{d.server.Listener}
	d.server.Start()
	d.url = d.server.URL
	t.Cleanup(func() {
		d.Hub.Close()
		d.server.Close()
		noGoroutines(t)
	})
	return d
}

func (d *desk) handle(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/later" { // an ordinary request that takes longer than a stream's write may
		<-time.After(2 * d.cfg.WriteTimeout)
		fmt.Fprint(w, "still here")
		return
	}
	q := r.URL.Query()
	key := q.Get("key")
	perKey, _ := strconv.Atoi(q.Get("per_key"))
	if q.Has("kept") {
		w = kept{w}
	}
	err := d.Serve(w, r, Subscription{
		Key: key, PerKey: perKey, Guest: q.Has("guest"), Source: q.Get("source"), Topics: strings.Split(q.Get("topic"), ","),
		After: LastEventID(r), Replay: d.replay,
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
}

// kept cannot be taken over, as over HTTP/2.
type kept struct{ w http.ResponseWriter }

func (k kept) Header() http.Header         { return k.w.Header() }
func (k kept) Write(p []byte) (int, error) { return k.w.Write(p) }
func (k kept) WriteHeader(status int)      { k.w.WriteHeader(status) }
func (k kept) Flush()                      { k.w.(http.Flusher).Flush() }
func (k kept) SetWriteDeadline(at time.Time) error {
	return http.NewResponseController(k.w).SetWriteDeadline(at)
}

// smallBuffers keeps the kernel from hiding a slow reader.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tc, ok := c.(*net.TCPConn); ok {
		_ = tc.SetWriteBuffer(4 << 10)
	}
	return c, err
}

// noGoroutines fails if one of ours or of r3labs is left after a while.
func noGoroutines(t testing.TB) {
	t.Helper()
	var left string
	eventually(t, "every goroutine has ended", func() bool {
		buf := make([]byte, 4<<20)
		stacks := string(buf[:runtime.Stack(buf, true)])
		left = ""
		for _, g := range strings.Split(stacks, "\n\n")[1:] {
			if strings.Contains(g, "r3labs/sse") || strings.Contains(g, "live.(*Hub)") || strings.Contains(g, "live.(*presence)") {
				left = g
				return false
			}
		}
		return true
	}, func() string { return left })
}

func eventually(t testing.TB, what string, ok func() bool, more ...func() string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			for _, m := range more {
				what += "\n" + m()
			}
			t.Fatalf("never came true: %s", what)
		}
		runtime.Gosched()
		<-time.After(time.Millisecond)
	}
}

// reader is a client that understands the wire as a browser does.
type reader struct {
	t      testing.TB
	resp   *http.Response
	lines  *bufio.Scanner
	cancel context.CancelFunc
	last   string // last event id, as EventSource keeps it
}

type seen struct{ id, name, data string }

func (d *desk) open(t testing.TB, query, last string) *reader {
	t.Helper()
	r, err := d.try(t, query, last)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// try is open for those who may be cut before the first byte.
func (d *desk) try(t testing.TB, query, last string) (*reader, error) {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, "GET", d.url+"/?"+query, nil)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream answered %s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	r := &reader{t: t, resp: resp, lines: bufio.NewScanner(resp.Body), cancel: cancel, last: last}
	r.lines.Buffer(nil, 1<<20)
	return r, nil
}

// listen opens and reads the first id, so that the subscription surely stands.
func (d *desk) listen(t testing.TB, query string) *reader {
	t.Helper()
	r := d.open(t, query, "")
	for r.last == "" {
		if _, err := r.block(); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// stuck is a client that reads how its stream begins, so that it surely stands, and never again.
func (d *desk) stuck(t testing.TB, query string) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(c, "GET /?%s HTTP/1.1\r\nHost: desk\r\n\r\n", query)
	begins, buf := "", make([]byte, 1<<10)
	for !strings.Contains(begins, "\nid: ") {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		begins += string(buf[:n])
	}
}

var errOver = errors.New("stream is over")

// block reads to the next blank line; an event without data has no name.
func (r *reader) block() (seen, error) {
	var s seen
	for r.lines.Scan() {
		field, value, _ := strings.Cut(r.lines.Text(), ": ")
		switch field {
		case "id":
			r.last, s.id = value, value
		case "data":
			if s.data != "" {
				r.t.Errorf("second data line %q", value)
			}
			s.data = value
		case "event":
			s.name = value
		case "":
			if r.lines.Text() == "" {
				return s, nil
			}
			s.name = r.lines.Text() // a comment
		}
	}
	return s, errOver
}

// next reads the next event.
func (r *reader) next() seen {
	r.t.Helper()
	for {
		s, err := r.block()
		if err != nil {
			r.t.Fatal(err)
		}
		if s.data != "" {
			return s
		}
	}
}

func wire(pk int64) string { return strconv.FormatInt(EventID(3, pk), 10) }

func (d *desk) publish(t testing.TB, name string, data any, topics ...string) Event {
	t.Helper()
	e := d.add(name, data)
	if err := d.Publish(e, topics...); err != nil {
		t.Fatal(err)
	}
	return e
}
