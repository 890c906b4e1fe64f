package desk

import (
	"testing"
	"time"
)

// What is written about a delivery that is over by now, since its report was faster than our note of the answer, or its mailbox was
// removed: it stays over, and nobody is told that it waits.
func TestAnAttemptAtWhatIsOver(t *testing.T) {
	s := open(t)
	in, err := s.SaveInbox(t.Context(), s.alice, SavedInbox{Channel: Email, Name: "Support", Enabled: true, Settings: Mailbox{Address: "support@tea.example"}})
	s.must(err)
	name, address := "Mei", "mei@home.test"
	mei, err := s.CreateCustomer(t.Context(), s.alice, CustomerChange{Name: &name, Email: &address})
	s.must(err)
	c, err := s.OpenTicket(t.Context(), s.alice, TicketDraft{InboxID: in.ID, CustomerID: mei.ID, NewTicket: NewTicket{Subject: "Tea"}, First: Draft{Text: "Hello"}})
	s.must(err)
	now := func(m *Message) Delivery {
		t.Helper()
		m, err := s.Message(t.Context(), s.alice, m.ID)
		s.must(err)
		return m.Deliveries[0]
	}
	want := func(m *Message, state, words string, attempts int) {
		t.Helper()
		if d := now(m); d.State != state || d.Error != words || d.Attempts != attempts || !d.NextAt.IsZero() {
			t.Errorf("want %s %q after %d attempts, got %+v", state, words, attempts, d)
		}
	}
	bounced, err := s.Reply(t.Context(), s.alice, c.ID, Draft{Text: "One"})
	s.must(err)
	s.must(s.Bounced(t.Context(), System, bounced.ID, "", "no such user"))
	s.must(s.Attempted(t.Context(), System, now(bounced).ID, Attempt{State: "sent", Code: 250, Answer: "taken"}))
	want(bounced, "bounced", "no such user", 1)
	if roads, err := s.Roads(t.Context(), s.alice, bounced.ID); err != nil || roads[0].Tried[0].Answer != "taken" {
		t.Errorf("the attempt is kept as %+v, %v", roads, err)
	}

	late, err := s.Reply(t.Context(), s.alice, c.ID, Draft{Text: "Two"})
	s.must(err)
	sent, err := s.Reply(t.Context(), s.alice, c.ID, Draft{Text: "Three"})
	s.must(err)
	s.must(s.DeleteInbox(t.Context(), s.alice, in.ID))
	s.must(s.Attempted(t.Context(), System, now(late).ID, Attempt{State: "queued", Code: 451, Answer: "busy", Retry: time.Hour}))
	s.must(s.Attempted(t.Context(), System, now(sent).ID, Attempt{State: "sent", Code: 250}))
	want(late, "failed", "the mailbox was removed", 1)
	want(sent, "sent", "", 1)
	if err := s.TryAgain(t.Context(), s.alice, late.ID); err == nil || err.(*Error).Key != "error.mailbox_gone" {
		t.Errorf("tried again through a mailbox that is gone: %v", err)
	}
	want(late, "failed", "the mailbox was removed", 1)
}

// What was to be sent while the clock was a year ahead goes out when it is right again, is tried for as long as any other, and takes nobody's
// place in the hour.
func TestWhatAClockAheadPutOff(t *testing.T) {
	s, ctx := open(t), t.Context()
	in := s.mailbox("support@tea.example")
	name, address := "Mei", "mei@home.test"
	mei, err := s.CreateCustomer(ctx, s.alice, CustomerChange{Name: &name, Email: &address})
	s.must(err)
	right := s.now
	s.now = right.AddDate(1, 0, 0)
	c, err := s.OpenTicket(ctx, s.alice, TicketDraft{InboxID: in.ID, CustomerID: mei.ID, NewTicket: NewTicket{Subject: "Tea"}, First: Draft{Text: "Hello"}})
	s.must(err)
	_, err = s.SendSystemMail(ctx, s.alice, SystemMail{AgentID: s.bo.Agent(), What: "invitation", Words: SystemWords{Args: []string{"Tea"}}})
	s.must(err)
	due, _, err := s.DueDeliveries(ctx, System, in.ID, 10)
	s.must(err)
	if len(due) != 1 {
		t.Fatalf("due are %+v", due)
	}
	s.must(s.Attempted(ctx, System, due[0].ID, Attempt{State: "queued", Code: 451, Answer: "busy", Retry: time.Hour}))
	if due, _, err := s.DueDeliveries(ctx, System, in.ID, 10); err != nil || len(due) != 0 {
		t.Errorf("while the clock is ahead, due an hour too early are %+v, %v", due, err)
	}

	s.now = right.Add(time.Minute)
	later, err := s.Reply(ctx, s.alice, c.ID, Draft{Text: "One thing more"})
	s.must(err)
	due, _, err = s.DueDeliveries(ctx, System, in.ID, 10)
	s.must(err)
	if len(due) != 2 || due[0].MessageID != later.ID {
		t.Fatalf("when it is right, due are %+v", due)
	}
	if due, _, err := s.DueSystemMails(ctx, System, in.ID, 10); err != nil || len(due) != 1 {
		t.Errorf("and of the desk's own mails %+v, %v", due, err)
	}
	if room, _, err := s.SendingRoom(ctx, System, in.ID, 1); err != nil || room != 1 {
		t.Errorf("there is room for %d, %v", room, err)
	}
	s.must(s.Attempted(ctx, System, due[1].ID, Attempt{State: "queued", Code: 451, Answer: "busy", Retry: time.Hour}))
	m, err := s.Message(ctx, s.alice, due[1].MessageID)
	s.must(err)
	if d := m.Deliveries[0]; !d.BegunAt.Equal(s.now.Truncate(time.Millisecond)) || d.NextAt.Sub(s.now).Round(time.Minute) != time.Hour {
		t.Errorf("it is tried since %v, and next %v", d.BegunAt, d.NextAt)
	}
}
