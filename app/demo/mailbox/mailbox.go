// Package mailbox is the demo's own mail provider: an IMAP and an SMTP server in this process, on loopback, with
// accounts for the shop and for a few customers, so that every mail flow can be tried with nothing installed.
//
// It promises that mail accepted by SMTP is in the recipient's mailbox at once and wakes whoever waits there by IDLE, that
// nothing leaves the machine (other domains are refused with 550), and that a restart is noticed by every IMAP client:
// the mailboxes are empty again and have another UIDVALIDITY. Mail lives in memory; each account shows its
// newest Keep mails.
//
// smtp.go takes mail in, imap.go shows it to the desk, letter.go writes and reads as a customer would.
package mailbox

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	gosmtp "github.com/emersion/go-smtp"
)

const (
	// Keep is how many mails of an account List shows.
	Keep = 200
	// MaxMessage is the size in bytes of the largest mail taken.
	MaxMessage = 25 << 20
)

// Account is one mail account. Both servers take its address as the user name.
type Account struct {
	Address  string
	Name     string
	Password string
	Language string // "en" or "zh-CN": how this person quotes when answering
}

// Servers are the running servers. They speak without TLS, on 127.0.0.1 only.
type Servers struct {
	IMAP string // host:port
	SMTP string // host:port

	accounts []Account
	smtp     *gosmtp.Server
	imap     *imapserver.Server
	validity uint32 // UIDVALIDITY of every mailbox of this run

	mu    sync.Mutex
	boxes map[string]*box
}

// box is what one account received.
type box struct {
	user    *imapmemserver.User
	letters []Letter
	changed chan struct{} // closed and replaced with every letter
}

// Start starts both servers on free ports with these accounts, all of one domain or several. They stop with ctx or Close.
func Start(ctx context.Context, accounts []Account) (*Servers, error) {
	s := &Servers{accounts: accounts, boxes: map[string]*box{}, validity: uint32(time.Now().Unix())}
	memory := imapmemserver.New()
	for _, a := range accounts {
		user := imapmemserver.NewUser(a.Address, a.Password)
		if err := user.Create("INBOX", nil); err != nil {
			return nil, fmt.Errorf("make the mailbox of %s: %w", a.Address, err)
		}
		memory.AddUser(user)
		s.boxes[strings.ToLower(a.Address)] = &box{user: user, changed: make(chan struct{})}
	}
	imapListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the demo's IMAP server: %w", err)
	}
	smtpListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		imapListener.Close()
		return nil, fmt.Errorf("start the demo's SMTP server: %w", err)
	}
	s.IMAP, s.SMTP = imapListener.Addr().String(), smtpListener.Addr().String()
	s.imap = s.imapServer()
	s.smtp = s.smtpServer()
	go s.imap.Serve(imapListener)
	go s.smtp.Serve(smtpListener)
	context.AfterFunc(ctx, s.Close)
	return s, nil
}

// Close stops both servers and cuts their connections.
func (s *Servers) Close() {
	s.imap.Close()
	s.smtp.Close()
}

// Accounts lists the accounts as Start got them.
func (s *Servers) Accounts() []Account { return slices.Clone(s.accounts) }

// Account finds an account by its address.
func (s *Servers) Account(address string) (Account, bool) {
	for _, a := range s.accounts {
		if strings.EqualFold(a.Address, address) {
			return a, true
		}
	}
	return Account{}, false
}

// List returns what an account received, newest first.
func (s *Servers) List(address string) []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[strings.ToLower(address)]
	if b == nil {
		return nil
	}
	list := slices.Clone(b.letters)
	slices.Reverse(list)
	return list
}

// Letter finds one received mail by its id.
func (s *Servers) Letter(address string, id int) (Letter, bool) {
	for _, l := range s.List(address) {
		if l.ID == id {
			return l, true
		}
	}
	return Letter{}, false
}

// Wait returns when the account has a mail with an id above after, or with ctx's error.
func (s *Servers) Wait(ctx context.Context, address string, after int) error {
	for {
		s.mu.Lock()
		b := s.boxes[strings.ToLower(address)]
		if b == nil {
			s.mu.Unlock()
			return fmt.Errorf("the demo has no account %s", address)
		}
		changed, n := b.changed, len(b.letters)
		there := n > 0 && b.letters[n-1].ID > after
		s.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// box finds the mailbox for an address; what stands behind a plus in its local part does not matter (RFC 5233).
func (s *Servers) box(address string) *box {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boxes[local+"@"+domain]
}

// ours reports whether the demo has accounts in the domain of the address.
func (s *Servers) ours(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return slices.ContainsFunc(s.accounts, func(a Account) bool {
		_, d, _ := strings.Cut(a.Address, "@")
		return strings.EqualFold(d, domain)
	})
}
