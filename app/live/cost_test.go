package live

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
)

// An idle stream costs less than net/http alone needs for one.
func TestIdleStreamIsCheap(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own memory would be measured")
	}
	const n = 1_000
	bare := costOf(t, n, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(200)
		fmt.Fprint(w, "id: 1\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	h := New(Config{Epoch: 1})
	ours := costOf(t, n, func(w http.ResponseWriter, r *http.Request) {
		key := r.URL.RawQuery
		_ = h.Serve(w, r, Subscription{Key: key, Topics: []string{key}, Replay: (&ledger{}).replay})
	})
	h.Close()
	noGoroutines(t)
	t.Logf("an idle stream takes %.1f kB, a bare one %.1f kB: %.2f times", ours/1000, bare/1000, ours/bare)
	if ours > bare {
		t.Errorf("an idle stream takes %.0f bytes, more than a bare one's %.0f", ours, bare)
	}
}

// costOf answers the bytes of heap and stack that each of n idle connections takes.
func costOf(t *testing.T, n int, handler http.HandlerFunc) float64 {
	s := httptest.NewServer(handler)
	conns := make([]net.Conn, n)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
		s.Close()
	}()
	before := inUse()
	for i := range conns {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = c
		fmt.Fprintf(c, "GET /?visitor-%d HTTP/1.1\r\nHost: desk\r\nAccept: text/event-stream\r\nUser-Agent: Mozilla/5.0\r\n\r\n", i)
		lines := bufio.NewReaderSize(c, 1<<10)
		for line := ""; len(line) < 4 || line[:4] != "id: "; {
			if line, err = lines.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
	}
	return float64(inUse()-before) / float64(n)
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC() // stacks shrink, pools are emptied
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
