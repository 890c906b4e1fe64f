package mailbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskbell/app/channel"
	"deskbell/app/channel/email"
	"deskbell/app/demo/mailbox"
	"deskbell/app/desk"
	"deskbell/app/netguard"
)

// The demo's provider serves the real mail channel: in, out, and in again, into one ticket.
func TestWithTheDesk(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const shop, mei = "support@tea.example", "mei@tea.example"
	s, err := mailbox.Start(ctx, []mailbox.Account{{Address: shop, Name: "Tea shop", Password: "leaf"}, {Address: mei, Name: "王梅", Password: "cup", Language: "zh-CN"}})
	must(err)
	defer s.Close()

	d, err := desk.Open(ctx, t.TempDir(), desk.Key{1}, slog.New(slog.DiscardHandler))
	must(err)
	defer d.Close()
	alice, err := d.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "Tea", Locale: "en", TimeZone: "UTC"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	must(err)
	box := desk.Mailbox{Address: shop, IMAP: server(t, s.IMAP, shop), SMTP: server(t, s.SMTP, shop)}
	_, err = d.SaveInbox(ctx, desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Tea shop", Enabled: true, Settings: box, Secrets: desk.MailboxSecrets{IMAP: "leaf", SMTP: "leaf"}})
	must(err)
	mails := email.New(d, (&netguard.Guard{AllowPrivate: true}).DialContext, slog.New(slog.DiscardHandler))
	must(mails.CheckMailbox(ctx, 0, box, desk.MailboxSecrets{IMAP: "leaf", SMTP: "leaf"}))
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- channel.NewSupervisor(d, slog.New(slog.DiscardHandler), mails).Run(running) }()
	defer func() { stop(); <-done }()

	arrived := func(n int) desk.Event {
		t.Helper()
		for {
			events, err := d.EventsAfter(ctx, desk.System, 0, 1000)
			must(err)
			seen := 0
			for _, e := range events {
				if e.Name == desk.MessageReceived {
					if seen++; seen == n {
						return e
					}
				}
			}
			must(ctx.Err())
			time.Sleep(5 * time.Millisecond)
		}
	}
	// Several at once: none may be forgotten while another is read.
	const crowd = 20
	for i := range crowd { // each in other words: who says the same over and over is a program
		_, err = s.Send(ctx, mailbox.Draft{From: mei, To: shop, Subject: "x", Text: fmt.Sprint("box ", i)})
		must(err)
	}
	arrived(crowd)
	begin := time.Now()
	_, err = s.Send(ctx, mailbox.Draft{From: mei, To: shop, Subject: "绿茶", Text: "还新鲜吗？"})
	must(err)
	first := arrived(crowd + 1)
	t.Logf("from SMTP to the ticket: %v", time.Since(begin).Round(time.Millisecond))
	_, err = d.Reply(ctx, alice.Actor(), first.ConversationID, desk.Draft{Text: "Yes."})
	must(err)
	must(s.Wait(ctx, mei, 0))
	l := s.List(mei)[0]
	if !strings.HasPrefix(l.Text, "Yes.") || l.From != shop || l.Subject != fmt.Sprintf("Re: 绿茶 [#%d]", crowd+1) {
		t.Errorf("the customer got %q from %s: %q", l.Subject, l.From, l.Text)
	}
	_, err = s.Send(ctx, mailbox.Draft{From: mei, Text: "谢谢", Answers: &l})
	must(err)
	second := arrived(crowd + 2)
	m, err := d.Message(ctx, desk.System, desk.MessageID(second.SubjectID))
	must(err)
	if second.ConversationID != first.ConversationID || m.Text != "谢谢" {
		t.Errorf("the customer's answer is %q in conversation %d, not %d", m.Text, second.ConversationID, first.ConversationID)
	}
}

func server(t *testing.T, addr, user string) desk.MailServer {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	n, err2 := strconv.Atoi(port)
	if err != nil || err2 != nil {
		t.Fatal(fmt.Errorf("%v %v", err, err2))
	}
	return desk.MailServer{Host: host, Port: n, Security: "none", Username: user}
}
