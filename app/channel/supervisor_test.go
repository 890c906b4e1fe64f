package channel

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"deskbell/app/desk"
)

// wire is a channel that does what a test wants.
type wire struct {
	run     func(ctx context.Context, up func()) error
	deliver func(m Outbound) (Receipt, error)
}

func (w *wire) Kind() string                             { return desk.Email }
func (w *wire) Check(context.Context, *desk.Inbox) error { return nil }
func (w *wire) Run(ctx context.Context, _ *desk.Inbox, up func()) error {
	return w.run(ctx, up)
}
func (w *wire) Deliver(_ context.Context, _ *desk.Inbox, m Outbound) (Receipt, error) {
	return w.deliver(m)
}

func waits(ctx context.Context, up func()) error {
	up()
	<-ctx.Done()
	return ctx.Err()
}

// office is a desk with a mailbox and a customer; its supervisor runs until the test ends.
func office(t *testing.T, w *wire, change func(*Supervisor)) (*Supervisor, desk.TicketDraft) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := desk.Open(t.Context(), t.TempDir(), desk.Key{1}, slog.New(slog.DiscardHandler))
	must(err)
	d.Hashing = desk.Hashing{Passes: 1, KiB: 8}
	_, err = d.SetUp(t.Context(), desk.System, desk.Setup{Company: desk.Company{Name: "Tea", Locale: "en", TimeZone: "UTC"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	must(err)
	in, err := d.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: desk.Mailbox{Address: "support@tea.example"}})
	must(err)
	name, address := "Mei", "mei@example.test"
	c, err := d.CreateCustomer(t.Context(), desk.System, desk.CustomerChange{Name: &name, Email: &address})
	must(err)
	s := NewSupervisor(d, slog.New(slog.DiscardHandler), w)
	s.Backoff = func(int) time.Duration { return time.Millisecond }
	if change != nil {
		change(s)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
			d.Close()
		case <-time.After(time.Minute):
			t.Error("the supervisor did not end within a minute")
		}
	})
	return s, desk.TicketDraft{InboxID: in.ID, CustomerID: c.ID, NewTicket: desk.NewTicket{Subject: "Tea"}, First: desk.Draft{Text: "Hello"}}
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come", what)
		}
	}
}

func TestChannelsThatFailAreRunAgain(t *testing.T) {
	var runs atomic.Int32
	s, _ := office(t, &wire{run: func(ctx context.Context, up func()) error {
		switch runs.Add(1) {
		case 1:
			return &Problem{Field: "imap.host", Key: "mailbox.problem.silent", Err: errors.New("silent")}
		case 2:
			panic("a bug")
		case 3:
			return nil
		}
		return waits(ctx, up)
	}}, nil)
	until(t, "the fourth run", func() bool { l := s.States(); return len(l) == 1 && l[0].Receiving.Up })
	if n := runs.Load(); n != 4 {
		t.Errorf("it was run %d times", n)
	}
}

func TestHeldChannelsDoNothing(t *testing.T) {
	touched := make(chan string, 10)
	s, first := office(t, &wire{
		run:     func(ctx context.Context, up func()) error { touched <- "run"; return waits(ctx, up) },
		deliver: func(Outbound) (Receipt, error) { touched <- "deliver"; return Receipt{}, nil },
	}, func(s *Supervisor) { s.Held = "a copy that was restored for a look" })
	if _, err := s.desk.OpenTicket(t.Context(), desk.System, first); err != nil {
		t.Fatal(err)
	}
	select {
	case what := <-touched:
		t.Errorf("held, it did %s", what)
	case <-time.After(200 * time.Millisecond):
	}
}

// A channel that panics over one message leaves the delivery queued, with what went wrong.
func TestDeliverPanics(t *testing.T) {
	s, first := office(t, &wire{run: waits, deliver: func(Outbound) (Receipt, error) { panic("a bug") }}, nil)
	c, err := s.desk.OpenTicket(t.Context(), desk.System, first)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the attempt", func() bool {
		l, _, err := s.desk.Messages(t.Context(), desk.System, c.ID, desk.MessageList{Limit: 1})
		return err == nil && l[0].Deliveries[0].Attempts == 1 && l[0].Deliveries[0].State == "queued" && l[0].Deliveries[0].Error == "panic: a bug"
	})
}

// An inbox that is told to end just when the other side has taken a message still notes that: else it would go out again.
func TestTakenWhileItEnds(t *testing.T) {
	var s *Supervisor
	ready := make(chan struct{})
	s, first := office(t, &wire{run: waits, deliver: func(m Outbound) (Receipt, error) {
		<-ready
		s.mu.Lock()
		defer s.mu.Unlock()
		s.runs[m.Delivery.InboxID].cancel()
		return Receipt{Code: 250, Answer: "taken"}, nil
	}}, nil)
	close(ready)
	c, err := s.desk.OpenTicket(t.Context(), desk.System, first)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "that it was sent", func() bool {
		l, _, err := s.desk.Messages(t.Context(), desk.System, c.ID, desk.MessageList{Limit: 1})
		return err == nil && l[0].Deliveries[0].State == "sent" && l[0].Deliveries[0].Attempts == 1
	})
}

func TestRetries(t *testing.T) {
	born := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	now, failure := born, &Failure{Code: 451, Words: "busy"}
	var pauses []time.Duration
	d := desk.Delivery{BegunAt: born}
	for len(pauses) < 1000 {
		a := attempted(d, failure, now)
		if a.State == "failed" {
			break
		}
		pauses = append(pauses, a.Retry)
		d.Tries++
		now = now.Add(a.Retry)
	}
	want := []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour, time.Hour}
	for i, w := range want {
		if pauses[i] != w {
			t.Errorf("pause %d is %v, want %v", i+1, pauses[i], w)
		}
	}
	if age := now.Sub(born); age < GiveUp || age > GiveUp+LastRetry {
		t.Errorf("it was given up after %v", age)
	}
	if a := attempted(desk.Delivery{BegunAt: born}, Permanent(errors.New("no")), born); a.State != "failed" || a.Answer != "no" {
		t.Errorf("a permanent failure: %+v", a)
	}
}

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 8: 256 * time.Second, 9: 5 * time.Minute, 1000: 5 * time.Minute} {
		if got := Backoff(n); got < want*8/10 || got > want*12/10 {
			t.Errorf("after %d failures %v, want about %v", n, got, want)
		}
	}
}
