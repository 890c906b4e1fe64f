package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestATranscriptHoldsWhatTheCustomerCanRead(t *testing.T) {
	s, ctx := open(t), t.Context()
	v, c := s.served()
	if _, err := s.MailTranscript(ctx, s.bo, c.ID, "mei@example.test"); !errors.Is(err, Conflict("error.no_mailbox")) {
		t.Errorf("without a mailbox: %v", err)
	}
	s.mailed() // makes a mailbox
	boxes, err := s.Inboxes(ctx, s.alice, Email)
	s.must(err)
	on := SavedInbox{ID: boxes[0].ID, Channel: Email, Name: boxes[0].Name, Enabled: true, Settings: boxes[0].Settings}
	_, err = s.SaveInbox(ctx, s.alice, on)
	s.must(err)
	if _, err := s.MailTranscript(ctx, s.bo, c.ID, ""); err == nil {
		t.Error("mailed to a customer without an address")
	}
	if _, err := s.MailTranscript(ctx, s.bo, c.ID, "nobody"); err == nil {
		t.Error("mailed to what is no address")
	}
	s.now = s.now.Add(20 * time.Hour)
	_, err = s.Reply(ctx, s.bo, c.ID, Draft{Text: "It is 12.50"})
	s.must(err)
	_, err = s.Reply(ctx, s.bo, c.ID, Draft{Text: "he is stingy", Internal: true})
	s.must(err)
	wrong, err := s.Reply(ctx, s.bo, c.ID, Draft{Text: "It is 1250"})
	s.must(err)
	s.must(s.Recall(ctx, s.bo, wrong.ID))
	s.say(v, "{1} thank you")
	m, err := s.MailTranscript(ctx, s.bo, c.ID, " Mei@Example.test ")
	s.must(err)
	list, err := s.SystemMails(ctx, s.alice, 0, 10)
	s.must(err)
	if len(list) != 1 || list[0].ID != m.ID || !strings.EqualFold(list[0].To, "mei@example.test") {
		t.Fatalf("queued %+v", list)
	}
	text := list[0].Words.Args[1]
	for _, want := range []string{"2026-04-12", "14:00 ", "hello", "2026-04-13", "10:00 Bo\nIt is 12.50", "{1} thank you"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
	for _, not := range []string{"stingy", "1250", "joined", "conversation."} {
		if strings.Contains(text, not) {
			t.Errorf("%q is in:\n%s", not, text)
		}
	}
	fate := func(want string, step func() error) { // on the timeline, and told to whoever looks
		t.Helper()
		s.must(step())
		list, _, err := s.Messages(ctx, s.bo, c.ID, MessageList{Limit: 50})
		s.must(err)
		line := list[len(list)-1]
		if state, words := line.DeliveryState(); line.Meta.Event != TranscriptMailed || strings.TrimSpace(state+" "+words) != want {
			t.Errorf("the line says %q %q, not %q", state, words, want)
		}
	}
	fate("queued", func() error { return nil })
	fate("queued 451 later", func() error {
		return s.SystemMailAttempted(ctx, System, m.ID, Attempt{State: "queued", Answer: "451 later", Retry: time.Minute})
	})
	fate("failed 550 no such user", func() error {
		return s.SystemMailAttempted(ctx, System, m.ID, Attempt{State: "failed", Answer: "550 no such user"})
	})
	fate("queued", func() error { return s.TrySystemMailAgain(ctx, s.alice, m.ID) })
	fate("sent", func() error { return s.SystemMailAttempted(ctx, System, m.ID, Attempt{State: "sent"}) })
	fate("bounced away", func() error {
		return s.Write(ctx, System, func(tx *Tx) error { _, err := tx.SystemMailBounced(m.ExternalID, "away"); return err })
	})
	if names := s.names(c.ID); !slices.Contains(names, TranscriptMailed) || names[len(names)-1] != MessageFailed {
		t.Errorf("the log ends with %v", names)
	}
	if theirs, _, err := s.Messages(ctx, v, c.ID, MessageList{Limit: 50}); err != nil || theirs[len(theirs)-1].Text != "{1} thank you" {
		t.Errorf("the customer sees that it was mailed: %v", err)
	}
	team, err := s.SaveTeam(ctx, s.alice, Team{Name: "Export", Assignment: "collaboration"})
	s.must(err)
	_, err = s.Assign(ctx, s.alice, c.ID, team.ID, 0)
	s.must(err)
	if _, err := s.MailTranscript(ctx, s.bo, c.ID, "bo@home.test"); !errors.Is(err, NotFound) {
		t.Errorf("of what he does not see: %v", err)
	}
}
