package live

import (
	"time"

	"github.com/r3labs/sse/v2"
)

// beatSlots spreads the heartbeats, so that ten thousand connections do not
// wake in the same millisecond.
const beatSlots = 18

// beat sends each connection a comment line once per Heartbeat: it keeps proxies
// from closing a quiet stream, and finds readers that are gone. One ticker
// serves all; a goroutine for each would cost more than the connection's state.
func (h *Hub) beat() {
	t := time.NewTicker(h.cfg.Heartbeat / beatSlots)
	defer t.Stop()
	ev := &sse.Event{Comment: []byte("hb")}
	for i := 0; ; i = (i + 1) % beatSlots {
		select {
		case <-h.stop:
			return
		case <-t.C:
		}
		h.mu.RLock()
		for c := range h.beats[i] {
			c.offer(queued{0, ev})
		}
		h.mu.RUnlock()
	}
}
