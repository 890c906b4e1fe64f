package live

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"
)

// writer is the ResponseWriter that r3labs sees. It gathers the pieces r3labs
// prints into one write per event, gives each write a deadline, leaves out the
// id line of events that have none, and ends the connection on the first error.
type writer struct {
	http.ResponseWriter
	c   *conn
	ctx context.Context
	sub *Subscription // nil once the client has caught up
	buf []byte        // the event being printed; given up when written, so that idle streams keep nothing
}

// Write takes a piece of an event. It never fails: r3labs does not look.
func (w *writer) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	return len(p), nil
}

// Flush is called by r3labs when the subscriber stands and the headers are out,
// and then after each event.
func (w *writer) Flush() {
	var err error
	if sub := w.sub; sub != nil {
		w.sub = nil
		err = w.c.catchUp(w.ctx, w, sub)
		if err != nil && !errors.Is(err, errCut) && w.ctx.Err() == nil {
			w.c.hub.cfg.Log.Error("replay events to "+sub.Key, "after", sub.After, "error", err)
		}
	} else {
		// r3labs prints "id: " for an event without one, which would make the
		// client forget where it was.
		w.buf = bytes.TrimPrefix(w.buf, []byte("id: \n"))
		if err = w.out(); err == nil && w.c.landed() {
			err = w.c.drain(w)
		}
	}
	if err != nil {
		w.c.cut(0)
	}
}

// Unwrap lets http.ResponseController through.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// landed counts an event that r3labs has written, and answers whether it was
// the last it had while others are held behind it.
func (c *conn) landed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flight--
	return c.flight == 0 && c.holding
}

// add prints an event, writing when a good packet's worth has gathered.
func (w *writer) add(q queued) error {
	w.buf = q.appendTo(w.buf)
	if len(w.buf) < 16<<10 {
		return nil
	}
	return w.out()
}

// out sends what has gathered to the network.
func (w *writer) out() error {
	w.c.mu.Lock()
	if w.c.dead {
		w.c.mu.Unlock()
		w.buf = nil
		return errCut
	}
	_ = w.c.rc.SetWriteDeadline(time.Now().Add(w.c.hub.cfg.WriteTimeout))
	w.c.mu.Unlock()
	_, err := w.ResponseWriter.Write(w.buf)
	w.buf = nil
	if err == nil {
		err = w.c.rc.Flush()
	}
	if err != nil {
		return errCut // the reader's doing, and no news to anybody
	}
	// Over HTTP/2 a deadline ends the stream when it passes, whether something is
	// being written or not.
	_ = w.c.rc.SetWriteDeadline(time.Time{})
	return nil
}
