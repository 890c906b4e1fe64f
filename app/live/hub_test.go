package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestEachListenerGetsItsTopicsOnce(t *testing.T) {
	d := start(t, Config{})
	one := d.listen(t, "key=a&topic=conversation-1")
	both := d.listen(t, "key=b&topic=conversation-1,inbox")

	first := d.publish(t, "message.created", map[string]int{"n": 1}, "conversation-1", "inbox")
	if err := d.Publish(first, "conversation-1", "inbox"); err != nil { // a follower may repeat itself
		t.Fatal(err)
	}
	d.publish(t, "conversation.created", map[string]int{"n": 2}, "inbox")
	d.publish(t, "message.created", map[string]int{"n": 3}, "conversation-1")

	for _, want := range []seen{{wire(1), "message.created", `{"n":1}`}, {wire(3), "message.created", `{"n":3}`}} {
		if got := one.next(); got != want {
			t.Errorf("one topic got %v, want %v", got, want)
		}
	}
	for n := range 3 {
		if got := both.next(); got.id != wire(int64(n+1)) {
			t.Errorf("two topics got %v, want id of %d", got, n+1)
		}
	}
}

func TestHeaders(t *testing.T) {
	d := start(t, Config{})
	r := d.listen(t, "key=a&topic=x")
	for name, want := range map[string]string{"X-Accel-Buffering": "no", "Cache-Control": "no-store, no-transform", "Content-Encoding": ""} {
		if got := r.resp.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSlowReaderIsCutAndNobodyElseNotices(t *testing.T) {
	const events = 5_000
	d := start(t, Config{WriteTimeout: time.Minute}) // so that a busy machine is not taken for a slow reader
	healthy := d.listen(t, "key=healthy&topic=x")
	d.stuck(t, "key=slow&topic=x")

	body := strings.Repeat("x", 1000)
	var longest time.Duration
	for n := 1; n <= events; n++ {
		began := time.Now()
		d.publish(t, "message.created", body, "x")
		longest = max(longest, time.Since(began))
		if n%250 > 0 {
			continue
		}
		for last := n - 249; last <= n; last++ {
			if got := healthy.next(); got.id != wire(int64(last)) {
				t.Fatalf("healthy reader got id %s, want that of %d", got.id, last)
			}
		}
	}
	eventually(t, "the slow one is cut", func() bool { return d.Connected("slow") == 0 })
	if d.Connected("healthy") != 1 || d.Streams() != 1 {
		t.Errorf("%d streams are open, want the healthy one", d.Streams())
	}
	t.Logf("longest Publish %v", longest)
	if longest > d.cfg.WriteTimeout/2 {
		t.Errorf("Publish waited %v", longest)
	}
}

// Who does not read is cut when the network has not taken an event for so long, however few there are.
func TestStuckReaderIsCutByTime(t *testing.T) {
	d := start(t, Config{WriteTimeout: 50 * time.Millisecond})
	d.stuck(t, "key=stuck&topic=x")
	for range 100 {
		d.publish(t, "message.created", strings.Repeat("x", 10_000), "x")
	}
	eventually(t, "it is cut", func() bool { return d.Streams() == 0 })
}

// A burst that is larger than all of r3labs' buffers must not end streams.
func TestBurstIsHeldForHealthyReaders(t *testing.T) {
	d := start(t, Config{})
	r := d.listen(t, "key=a&topic=x")
	for range 500 {
		d.publish(t, "ticket.updated", 1, "x")
	}
	for n := range 500 {
		if got := r.next(); got.id != wire(int64(n+1)) {
			t.Fatalf("got id %s, want that of %d", got.id, n+1)
		}
	}
}

func TestSignalsHaveNoID(t *testing.T) {
	d := start(t, Config{})
	r := d.listen(t, "key=a&topic=x")
	d.publish(t, "message.created", 1, "x")
	if err := d.Signal("x", "typing", map[string]bool{"on": true}); err != nil {
		t.Fatal(err)
	}
	r.next()
	if got, want := r.next(), (seen{"", "typing", `{"on":true}`}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if r.last != wire(1) {
		t.Errorf("after a signal the client would come back with %q, want %q", r.last, wire(1))
	}
}

func TestSignalToSeveralTopicsComesOnce(t *testing.T) {
	d := start(t, Config{})
	r := d.listen(t, "key=a&topic=x,y")
	if err := d.SignalAll([]string{"x", "y"}, "typing", 1); err != nil {
		t.Fatal(err)
	}
	d.publish(t, "message.created", 2, "x")
	if got := r.next(); got.name != "typing" {
		t.Errorf("got %v, want typing", got)
	}
	if got := r.next(); got.name != "message.created" {
		t.Errorf("got %v, want the message", got)
	}
}

func TestNothingCanBeInjected(t *testing.T) {
	d := start(t, Config{})
	r := d.listen(t, "key=a&topic=x")
	for _, text := range []string{"a\nevent: evil\n\nid: 9\ndata: b", "a\r\rdata: b", "\u2028\u2029\u0085", "\x00: x\n\n"} {
		d.publish(t, "message.created", map[string]string{"text": text}, "x")
		var back struct{ Text string }
		if got := r.next(); got.name != "message.created" || json.Unmarshal([]byte(got.data), &back) != nil || back.Text != text {
			t.Errorf("%q arrived as %v", text, got)
		}
	}
	d.publish(t, "message.created", json.RawMessage("{\n\"a\"\r\n:\n1}"), "x")
	if got := r.next(); got.data != `{"a":1}` {
		t.Errorf("raw JSON arrived as %q", got.data)
	}
	for _, name := range []string{"", "a\nid: 9", "a b", "ä", "data:", strings.Repeat("a", 65)} {
		if d.Publish(Event{ID: 99, Name: name}, "x") == nil || d.Signal("x", name, 1) == nil {
			t.Errorf("event name %q was taken", name)
		}
	}
	for _, data := range []any{json.RawMessage("{"), json.RawMessage("{}\n\nid: 9"), func() {}} {
		if d.Publish(Event{ID: 99, Name: "a", Data: data}, "x") == nil {
			t.Errorf("%v was taken", data)
		}
	}
	if d.Publish(Event{Name: "a"}, "x") == nil {
		t.Error("an event without an id was published")
	}
}

func TestHeartbeat(t *testing.T) {
	d := start(t, Config{Heartbeat: 18 * time.Millisecond})
	r := d.listen(t, "key=a&topic=x")
	for range 3 {
		if s, err := r.block(); err != nil || s != (seen{name: ": hb"}) {
			t.Fatalf("got %v, %v, want a comment", s, err)
		}
	}
	d.publish(t, "message.created", 1, "x")
	if got := r.next(); got.id != wire(1) {
		t.Errorf("after heartbeats got %v", got)
	}
}

func TestOneTooManyEndsTheOldest(t *testing.T) {
	d := start(t, Config{MaxStreams: 4})
	first := d.listen(t, "key=a&topic=x&per_key=2")
	d.listen(t, "key=a&topic=x&per_key=2")
	d.listen(t, "key=a&topic=x&per_key=2")
	if _, err := first.block(); err == nil {
		t.Error("the oldest stream goes on")
	}
	if n := d.Connected("a"); n != 2 {
		t.Errorf("key has %d streams, want 2", n)
	}
	d.listen(t, "key=b&topic=x")
	d.listen(t, "key=c&topic=x")
	resp, err := http.Get(d.url + "/?key=d&topic=x")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the fifth of four streams answered %s", resp.Status)
	}
}

// Guests, of however many sources, leave room for those who are none; one source of guests leaves room for others; and who is known comes back.
func TestGuestsLeaveRoom(t *testing.T) {
	d := start(t, Config{MaxStreams: 40})
	answers := func(query string, want int) {
		t.Helper()
		resp, err := http.Get(d.url + "/?" + query)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s answered %s", query, resp.Status)
		}
	}
	for source := range 9 {
		for n := range 4 {
			d.listen(t, fmt.Sprintf("guest&source=s%d&key=g%d-%d&topic=x", source, source, n))
		}
		answers(fmt.Sprintf("guest&source=s%d&key=more&topic=x", source), http.StatusServiceUnavailable)
	}
	answers("guest&source=other&key=other&topic=x", http.StatusServiceUnavailable)
	answers("guest&key=here&topic=x", http.StatusServiceUnavailable)
	back := d.listen(t, "guest&source=s3&key=g3-1&topic=x")
	for n := range 4 {
		d.listen(t, fmt.Sprintf("key=agent-%d&topic=x", n))
	}
	answers("key=agent-9&topic=x", http.StatusServiceUnavailable)
	d.publish(t, "message.created", 1, "x")
	if got := back.next(); got.id != wire(1) {
		t.Errorf("who came back got %v", got)
	}
	d.Cut("g0-0")
	eventually(t, "its place is free", func() bool { return d.Streams() == 39 })
	d.listen(t, "guest&source=s0&key=new&topic=x")
}

func TestCutEndsAKeysStreams(t *testing.T) {
	d := start(t, Config{})
	mine := d.listen(t, "key=a&topic=x")
	other := d.listen(t, "key=b&topic=x")
	d.Cut("a")
	if _, err := mine.block(); err == nil {
		t.Error("stream goes on after Cut")
	}
	eventually(t, "the stream is forgotten", func() bool { return d.Connected("a") == 0 })
	d.publish(t, "message.created", 1, "x")
	other.next()
}

// Where the connection cannot be taken over, all is as where it can; and the
// client that goes away ends the stream.
func TestStreamOnAConnectionThatIsKept(t *testing.T) {
	d := start(t, Config{})
	r := d.listen(t, "key=a&topic=x&kept=")
	e := d.publish(t, "message.created", "hello", "x")
	if got := r.next(); got.id != wire(e.ID) || got.data != `"hello"` {
		t.Errorf("got %v", got)
	}
	r.cancel()
	eventually(t, "the stream is over", func() bool { return d.Streams() == 0 })
	r = d.listen(t, "key=a&topic=x&kept=")
	d.Cut("a")
	if _, err := r.block(); err == nil {
		t.Error("stream goes on after Cut")
	}
}

// A stream leaves no write deadline on a connection that serves on.
func TestConnectionServesOnAfterAStream(t *testing.T) {
	d := start(t, Config{WriteTimeout: 250 * time.Millisecond})
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	resp, err := client.Get(d.url + "/?key=a&topic=x&kept=")
	if err != nil {
		t.Fatal(err)
	}
	d.Cut("a")
	buf := make([]byte, 1<<10)
	for err == nil {
		_, err = resp.Body.Read(buf)
	}
	resp.Body.Close()
	if resp, err = client.Get(d.url + "/later"); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

func TestCloseEndsEverythingAtOnce(t *testing.T) {
	d := start(t, Config{WriteTimeout: time.Minute}) // so that a busy machine is not taken for waiting
	var readers []*reader
	for n := range 20 {
		readers = append(readers, d.listen(t, "topic=x&key="+strconv.Itoa(n)))
	}
	d.stuck(t, "key=stuck&topic=y")
	for range 300 {
		d.publish(t, "message.created", strings.Repeat("x", 10_000), "y")
	}
	began := time.Now()
	d.Hub.Close()
	d.Hub.Close()
	if n := d.Streams(); n != 0 {
		t.Errorf("%d streams are open after Close", n)
	}
	if took := time.Since(began); took > d.cfg.WriteTimeout/2 { // the stuck one is not waited for
		t.Errorf("streams took %v to end", took)
	}
	for _, r := range readers {
		for {
			if _, err := r.block(); err != nil {
				break
			}
		}
	}
	resp, err := http.Get(d.url + "/?key=late&topic=x")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a closed hub answered %s", resp.Status)
	}
}

func TestPresenceTellsFirstAndLast(t *testing.T) {
	told := make(chan string, 10)
	d := start(t, Config{Presence: func(key string, on bool) { told <- fmt.Sprint(key, " ", on) }})
	first := d.listen(t, "key=agent-1&topic=x")
	if got := <-told; got != "agent-1 true" {
		t.Errorf("told %q", got)
	}
	second := d.listen(t, "key=agent-1&topic=x")
	first.cancel()
	eventually(t, "the first is over", func() bool { return d.Streams() == 1 })
	second.cancel()
	if got := <-told; got != "agent-1 false" {
		t.Errorf("told %q", got)
	}
	select {
	case got := <-told:
		t.Errorf("also told %q", got)
	default:
	}
}
