package live

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"
)

// ErrReset is what a Replay returns, before it emits anything, when the client
// is too far behind to be told all it missed.
var ErrReset = errors.New("live: too far behind")

// errCut is what Replay's emit answers when the connection is over.
var errCut = errors.New("live: connection was cut")

// Subscription is what a connection asks for, after the caller has checked that
// it may.
type Subscription struct {
	// Key names whoever listens ("agent-5", "visitor-12"): presence, limits and
	// Cut go by it.
	Key string
	// PerKey is how many streams one key may have at once (8 by default). One
	// more ends the oldest.
	PerKey int
	// Guest says that anybody can have one: guests never take all streams there are.
	Guest bool
	// Source is where it comes from, of which no one has more than its share; empty: it has none.
	Source string
	// Topics to listen to.
	Topics []string
	// After is the id of the last event the client has, as on the wire
	// (LastEventID); 0 for one that begins with the present.
	After int64
	// Replay reads the events of these topics whose primary key is greater than
	// after, oldest first, and emits them. It runs when the subscription already
	// stands, so that nothing falls between. emit waits for the network: read a
	// page, close the rows, then emit. Return emit's error; return ErrReset
	// instead of emitting when there is too much.
	Replay func(ctx context.Context, after int64, emit func(Event) error) error
	// Still is asked once, when the subscription stands: whether its caller may
	// still have it. What he lost between the caller's check and now was told to
	// nobody, because there was no stream to Cut yet. nil: yes.
	Still func(ctx context.Context) (bool, error)
}

// maxHeldSignals is how many events may wait for a connection before signals are dropped.
const maxHeldSignals = 16

// conn is one open stream. One goroutine carries it; publishers offer.
type conn struct {
	hub    *Hub
	key    string
	topics []string
	guest  bool
	source string
	stream string // name of its r3labs stream
	slot   int    // heartbeat
	cancel context.CancelFunc
	rc     *http.ResponseController

	mu      sync.Mutex
	seen    int64    // newest event offered
	sent    int64    // newest event written by replay or from held
	holding bool     // offers wait in held, because replay runs or r3labs' buffer is full
	held    []queued // bounded by MaxHeld
	flight  int      // events that r3labs has and has not flushed
	dead    bool     // cut, or over: write nothing more
}

// Serve answers the request with the stream until the client goes away, is too
// slow, is cut, or the hub closes. Over HTTP/1.1 it takes the connection over
// and returns at once: the caller must not touch w any more, and a middleware
// that waits for the answer's end sees it here. An error means that nothing has
// been written (ErrFull, ErrClosed).
//
// A client that comes back with After gets what it missed, then what has
// happened meanwhile, each event once. One that is too far behind, or comes
// from another epoch, gets one "reset" event that carries the present id, and
// should load its page anew.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, sub Subscription) error {
	ctx, cancel := context.WithCancel(context.Background())
	c := &conn{
		hub:     h,
		key:     sub.Key,
		topics:  sub.Topics,
		guest:   sub.Guest,
		source:  sub.Source,
		stream:  rand.Text(),
		cancel:  cancel,
		rc:      http.NewResponseController(w),
		holding: true,
	}
	if sub.PerKey == 0 {
		sub.PerKey = 8
	}
	if err := h.enter(c, sub.PerKey); err != nil {
		cancel()
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream") // also for a middleware that asks what this was
	l, ok := take(w)
	if !ok {
		defer context.AfterFunc(r.Context(), cancel)()
		c.carry(ctx, w, &sub)
		c.end()
		return nil
	}
	c.moved(l)
	go l.watch(cancel)
	go func() {
		defer l.Close()
		c.carry(ctx, l, &sub)
	}()
	return nil
}

// moved makes cuts reach the connection that was taken over.
func (c *conn) moved(l *line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rc = http.NewResponseController(l)
	if c.dead {
		_ = l.SetWriteDeadline(time.Now())
	}
}

// carry writes the stream until it is over.
func (c *conn) carry(ctx context.Context, w http.ResponseWriter, sub *Subscription) {
	h := c.hub
	defer h.done.Done()
	defer h.leave(c)
	defer c.cancel()
	h.sse.CreateStream(c.stream)
	defer h.sse.RemoveStream(c.stream) // its subscriber is gone when ServeHTTP has returned

	// r3labs reads the stream's name from the query, and answers 400 to a
	// Last-Event-ID it does not like: it gets a request that has the one and not
	// the other. A full clone would be kept for as long as the stream.
	inner := (&http.Request{
		Method: http.MethodGet,
		URL:    &url.URL{RawQuery: "stream=" + c.stream},
		Header: http.Header{},
	}).WithContext(ctx)
	h.sse.ServeHTTP(&writer{ResponseWriter: w, c: c, ctx: ctx, sub: sub}, inner)
}

// offer hands the connection an event, never waiting. What does not fit into
// r3labs' buffer is held; what does not fit there either ends the connection,
// whose client comes back and is told from the log.
func (c *conn) offer(q queued) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return
	}
	if q.pk > 0 {
		if q.pk <= c.seen {
			return
		}
		c.seen = q.pk
	}
	if !c.holding && c.hub.sse.TryPublish(c.stream, q.ev) {
		c.flight++
		return
	}
	if q.pk == 0 && (len(c.held) >= maxHeldSignals || len(q.ev.Data) == 0) {
		return // typing is old news by the time such a reader catches up; a heartbeat is none
	}
	c.holding = true
	if len(c.held) >= c.hub.cfg.MaxHeld {
		c.cutLocked(0)
		return
	}
	c.held = append(c.held, q)
}

// cut ends the connection: at once, or when grace has passed if its reader does
// not read. The past write deadline wakes a writer that is stuck in the network.
func (c *conn) cut(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cutLocked(grace)
}

func (c *conn) cutLocked(grace time.Duration) {
	if c.dead {
		return
	}
	c.dead = true
	c.held = nil
	c.cancel()
	_ = c.rc.SetWriteDeadline(time.Now().Add(grace)) // the writer may not have deadlines (tests)
}

// end gives the network connection back: it may serve another request, which
// must not meet our deadline.
func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	c.held = nil
	_ = c.rc.SetWriteDeadline(time.Time{})
}

// catchUp brings the client from what it has to the present, then to the events
// that came meanwhile. It runs on the goroutine that carries, after r3labs has
// registered its subscriber and before it writes its first event.
func (c *conn) catchUp(ctx context.Context, w *writer, sub *Subscription) (err error) {
	// A panic may not pass through r3labs: its stream would be removed under
	// its subscriber, and a goroutine would wait for ever.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if sub.Still != nil {
		still, err := sub.Still(ctx)
		if err != nil {
			return fmt.Errorf("ask for the right: %w", err)
		}
		if !still {
			return errCut
		}
	}
	w.buf = append(w.buf, "retry: 2000\n\n"...)
	err = c.replay(ctx, w, sub)
	if errors.Is(err, ErrReset) {
		err = c.toPresent(ctx, w, true)
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.seen = max(c.seen, c.sent)
	c.mu.Unlock()
	return c.drain(w)
}

func (c *conn) replay(ctx context.Context, w *writer, sub *Subscription) error {
	if sub.After == 0 {
		return c.toPresent(ctx, w, false)
	}
	epoch, after := Split(sub.After)
	if sub.After < 0 || epoch != c.hub.cfg.Epoch || sub.Replay == nil {
		return ErrReset
	}
	head, err := c.hub.head(ctx)
	if err != nil {
		return err
	}
	if after > head {
		return ErrReset // of a future that this copy of the data does not have
	}
	c.sent = after
	n := 0
	return sub.Replay(ctx, after, func(e Event) error {
		if n++; n > c.hub.cfg.MaxReplay {
			return ErrReset
		}
		if e.ID <= c.sent {
			return fmt.Errorf("event %d after %d", e.ID, c.sent)
		}
		ev, err := e.encode(epoch)
		if err != nil {
			return err
		}
		c.sent = e.ID
		return w.add(queued{e.ID, ev})
	})
}

// toPresent gives the client the newest id there is, as a bare id line or with
// a reset: if the line breaks before the first event, it can say where it was.
func (c *conn) toPresent(ctx context.Context, w *writer, reset bool) error {
	head, err := c.hub.head(ctx)
	if err != nil {
		return err
	}
	c.sent = head
	w.buf = fmt.Appendf(w.buf, "id: %d\n", EventID(c.hub.cfg.Epoch, head))
	if reset {
		w.buf = append(w.buf, "data: {}\nevent: reset\n"...)
	}
	w.buf = append(w.buf, '\n')
	return w.out()
}

// drain writes what is held until nothing is, and lets the next offer go
// through r3labs again.
func (c *conn) drain(w *writer) error {
	for {
		c.mu.Lock()
		batch := c.held
		c.held = nil
		if c.dead || len(batch) == 0 {
			c.holding = false
			c.mu.Unlock()
			return w.out()
		}
		c.mu.Unlock()
		for _, q := range batch {
			if q.pk > 0 && q.pk <= c.sent {
				continue // replay had it
			}
			if err := w.add(q); err != nil {
				return err
			}
		}
	}
}
