package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/r3labs/sse/v2"
)

// Event is one thing that happened, as a stream tells it.
type Event struct {
	ID   int64  // primary key in the event log; 0 for a signal
	Name string // "message.created": lower-case letters, digits, dot, dash, underscore
	Data any    // becomes one JSON value; json.RawMessage is checked and compacted
}

// epochShift leaves 40 bits for the event's primary key (a thousand events a
// second for 34 years) and 13 for the epoch before JavaScript loses digits.
const epochShift = 40

// EventID makes the id that goes over the wire: it only grows, also when an
// older copy of the data (with a lower primary key) is brought back.
func EventID(epoch, pk int64) int64 { return epoch<<epochShift | pk }

// Split takes an id from the wire apart.
func Split(id int64) (epoch, pk int64) {
	return id >> epochShift, id & (1<<epochShift - 1)
}

// LastEventID is what a client says it has: the header that EventSource sends
// when it comes back, else the query's last_event_id, which a page uses to start
// where its first answer ended. Without either it is 0, the present; what is
// not an id answers -1, which no epoch knows and Serve answers with a reset.
func LastEventID(r *http.Request) int64 {
	s := r.Header.Get("Last-Event-ID")
	if s == "" {
		s = r.URL.Query().Get("last_event_id")
	}
	if s == "" {
		return 0
	}
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 0 {
		return -1
	}
	return id
}

// queued is an event on its way to a connection.
type queued struct {
	pk int64 // 0 for signals and heartbeats
	ev *sse.Event
}

// encode gives the event its wire form, shared by all who get it. Data passes
// through encoding/json whatever its type, so that no line end survives in it:
// r3labs writes data as it is, and a newline would begin a field or an event of
// the sender's choice.
func (e Event) encode(epoch int64) (*sse.Event, error) {
	if !plainName(e.Name) {
		return nil, fmt.Errorf("live: event name %q", e.Name)
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return nil, fmt.Errorf("live: event %s: %w", e.Name, err)
	}
	ev := &sse.Event{Event: []byte(e.Name), Data: data}
	if e.ID > 0 {
		ev.ID = strconv.AppendInt(nil, EventID(epoch, e.ID), 10)
	}
	return ev, nil
}

func plainName(s string) bool {
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789._-", r) }) < 0
}

// appendTo writes the event as r3labs does, for those that do not pass through
// its channels (replayed and held ones).
func (q queued) appendTo(b []byte) []byte {
	if len(q.ev.ID) > 0 {
		b = append(append(append(b, "id: "...), q.ev.ID...), '\n')
	}
	b = append(append(append(b, "data: "...), q.ev.Data...), '\n')
	b = append(append(append(b, "event: "...), q.ev.Event...), '\n')
	return append(b, '\n')
}
