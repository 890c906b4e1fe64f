// Package channeltest is the contract that every channel passes, run against a real other side.
//
// A channel's test makes a Rig (a desk with one inbox, and the hands of a customer on the other side) and calls Run. The
// contract: what comes in becomes one message, in order and with its files, however often the other side shows it; a dead server is
// a fault that passes, and nothing is lost meanwhile; a refused address fails at once, with the other side's words; what goes
// out arrives with its files; the end of the context stops the channel within a second.
package channeltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"deskbell/app/channel"
	"deskbell/app/desk"
)

// Said is a message as one side wrote it or the other got it.
type Said struct {
	ID    string // the channel's own id; the same id is the same message
	Text  string
	Files map[string]string // by name
}

// Rig is a channel between a desk and a customer.
type Rig struct {
	Desk    *desk.Desk
	Agent   desk.Actor
	Inbox   *desk.Inbox
	Channel channel.Channel

	Write func(s Said)           // the customer writes
	Got   func() []Said          // what the customer got so far; IDs need not be given
	Kill  func()                 // the other side's servers go away
	Raise func()                 // and come back
	Gone  func() desk.CustomerID // a customer whose address the other side refuses for good, known to the desk
}

// Run checks a channel against the contract. make builds a fresh rig; it cleans up by itself.
func Run(t *testing.T, make func(t *testing.T) *Rig) {
	for name, check := range map[string]func(*testing.T, *running){
		"what comes in is a message, once": inOnce,
		"what goes out arrives":            outArrives,
		"a dead server passes":             deadServer,
		"a refused address fails at once":  refusedAddress,
		"the end comes within a second":    endsSoon,
	} {
		t.Run(name, func(t *testing.T) {
			r := &running{Rig: make(t), t: t}
			r.start()
			t.Cleanup(r.halt)
			check(t, r)
		})
	}
}

func inOnce(t *testing.T, r *running) {
	a, b := Said{ID: "a1", Text: "first 你好"}, Said{ID: "b2", Text: "second", Files: map[string]string{"leaf.txt": "a leaf"}}
	r.Write(a)
	r.Write(a)
	r.Write(b)
	r.await(2)
	r.Write(b)
	r.Write(Said{ID: "c3", Text: "third"})
	got := r.await(3)
	for i, want := range []string{a.Text, b.Text, "third"} {
		if strings.TrimSpace(got[i].Text) != want {
			t.Errorf("message %d says %q, want %q", i+1, got[i].Text, want)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d messages came of three", len(got))
	}
	if len(got[1].Files) != 1 || got[1].Files[0].Name != "leaf.txt" {
		t.Fatalf("the second message has the files %v", got[1].Files)
	}
	_, content, err := r.Desk.OpenFile(t.Context(), desk.System, got[1].Files[0].ID, false)
	r.must(err)
	if b, err := io.ReadAll(content); err != nil || string(b) != "a leaf" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func outArrives(t *testing.T, r *running) {
	r.Write(Said{ID: "a1", Text: "a question"})
	in := r.await(1)[0]
	f, err := r.Desk.Upload(t.Context(), r.Agent, "answer.txt", bytes.NewReader([]byte("forty-two")))
	r.must(err)
	m := r.answer(in.ConversationID, "an answer 您好", f.ID)
	r.until("the answer", func() bool { return len(r.Got()) > 0 })
	got := r.Got()[0]
	if !strings.Contains(got.Text, "an answer 您好") || got.Files["answer.txt"] != "forty-two" {
		t.Errorf("the customer got %+v", got)
	}
	r.until("the delivery's state", func() bool { s := r.delivery(m); return s.State == "sent" || s.State == "delivered" })
}

func deadServer(t *testing.T, r *running) {
	r.Write(Said{ID: "a1", Text: "before"})
	in := r.await(1)[0]
	r.Kill()
	m := r.answer(in.ConversationID, "into the dark")
	r.until("the first try", func() bool { return r.delivery(m).Attempts > 0 })
	if d := r.delivery(m); d.State != "queued" || d.NextAt.IsZero() || d.Error == "" {
		t.Errorf("with a dead server the delivery is %+v", d)
	}
	r.until("the trouble on the health page", func() bool { return !r.state().Well() })
	r.Raise()
	r.Write(Said{ID: "b2", Text: "after"})
	r.await(2)
	r.must(r.Desk.HurryDeliveries(t.Context(), desk.System, r.Inbox.ID))
	r.sup.Wake()
	r.until("the answer", func() bool { return len(r.Got()) == 1 })
	r.until("the end of the trouble", func() bool { return r.state().Well() })
}

func refusedAddress(t *testing.T, r *running) {
	c, err := r.Desk.OpenTicket(t.Context(), r.Agent, desk.TicketDraft{InboxID: r.Inbox.ID, CustomerID: r.Gone(), NewTicket: desk.NewTicket{Subject: "Hello"}, First: desk.Draft{Text: "Are you there?"}})
	r.must(err)
	list, _, err := r.Desk.Messages(t.Context(), desk.System, c.ID, desk.MessageList{Limit: 1})
	r.must(err)
	r.until("the refusal", func() bool { return r.delivery(list[0]).State == "failed" })
	if d := r.delivery(list[0]); d.Attempts != 1 || d.Error == "" || !d.NextAt.IsZero() {
		t.Errorf("after the refusal the delivery is %+v", d)
	}
	if !r.state().Well() {
		t.Error("one refused address puts the whole inbox in trouble")
	}
}

func endsSoon(t *testing.T, r *running) {
	r.until("the inbox", func() bool { return r.state().Receiving.Up })
	begin := time.Now()
	r.halt()
	if took := time.Since(begin); took > 10*time.Second { // a second, and what a busy machine takes
		t.Errorf("the channel stopped after %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Channel.Run(ctx, r.Inbox, func() {}); err == nil || !errors.Is(err, context.Canceled) {
		t.Errorf("run in an ended context: %v", err)
	}
}

// running is a rig with its supervisor at work.
type running struct {
	*Rig
	t    *testing.T
	sup  *channel.Supervisor
	stop func()
}

func (r *running) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.sup = channel.NewSupervisor(r.Desk, slog.New(slog.DiscardHandler), r.Channel)
	r.sup.Backoff = func(int) time.Duration { return 50 * time.Millisecond }
	done := make(chan error, 1)
	go func() { done <- r.sup.Run(ctx) }()
	r.stop = func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				r.t.Errorf("the supervisor ended with %v", err)
			}
		case <-time.After(time.Minute):
			r.t.Fatal("the supervisor did not end within a minute")
		}
	}
}

func (r *running) halt() {
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

func (r *running) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("%s did not come; the inbox is %+v", what, r.state())
		}
	}
}

func (r *running) state() channel.State {
	for _, s := range r.sup.States() {
		if s.InboxID == r.Inbox.ID {
			return s
		}
	}
	return channel.State{}
}

// await waits for n messages from customers and returns all there are, in their order.
func (r *running) await(n int) (list []*desk.Message) {
	r.t.Helper()
	r.until(fmt.Sprintf("message %d", n), func() bool {
		events, err := r.Desk.EventsAfter(r.t.Context(), desk.System, 0, 1000)
		r.must(err)
		list = nil
		for _, e := range events {
			if e.Name == desk.MessageReceived {
				m, err := r.Desk.Message(r.t.Context(), desk.System, desk.MessageID(e.SubjectID))
				r.must(err)
				list = append(list, m)
			}
		}
		return len(list) >= n
	})
	return list
}

func (r *running) answer(id desk.ConversationID, text string, files ...string) *desk.Message {
	r.t.Helper()
	if c, err := r.Desk.Conversation(r.t.Context(), r.Agent, id); err == nil && c.Ticket == nil {
		_, err = r.Desk.Join(r.t.Context(), r.Agent, id)
		r.must(err)
	}
	m, err := r.Desk.Reply(r.t.Context(), r.Agent, id, desk.Draft{Text: text, FileIDs: files})
	r.must(err)
	return m
}

func (r *running) delivery(m *desk.Message) desk.Delivery {
	r.t.Helper()
	now, err := r.Desk.Message(r.t.Context(), desk.System, m.ID)
	r.must(err)
	if len(now.Deliveries) == 0 {
		r.t.Fatalf("message %d has no delivery", m.ID)
	}
	return now.Deliveries[0]
}
