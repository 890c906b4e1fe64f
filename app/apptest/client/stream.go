package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"deskbell/app/wire"
)

// Event is one that came by a stream.
type Event struct {
	ID   string // empty: a signal
	Name string
	Data json.RawMessage
}

// Stream is a person's ear: it comes back with Last-Event-ID whenever the line breaks, until its context ends.
type Stream struct {
	mu     sync.Mutex
	events []Event // with an id, in the order in which they came
	last   string
	faults []string
	breaks int
	news   chan struct{} // closed and replaced with every event
}

func follow(ctx context.Context, c Client, path, after string) *Stream {
	s := &Stream{last: after, news: make(chan struct{})}
	c.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	go func() {
		for ctx.Err() == nil {
			s.listen(ctx, &c, path)
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return s
}

func (s *Stream) listen(ctx context.Context, c *Client, path string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL+path, nil)
	if err != nil {
		s.fault("%v", err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	s.mu.Lock()
	if s.last != "" {
		req.Header.Set("Last-Event-ID", s.last)
	}
	s.breaks++
	s.mu.Unlock()
	res, err := c.HTTP.Do(req)
	if err != nil {
		return // a bad line is no fault of the desk's
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
			s.fault("the stream answered %s", res.Status)
		}
		return
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	var e Event
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			e.ID = value
		case "event":
			e.Name = value
		case "data":
			e.Data = json.RawMessage(value)
		case "":
			if lines.Text() == "" { // what was cut within an event is no event
				s.take(e)
				e = Event{}
			}
		}
	}
}

func (s *Stream) take(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ID != "" {
		s.last = e.ID
	}
	switch {
	case e.Name == "reset":
		s.faults = append(s.faults, "was told to begin anew")
	case e.ID == "" || len(e.Data) == 0:
		return
	default:
		s.events = append(s.events, e)
	}
	close(s.news)
	s.news = make(chan struct{})
}

func (s *Stream) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// Messages are those that the stream told to be created, in the order in which they came: each once, or it is a fault of the
// desk's.
func (s *Stream) Messages() (all []wire.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		var m wire.Message
		if e.Name == "message.created" && json.Unmarshal(e.Data, &m) == nil {
			all = append(all, m)
		}
	}
	return all
}

// Faults are what no line can be blamed for.
func (s *Stream) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.faults...)
}

// Breaks is how often the stream was opened.
func (s *Stream) Breaks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.breaks
}

// Await waits until what has come satisfies done.
func (s *Stream) Await(ctx context.Context, done func([]wire.Message) bool) error {
	for {
		s.mu.Lock()
		news := s.news
		s.mu.Unlock()
		all := s.Messages()
		if done(all) {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("%w: %d messages had come by the stream", ctx.Err(), len(all))
		}
	}
}
