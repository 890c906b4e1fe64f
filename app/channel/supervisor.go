package channel

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"deskbell/app/desk"
)

// Supervisor runs the inboxes of all channels.
type Supervisor struct {
	// Held, when it is not empty, says why nothing is brought in or sent: a copy that was restored for a look must not
	// answer customers.
	Held string
	// Backoff is how long an inbox rests after so many failures in a row, 1 and more. Tests make it short.
	Backoff func(failures int) time.Duration

	desk     *desk.Desk
	log      *slog.Logger
	channels map[string]Channel

	mu     sync.Mutex
	runs   map[desk.InboxID]*run
	states map[desk.InboxID]*State
}

// NewSupervisor makes a supervisor for these channels. Inboxes of other channels, such as webchat, need none.
func NewSupervisor(d *desk.Desk, log *slog.Logger, channels ...Channel) *Supervisor {
	s := &Supervisor{Backoff: Backoff, desk: d, log: log, channels: map[string]Channel{}, runs: map[desk.InboxID]*run{}, states: map[desk.InboxID]*State{}}
	for _, c := range channels {
		s.channels[c.Kind()] = c
	}
	return s
}

// Backoff is two seconds, doubling to five minutes, give or take a fifth, so that a thousand inboxes of one server that
// came back do not fall on it at once.
func Backoff(failures int) time.Duration {
	d := 5 * time.Minute
	if failures < 9 {
		d = min(d, 2*time.Second<<max(0, failures-1))
	}
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

// Run starts every enabled inbox and keeps them in step with their settings until ctx ends; then it returns when all have stopped.
func (s *Supervisor) Run(ctx context.Context) error {
	defer s.stopAll()
	if s.Held != "" {
		s.log.Warn("channels are held", "why", s.Held)
		<-ctx.Done()
		return nil
	}
	after, err := s.desk.LastEvent(ctx)
	if err != nil {
		return fmt.Errorf("start the channels: %w", err)
	}
	inboxes, err := s.desk.Inboxes(ctx, desk.System, "")
	if err != nil {
		return fmt.Errorf("start the channels: %w", err)
	}
	for _, in := range inboxes {
		s.start(ctx, in)
	}
	err = s.desk.Tail(ctx, after, func(events []desk.Event) error {
		s.heed(ctx, events)
		return nil
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// heed restarts the inboxes whose settings changed and wakes the outboxes when something was queued.
func (s *Supervisor) heed(ctx context.Context, events []desk.Event) {
	changed := map[desk.InboxID]bool{}
	queued := false
	for _, e := range events {
		switch e.Name {
		case desk.InboxChanged:
			changed[desk.InboxID(e.SubjectID)] = true
		case desk.MessageSent, desk.MessageDelivered:
			queued = queued || isQueued(e)
		case desk.MailQueued:
			queued = true
		}
	}
	for id := range changed {
		s.restart(ctx, id)
	}
	if queued {
		s.Wake()
	}
}

func isQueued(e desk.Event) bool {
	var facts struct {
		Queued int    `json:"queued"`
		State  string `json:"state"`
	}
	return json.Unmarshal(e.Data, &facts) == nil && (facts.Queued > 0 || facts.State == "queued")
}

// Wake makes every outbox look for deliveries that are due.
func (s *Supervisor) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runs {
		r.wake()
	}
}

// Check logs in as an inbox says and tells what is wrong, as Channel.Check does. A channel without accounts is always well.
func (s *Supervisor) Check(ctx context.Context, in *desk.Inbox) error {
	ch := s.channels[in.Channel]
	if ch == nil {
		return nil
	}
	return ch.Check(ctx, in)
}

func (s *Supervisor) restart(ctx context.Context, id desk.InboxID) {
	s.stop(id)
	in, err := s.desk.Inbox(ctx, desk.System, id)
	if desk.IsNotFound(err) {
		s.forget(id)
		return
	}
	if err != nil {
		if ctx.Err() == nil {
			s.log.Error("start an inbox", "inbox", id, "error", err)
		}
		return
	}
	// What waits for a server that was wrong until now is tried at once.
	if err := s.desk.HurryDeliveries(ctx, desk.System, id); err != nil && ctx.Err() == nil {
		s.log.Error("hurry the outbox", "inbox", id, "error", err)
	}
	s.start(ctx, in)
}

func (s *Supervisor) start(ctx context.Context, in *desk.Inbox) {
	ch := s.channels[in.Channel]
	if ch == nil || ctx.Err() != nil {
		return
	}
	s.remember(in)
	if !in.Enabled {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &run{s: s, ch: ch, in: in, cancel: cancel, news: make(chan struct{}, 1)}
	s.mu.Lock()
	s.runs[in.ID] = r
	s.mu.Unlock()
	r.both.Go(func() { r.receive(ctx) })
	r.both.Go(func() { r.send(ctx) })
}

func (s *Supervisor) stop(id desk.InboxID) {
	s.mu.Lock()
	r := s.runs[id]
	delete(s.runs, id)
	s.mu.Unlock()
	if r != nil {
		r.cancel()
		r.both.Wait()
	}
}

func (s *Supervisor) stopAll() {
	s.mu.Lock()
	runs := s.runs
	s.runs = map[desk.InboxID]*run{}
	s.mu.Unlock()
	for _, r := range runs {
		r.cancel()
	}
	for _, r := range runs {
		r.both.Wait()
	}
}
