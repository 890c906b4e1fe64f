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
