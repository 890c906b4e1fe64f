package desk

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// tickets are n mails to a mailbox of everyone.
func (s *shop) tickets(n int) (ids []TicketID) {
	s.t.Helper()
	ctx := context.Background()
	box, err := s.SaveInbox(ctx, s.alice, SavedInbox{Channel: Email, Name: "Support", Enabled: true, Settings: Mailbox{Address: "support@tea.example"}})
	s.must(err)
	for i := range n {
		m, err := s.Receive(ctx, System, Incoming{InboxID: box.ID, Identity: Identity{Channel: Email, ExternalID: fmt.Sprintf("mei%d@post.example", i)},
			Customer: Customer{Email: fmt.Sprintf("mei%d@post.example", i)}, Ticket: &NewTicket{Subject: fmt.Sprintf("Order %d", i), Origin: "mail"}, Text: "Where is it?"})
		s.must(err)
		c, err := s.Conversation(ctx, System, m.ConversationID)
		s.must(err)
		ids = append(ids, c.Ticket.ID)
	}
	return ids
}

func TestBulkTellsTheResultOfEach(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(4)
	sales, err := s.SaveTeam(ctx, s.alice, Team{Name: "Sales", Assignment: "collaboration"})
	s.must(err)
	_, err = s.ChangeTicket(ctx, s.alice, ids[1], TicketChange{TeamID: &sales.ID}) // out of Bo's sight
	s.must(err)
	resolved, urgent, bo := "resolved", "urgent", s.bo.Agent()
	got, err := s.ChangeTickets(ctx, s.bo, append(ids, ids[0], 4711), TicketChange{Status: &resolved, Priority: &urgent, AssigneeID: &bo})
	s.must(err)
	if len(got) != 5 {
		t.Fatalf("%d results, want one of each of the four tickets and of the one that is none", len(got))
	}
	for i, r := range got {
		if hidden := i == 1 || i == 4; hidden != errors.Is(r.Err, NotFound) {
			t.Errorf("ticket %d: %v", r.ID, r.Err)
			continue
		} else if hidden {
			continue
		}
		c, err := s.TicketByNumber(ctx, s.bo, r.ID)
		s.must(err)
		if c.Ticket.Status != "resolved" || c.Ticket.Priority != "urgent" || c.AssigneeID != bo || c.Status != "closed" {
			t.Errorf("ticket %d is %s, %s, of %d, %s", r.ID, c.Ticket.Status, c.Ticket.Priority, c.AssigneeID, c.Status)
		}
	}
	if c, err := s.TicketByNumber(ctx, s.alice, ids[1]); err != nil || c.Ticket.Status != "open" {
		t.Errorf("the ticket out of sight was changed: %v", err)
	}
}

func TestBulkRefusesNothingAndTooMuch(t *testing.T) {
	s, ctx := open(t), t.Context()
	closed := "closed"
	for name, try := range map[string]struct {
		ids []TicketID
		ch  TicketChange
	}{"no tickets": {nil, TicketChange{Status: &closed}}, "no change": {[]TicketID{1}, TicketChange{}}, "too many": {make([]TicketID, MaxBulk+1), TicketChange{Status: &closed}}} {
		if _, err := s.ChangeTickets(ctx, s.bo, try.ids, try.ch); kindOfError(err) != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.ChangeTickets(ctx, AsCustomer(1), []TicketID{1}, TicketChange{Status: &closed}); !errors.Is(err, Forbidden) {
		t.Errorf("a customer: %v", err)
	}
}

func kindOfError(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// BenchmarkBulk changes 500 tickets; the goal is under a second.
func BenchmarkBulk(b *testing.B) {
	s := open(b)
	ids := s.tickets(MaxBulk)
	status := []string{"resolved", "open"}
	agents := []AgentID{s.bo.Agent(), s.alice.Agent()}
	var i int
	begin := time.Now()
	for b.Loop() {
		got, err := s.ChangeTickets(context.Background(), s.alice, ids, TicketChange{Status: &status[i%2], AssigneeID: &agents[i%2]})
		s.must(err)
		for _, r := range got {
			s.must(r.Err)
		}
		i++
	}
	b.ReportMetric(time.Since(begin).Seconds()/float64(b.N)*1000, "ms/500")
}

func TestBulkTags(t *testing.T) {
	s, ctx := open(t), t.Context()
	ids := s.tickets(2)
	late, err := s.SaveTag(ctx, s.alice, Tag{Name: "Late"})
	s.must(err)
	broken, err := s.SaveTag(ctx, s.alice, Tag{Name: "Broken"})
	s.must(err)
	c := s.number(ids[0])
	s.must(s.Summarise(ctx, s.bo, c.ID, []TagID{late.ID}, "a remark"))
	tags := func() (list []string) {
		for _, id := range ids {
			sum, err := s.Summary(ctx, s.bo, s.number(id).ID)
			s.must(err)
			for _, tag := range sum.Tags {
				list = append(list, id.String()+tag.Name)
			}
		}
		return list
	}
	got, err := s.ChangeTickets(ctx, s.bo, append(ids, 4711), TicketChange{Tag: []TagID{broken.ID}, Untag: []TagID{late.ID}})
	s.must(err)
	if len(got) != 3 || got[0].Err != nil || got[1].Err != nil || !errors.Is(got[2].Err, NotFound) {
		t.Errorf("results %+v", got)
	}
	if got, want := fmt.Sprint(tags()), fmt.Sprintf("[%dBroken %dBroken]", ids[0], ids[1]); got != want {
		t.Errorf("the tags are %s, not %s", got, want)
	}
	names := len(s.names(c.ID))
	_, err = s.ChangeTickets(ctx, s.bo, ids, TicketChange{Tag: []TagID{broken.ID}}) // as it is
	s.must(err)
	if now := len(s.names(c.ID)); now != names {
		t.Errorf("%d events of a change that changed nothing", now-names)
	}
	s.must(s.DeleteTag(ctx, s.alice, broken.ID))
	got, err = s.ChangeTickets(ctx, s.bo, ids, TicketChange{Tag: []TagID{broken.ID}})
	s.must(err)
	for _, r := range got {
		if !IsInvalid(r.Err) {
			t.Errorf("a tag that is gone: %v", r.Err)
		}
	}
}
