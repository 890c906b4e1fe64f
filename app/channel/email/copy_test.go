package email

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// However many mails are sent at once, copies are put into a mailbox one after the other, and into another one beside it.
func TestCopiesOneAfterTheOther(t *testing.T) {
	var mu sync.Mutex
	open, most := map[string]int{}, 0
	began, end := make(chan string, 100), make(chan struct{})
	c := New(nil, func(_ context.Context, _, address string) (net.Conn, error) {
		mu.Lock()
		open[address]++
		most = max(most, open[address])
		mu.Unlock()
		began <- address
		<-end
		mu.Lock()
		defer mu.Unlock()
		open[address]--
		return nil, errors.New("no more")
	}, slog.New(slog.DiscardHandler))
	box := func(host string) (b mailbox) {
		b.KeepCopy, b.imap.Host, b.imap.Port, b.imap.Security = true, host, 143, None
		return b
	}
	for range 20 {
		c.copySent(t.Context(), &desk.Inbox{ID: 1}, box("one.test"), channel.Outbound{Message: &desk.Message{}}, strings.NewReader("x"))
		c.copySent(t.Context(), &desk.Inbox{ID: 2}, box("two.test"), channel.Outbound{Message: &desk.Message{}}, strings.NewReader("x"))
	}
	next := func() string {
		t.Helper()
		select {
		case address := <-began:
			return address
		case <-time.After(time.Minute):
			t.Fatal("no copy is made")
			return ""
		}
	}
	for range 40 {
		next()
		end <- struct{}{}
	}
	mu.Lock()
	defer mu.Unlock()
	if most != 1 {
		t.Errorf("%d copies were put into one mailbox at once", most)
	}
}

// A copy of what went out is kept once, also where the first of its recipients is refused, and when he gets it after all.
func TestACopyThoughTheFirstIsRefused(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	f, trust := mailhost.StartFaulty(t, mailhost.STARTTLS)
	h.Fill(support, letterFrom("mei@example.test", "1@x", "Tea", "one"))
	o := newOffice(t, h)
	o.ch.Trust, o.box.KeepCopy = trust, true // the mailbox is read without TLS here
	o.box.IMAP.Port, o.box.IMAP.Security = h.IMAP, None
	o.box.SMTP.Port, o.box.SMTP.Security = f.Port, STARTTLS
	o.save()
	o.start()
	o.awaitRows("filed", 1)
	f.Fail(mailhost.Fault{Step: mailhost.To, Code: 550, Text: "5.1.1 no such user here"})
	reply := func(text string, cc ...string) *desk.Message {
		m, err := o.Reply(t.Context(), o.alice, o.conversation(1).ID, desk.Draft{Text: text, CC: cc})
		o.must(err)
		return m
	}
	kept := func(m *desk.Message) (n int) {
		for _, copied := range h.Folder(support, "Sent") {
			if copied.Header("Message-ID") == "<"+m.ExternalID+">" {
				n++
			}
		}
		return n
	}
	m := reply("Yes", "li@example.test")
	o.awaitDelivery(m, "failed")
	f.Await(1)
	o.until("the copy in the folder for sent mail", func() bool { return kept(m) == 1 })
	o.must(o.TryAgain(t.Context(), o.alice, m.ID))
	o.awaitDelivery(m, "sent")
	last := reply("And a word more")
	o.until("the copy of the next", func() bool { return kept(last) == 1 })
	if n := kept(m); n != 1 {
		t.Errorf("it was kept %d times", n)
	}
}
