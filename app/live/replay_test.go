package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestWhoComesBackGetsWhatItMissed(t *testing.T) {
	d := start(t, Config{})
	r := d.listen(t, "key=a&topic=x")
	d.publish(t, "message.created", 1, "x")
	r.next()
	r.cancel()
	eventually(t, "the stream is over", func() bool { return d.Streams() == 0 })
	for n := range 40 {
		d.publish(t, "message.created", n, "x")
	}
	r = d.open(t, "key=a&topic=x", r.last)
	for n := range 40 {
		if got, want := r.next(), (seen{wire(int64(n + 2)), "message.created", strconv.Itoa(n)}); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	d.publish(t, "message.created", "live", "x")
	if got := r.next(); got.id != wire(42) {
		t.Errorf("after the replay got %v", got)
	}
}

// A client that has had no event yet still knows where it began.
func TestTheBeginningHasAnID(t *testing.T) {
	d := start(t, Config{})
	d.publish(t, "message.created", 1, "x")
	r := d.listen(t, "key=a&topic=x")
	if r.last != wire(1) {
		t.Fatalf("began with id %q, want %q", r.last, wire(1))
	}
	r.cancel()
	d.publish(t, "message.created", 2, "x")
	if got := d.open(t, "key=a&topic=x", r.last).next(); got.id != wire(2) {
		t.Errorf("got %v, want event 2", got)
	}
}

func TestWhoIsTooFarBehindIsReset(t *testing.T) {
	d := start(t, Config{MaxReplay: 10})
	for range 20 {
		d.publish(t, "message.created", 1, "x")
	}
	for what, last := range map[string]string{
		"more than MaxReplay events":   wire(1),
		"an epoch that is over":        strconv.FormatInt(EventID(2, 19), 10),
		"an epoch that never was":      strconv.FormatInt(EventID(4, 19), 10),
		"an event that is not there":   wire(21),
		"no number":                    "abc",
		"a negative number":            "-5",
		"a number that is too large":   "99999999999999999999",
		"a plain event number":         "19",
		"someone who sends two fields": "1\t2",
	} {
		r := d.open(t, "key=a&topic=x", last)
		var got seen
		for n := 0; got.name != "reset" && n < 12; n++ {
			got = r.next()
		}
		if want := (seen{wire(20), "reset", "{}"}); got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
		r.cancel()
	}
	r := d.open(t, "key=a&topic=x", wire(2))
	for ; r.last != wire(20); r.next() {
	}
	d.publish(t, "message.created", 1, "x")
	if got := r.next(); got.id != wire(21) {
		t.Errorf("after the reset got %v, want event 21", got)
	}
}

// The writer commits and publishes while clients come, read a little and leave:
// whatever the moment, each sees every event once and in order.
func TestReplayAndLiveMeet(t *testing.T) {
	const events, clients = 4_000, 12
	d := start(t, Config{})
	first := d.publish(t, "message.created", 0, "x")
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(n), 7))
			last, connects := wire(first.ID), 0
			for at := first.ID; at < events; connects++ {
				r, err := d.try(t, fmt.Sprintf("key=c%d&topic=x", n), last)
				if err != nil {
					continue // cut at once: more was published meanwhile than is held for one
				}
				for some := rng.IntN(120); some >= 0 && at < events; some-- {
					s, err := r.block()
					if err != nil {
						break // cut: comes back
					}
					if s.data == "" {
						continue
					}
					if s.id != wire(at+1) {
						t.Errorf("client %d got id %s (%s), want that of %d", n, s.id, s.name, at+1)
						return
					}
					at++
				}
				last = r.last
				r.cancel()
			}
			if connects < 3 {
				t.Errorf("client %d connected %d times only", n, connects)
			}
		})
	}
	for n := 1; n < events; n++ {
		d.publish(t, "message.created", n, "x")
	}
	wg.Wait()
}

// A replay that fails ends the connection; nothing is skipped.
func TestReplayThatFails(t *testing.T) {
	var log bytes.Buffer
	h := New(Config{Epoch: 3, Log: slog.New(slog.NewTextHandler(&log, nil)), Head: func(context.Context) (int64, error) { return 5, nil }})
	defer noGoroutines(t)
	defer h.Close()
	for logged, replay := range map[string]func(context.Context, int64, func(Event) error) error{
		"disk I/O error":      func(context.Context, int64, func(Event) error) error { return errors.New("disk I/O error") },
		"panic: out of range": func(context.Context, int64, func(Event) error) error { panic("out of range") },
		"event 1 after 1":     func(_ context.Context, _ int64, emit func(Event) error) error { return emit(Event{ID: 1, Name: "a"}) },
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if err := h.Serve(w, r, Subscription{Key: "a", After: EventID(3, 1), Replay: replay}); err != nil {
			t.Errorf("%s: %v", logged, err)
		}
		if w.Body.Len() > 0 {
			t.Errorf("%s: wrote %q", logged, w.Body)
		}
		if !strings.Contains(log.String(), logged) {
			t.Errorf("%s: log has %q", logged, log.String())
		}
	}
}

// Who lost his right while the stream was being opened gets nothing.
func TestStillIsAskedWhenTheStreamStands(t *testing.T) {
	h := New(Config{})
	defer noGoroutines(t)
	defer h.Close()
	w, stood := httptest.NewRecorder(), false
	err := h.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), Subscription{Key: "a", Topics: []string{"x"}, Still: func(context.Context) (bool, error) {
		stood = h.Connected("a") == 1
		return false, nil
	}})
	if err != nil || !stood || w.Body.Len() > 0 {
		t.Errorf("stood %v, wrote %q, %v", stood, w.Body, err)
	}
}

func TestEventID(t *testing.T) {
	for _, at := range [][2]int64{{1, 1}, {1, 1<<40 - 1}, {2, 0}, {8191, 1<<40 - 1}} {
		if e, pk := Split(EventID(at[0], at[1])); e != at[0] || pk != at[1] {
			t.Errorf("EventID(%v) came back as %d, %d", at, e, pk)
		}
	}
	if EventID(2, 1) <= EventID(1, 1<<40-1) {
		t.Error("a new epoch does not grow the id")
	}
	if EventID(8191, 1<<40-1) > 1<<53 {
		t.Error("JavaScript would round the id")
	}
}
