package desk

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"
)

func (s *shop) mailbox(address string) *Inbox {
	s.t.Helper()
	in, err := s.SaveInbox(s.t.Context(), s.alice, SavedInbox{Channel: Email, Name: "Tea", Enabled: true, Settings: Mailbox{Address: address}})
	s.must(err)
	return in
}

func TestSystemMail(t *testing.T) {
	s, ctx := open(t), t.Context()
	secret := SystemMail{AgentID: s.bo.Agent(), What: "invitation", Words: SystemWords{Args: []string{"Tea"}, Path: "/invitations/a-key-that-opens"}, Once: "one"}
	if _, err := s.SendSystemMail(ctx, s.alice, secret); !errors.Is(err, Conflict("error.no_mailbox")) {
		t.Fatalf("without a mailbox: %v", err)
	}
	first, second := s.mailbox("first@tea.example"), s.mailbox("second@tea.example")
	if _, err := s.SendSystemMail(ctx, s.bo, secret); !errors.Is(err, Forbidden) {
		t.Errorf("an agent wrote in the company's name: %v", err)
	}
	m, err := s.SendSystemMail(ctx, s.alice, secret)
	s.must(err)
	again, err := s.SendSystemMail(ctx, s.alice, secret)
	s.must(err)
	if m.To != "Bo@tea.example" || m.InboxID != first.ID || again.ID != m.ID {
		t.Errorf("%+v, and again %+v", m, again)
	}
	file, err := os.ReadFile(s.DB().Path() + "-wal")
	s.must(err)
	if !bytes.Contains(file, []byte(m.ExternalID)) {
		t.Fatal("the mail is not in the log: nothing would be shown")
	}
	if bytes.Contains(file, []byte("a-key-that-opens")) {
		t.Error("the link lies open in the database")
	}
	s.must(s.ChangeSystemMailbox(ctx, s.alice, SystemMailbox{InboxID: second.ID}))
	due, _, err := s.DueSystemMails(ctx, System, second.ID, 10)
	s.must(err)
	if len(due) != 1 || due[0].Words.Path != secret.Words.Path {
		t.Fatalf("through the chosen mailbox go %+v", due)
	}
	s.must(s.SystemMailAttempted(ctx, System, m.ID, Attempt{State: "queued", Answer: "451 busy", Retry: time.Hour}))
	if due, next, err := s.DueSystemMails(ctx, System, second.ID, 10); len(due) != 0 || next.Sub(s.Clock()).Round(time.Minute) != time.Hour || err != nil {
		t.Errorf("after a 451: %v, next %v, %v", due, next, err)
	}
	s.must(s.DeleteInbox(ctx, s.alice, second.ID))
	if due, _, err := s.DueSystemMails(ctx, System, first.ID, 10); len(due) != 1 || err != nil {
		t.Errorf("the mailbox was removed, and the other one has %v, %v", due, err)
	}
	s.must(s.SystemMailAttempted(ctx, System, m.ID, Attempt{State: "failed", Answer: "550 no such user"}))
	list, err := s.SystemMails(ctx, s.alice, 0, 10)
	s.must(err)
	if list[0].State != "failed" || list[0].Error != "550 no such user" || !list[0].NextAt.IsZero() || list[0].Attempts != 2 {
		t.Errorf("it stands as %+v", list[0])
	}
	s.must(s.TrySystemMailAgain(ctx, s.alice, m.ID))
	s.must(s.SystemMailAttempted(ctx, System, m.ID, Attempt{State: "sent"}))
	list, err = s.SystemMails(ctx, s.alice, 0, 10)
	s.must(err)
	if list[0].State != "sent" || list[0].Error != "" || list[0].Words.Path != "" {
		t.Errorf("sent, it stands as %+v", list[0])
	}
	if err := s.TrySystemMailAgain(ctx, s.alice, m.ID); !errors.Is(err, Conflict("error.nothing_to_try_again")) {
		t.Errorf("what was sent goes again: %v", err)
	}
	if _, err := s.SystemMails(ctx, s.bo, 0, 10); !errors.Is(err, Forbidden) {
		t.Errorf("an agent reads the list: %v", err)
	}
	n := 0
	s.must(s.DB().Readers().QueryRow("select count(*) from events where name in ('mail.queued', 'mail.sent', 'mail.failed')").Scan(&n))
	if n != 6 { // queued, moved, moved, failed, queued, sent
		t.Errorf("%d events", n)
	}
}

// The last mailbox is removed while a mail is on its way: what comes of that attempt does not make it wait for a mailbox that is no more.
func TestSystemMailOfARemovedMailbox(t *testing.T) {
	s, ctx := open(t), t.Context()
	box := s.mailbox("only@tea.example")
	for what, then := range map[string]Attempt{"failed": {State: "queued", Answer: "451 busy", Retry: time.Hour}, "sent": {State: "sent"}} {
		m, err := s.SendSystemMail(ctx, s.alice, SystemMail{AgentID: s.bo.Agent(), What: "test"})
		s.must(err)
		s.must(s.DeleteInbox(ctx, s.alice, box.ID))
		s.must(s.SystemMailAttempted(ctx, System, m.ID, then))
		list, err := s.SystemMails(ctx, s.alice, m.ID+1, 1)
		s.must(err)
		if got := list[0]; got.State != what || !got.NextAt.IsZero() || got.Attempts != 1 {
			t.Errorf("after %+v it stands as %+v", then, got)
		}
		box = s.mailbox("another@tea.example")
	}
}
