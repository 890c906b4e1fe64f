// Package live carries what happens to those who are looking: Server-Sent
// Events for the console, the widget and the API.
//
// It promises that an event reaches each connection once and in order, also
// across a lost line (Last-Event-ID is answered from the event log); that
// publishing never waits for a reader; that a reader who does not read is cut
// and nobody else notices; and that its memory is bounded whatever clients do.
//
// Events have an id, are stored, and are published by whoever follows the event
// log, in its order. Signals (typing, presence) have none, are stored nowhere
// and may be dropped.
//
// Layout: hub.go holds the connections and publishes, conn.go is one connection
// from its request to its end, line.go takes its connection over from net/http,
// writer.go is what r3labs/sse writes to, event.go
// has ids and the form on the wire, beat.go keeps quiet streams alive, presence.go
// tells who is connected.
//
// r3labs/sse writes the streams. Used as it comes, one slow reader blocks all
// others, the log it keeps grows for ever, and clients can make streams; so each
// connection has a stream of its own under a random name that never leaves this
// process, nothing but TryPublish is called, and connections end by their
// context only (RemoveStream before that would leak a goroutine).
package live

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/r3labs/sse/v2"
)

// Reasons for Serve to refuse a connection. Nothing was written then.
var (
	ErrFull   = errors.New("live: all streams are taken") // answer 503 with Retry-After
	ErrClosed = errors.New("live: hub is closed")         // answer 503
)

// Config of a Hub. The zero value of each field means its default.
type Config struct {
	// Epoch is the upper part of the ids on the wire; a restore of the data
	// raises it, so that ids of a lost future are told from those of the present.
	Epoch int64
	// Head answers the newest event's primary key. By default it is the newest
	// that was published here, which is right only when nothing came before.
	Head func(context.Context) (int64, error)
	// Presence is told when the first stream of a key opens and the last closes:
	// in order for one key, changes that cancel out left out, never at the same
	// time. It may block; streams do not wait for it.
	Presence func(key string, connected bool)

	MaxStreams   int           // open at once; 20,000
	MaxReplay    int           // events sent again to one that comes back; 2,000
	MaxHeld      int           // events that wait for one connection; 512
	Heartbeat    time.Duration // between comment lines; 18 s (20 are promised)
	WriteTimeout time.Duration // for one event to be taken by the network; 10 s
	Log          *slog.Logger
}

func (c Config) withDefaults() Config {
	set := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	set(&c.MaxStreams, 20_000)
	set(&c.MaxReplay, 2_000)
	set(&c.MaxHeld, 512)
	if c.Heartbeat == 0 {
		c.Heartbeat = 18 * time.Second
	}
	if c.WriteTimeout == 0 {
		c.WriteTimeout = 10 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

const (
	keptShare   = 10 // a tenth of the streams is for those who are no guests: strangers never keep the agents out
	sourceShare = 10 // and one source of guests has at most a tenth of them
)

// Hub knows every open stream and the topics it listens to.
type Hub struct {
	cfg      Config
	sse      *sse.Server
	presence *presence
	stop     chan struct{}  // ends the heartbeat
	done     sync.WaitGroup // the heartbeat and every stream

	mu     sync.RWMutex
	closed bool
	newest int64 // published, for Config.Head's default
	total  int
	guests int            // of the total
	of     map[string]int // of the guests, by source
	seq    int
	topics map[string]map[*conn]struct{}
	keys   map[string][]*conn // oldest first
	beats  [beatSlots]map[*conn]struct{}
}

// New starts a hub. Close ends it.
func New(cfg Config) *Hub {
	cfg = cfg.withDefaults()
	s := sse.New()
	s.AutoReplay = false
	s.AutoStream = false
	s.BufferSize = 8
	s.Headers = map[string]string{"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
	h := &Hub{
		cfg:    cfg,
		sse:    s,
		stop:   make(chan struct{}),
		topics: map[string]map[*conn]struct{}{},
		keys:   map[string][]*conn{},
		of:     map[string]int{},
	}
	for i := range h.beats {
		h.beats[i] = map[*conn]struct{}{}
	}
	h.presence = newPresence(cfg.Presence)
	h.done.Go(h.beat)
	return h
}

// Publish gives an event to every connection that listens to one of the topics;
// to each once, and to none that has had it (or a newer one) before. It never
// waits. Events must come in the order of their ids, so call it from one place:
// a follower of the event log, which sees committed events only. Where audiences
// see different things of one event, publish it once for each.
func (h *Hub) Publish(e Event, topics ...string) error {
	if e.ID <= 0 {
		return errors.New("live: an event needs an id; use Signal for what is not stored")
	}
	ev, err := e.encode(h.cfg.Epoch)
	if err != nil {
		return err
	}
	h.mu.Lock()
	h.newest = max(h.newest, e.ID)
	h.mu.Unlock()
	h.send(queued{e.ID, ev}, topics...)
	return nil
}

// Signal gives something that is stored nowhere (typing, presence) to those who
// listen now. It may be dropped.
func (h *Hub) Signal(topic, name string, data any) error {
	return h.SignalAll([]string{topic}, name, data)
}

// SignalAll is Signal to several topics; who listens to more than one gets it once.
func (h *Hub) SignalAll(topics []string, name string, data any) error {
	ev, err := Event{Name: name, Data: data}.encode(h.cfg.Epoch)
	if err != nil {
		return err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	told := map[*conn]bool{}
	for _, t := range topics {
		for c := range h.topics[t] {
			if !told[c] {
				told[c] = true
				c.offer(queued{0, ev})
			}
		}
	}
	return nil
}

func (h *Hub) send(q queued, topics ...string) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, t := range topics {
		for c := range h.topics[t] {
			c.offer(q)
		}
	}
}

// Cut ends every stream of a key. Its client comes back at once and passes the
// permission checks again; call it when what the key may see has changed.
func (h *Hub) Cut(key string) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, c := range h.keys[key] {
		c.cut(0)
	}
}

// Connected answers how many streams a key has open.
func (h *Hub) Connected(key string) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.keys[key])
}

// Keys lists the keys that begin so and have a stream open, in no order.
func (h *Hub) Keys(prefix string) []string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var list []string
	for k := range h.keys {
		if strings.HasPrefix(k, prefix) {
			list = append(list, k)
		}
	}
	return list
}

// Streams answers how many streams are open in all.
func (h *Hub) Streams() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.total
}

// Close ends all streams at once, also those whose reader is stuck, and refuses
// new ones. It returns when they are over, within a quarter of a second or so.
func (h *Hub) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		h.done.Wait()
		return
	}
	h.closed = true
	for _, slot := range h.beats {
		for c := range slot {
			c.cut(250 * time.Millisecond)
		}
	}
	h.mu.Unlock()
	close(h.stop)
	h.done.Wait()
	h.presence.close()
}

// head is the present: the newest event there is.
func (h *Hub) head(ctx context.Context) (int64, error) {
	if h.cfg.Head != nil {
		return h.cfg.Head(ctx)
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.newest, nil
}

// enter takes a connection in. One that is too many for its key takes the place
// of the oldest, and so does one that comes back when there is no room: a phone
// that lost its line may come back although the server has not noticed yet, and
// an EventSource that is refused never tries again.
func (h *Hub) enter(c *conn, perKey int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	full := h.total >= h.cfg.MaxStreams || c.guest && h.guests >= h.cfg.MaxStreams-h.cfg.MaxStreams/keptShare ||
		c.source != "" && h.of[c.source] >= max(1, h.cfg.MaxStreams/sourceShare)
	switch old := h.keys[c.key]; {
	case len(old) >= perKey || full && len(old) > 0:
		h.remove(old[0])
		old[0].cut(0)
	case full:
		return ErrFull
	}
	h.done.Add(1) // carry ends it
	h.total++
	if c.guest {
		h.guests++
	}
	if c.source != "" {
		h.of[c.source]++
	}
	h.seq++
	c.slot = h.seq % beatSlots
	h.beats[c.slot][c] = struct{}{}
	h.keys[c.key] = append(h.keys[c.key], c)
	for _, t := range c.topics {
		if h.topics[t] == nil {
			h.topics[t] = map[*conn]struct{}{}
		}
		h.topics[t][c] = struct{}{}
	}
	h.presence.changed(c.key, true)
	return nil
}

func (h *Hub) leave(c *conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(c)
}

// remove forgets a connection; h.mu is held. Doing it twice does nothing.
func (h *Hub) remove(c *conn) {
	if _, there := h.beats[c.slot][c]; !there {
		return
	}
	delete(h.beats[c.slot], c)
	h.total--
	if c.guest {
		h.guests--
	}
	if c.source != "" {
		if h.of[c.source]--; h.of[c.source] == 0 {
			delete(h.of, c.source)
		}
	}
	for _, t := range c.topics {
		delete(h.topics[t], c)
		if len(h.topics[t]) == 0 {
			delete(h.topics, t)
		}
	}
	rest := h.keys[c.key]
	for i := range rest {
		if rest[i] == c {
			rest = append(rest[:i:i], rest[i+1:]...)
			break
		}
	}
	if len(rest) > 0 {
		h.keys[c.key] = rest
		return
	}
	delete(h.keys, c.key)
	h.presence.changed(c.key, false)
}
