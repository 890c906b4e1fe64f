package mailhost

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// Step is a moment of an SMTP conversation at which a Faulty server can fail.
type Step string

const (
	Connect   Step = "connect" // before the greeting; a code does not fit here
	Hello     Step = "hello"   // EHLO
	Auth      Step = "auth"
	From      Step = "from" // MAIL FROM
	To        Step = "to"   // RCPT TO
	Data      Step = "data" // the whole message was read, and is not kept
	AfterData Step = "kept" // the whole message was read and kept; only the answer goes wrong
)

// Fault is what goes wrong, once.
type Fault struct {
	Step Step
	// Code and Text are the answer, such as 451 and "4.2.1 mailbox busy". Code 0: no answer.
	Code int
	Text string
	// Hang keeps the client waiting until it gives up or the test ends; otherwise code 0 cuts the connection.
	Hang bool
}

// Security is how a Faulty server protects its connections.
type Security int

const (
	Plain Security = iota
	STARTTLS
	TLS
	// BrokenTLS offers STARTTLS and then fails every handshake.
	BrokenTLS
)

// Received is one message that a Faulty server kept.
type Received struct {
	From string
	To   []string
	Raw  []byte
}

// Faulty is an SMTP server that accepts every message unless it was told otherwise. It takes AUTH PLAIN with any user
// name and the password Password.
type Faulty struct {
	Port int

	t        testing.TB
	server   *gosmtp.Server
	listener net.Listener
	done     chan struct{}

	mu       sync.Mutex
	faults   []Fault
	received []Received
	tries    int
	changed  chan struct{} // closed and replaced when a message or a try is counted
}

// StartFaulty starts a Faulty server on a free loopback port and stops it when the test ends. TLS uses a
// certificate for localhost; the configuration for clients is the second result.
func StartFaulty(t testing.TB, security Security) (*Faulty, *tls.Config) {
	t.Helper()
	f := &Faulty{t: t, done: make(chan struct{}), changed: make(chan struct{})}
	f.server = gosmtp.NewServer(gosmtp.BackendFunc(f.session))
	f.server.Domain = "faulty.example.test"
	f.server.AllowInsecureAuth = true
	f.server.ErrorLog = log.New(io.Discard, "", 0)
	f.server.MaxMessageBytes = 64 << 20

	certPEM, keyPEM, pool := certificate(t)
	pair, err := tls.X509KeyPair([]byte(certPEM), []byte(keyPEM))
	if err != nil {
		t.Fatalf("start the faulty SMTP server: %v", err)
	}
	serverTLS := &tls.Config{Certificates: []tls.Certificate{pair}}
	if f.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatalf("start the faulty SMTP server: %v", err)
	}
	f.Port = f.listener.Addr().(*net.TCPAddr).Port
	listener := net.Listener(&faultyListener{f.listener, f})
	switch security {
	case STARTTLS:
		f.server.TLSConfig = serverTLS
	case TLS:
		listener = tls.NewListener(listener, serverTLS)
	case BrokenTLS:
		f.server.TLSConfig = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return nil, errors.New("no certificate today")
		}}
	}
	go f.server.Serve(listener)
	t.Cleanup(func() { close(f.done); f.server.Close() })
	return f, &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

// Fail plans faults. Each happens once, in order: the first one planned strikes when a client reaches its step.
func (f *Faulty) Fail(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, faults...)
}

// Received returns the messages kept so far.
func (f *Faulty) Received() []Received {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Received(nil), f.received...)
}

// Await waits until n messages were kept and returns them; it fails the test after a minute.
func (f *Faulty) Await(n int) []Received {
	f.t.Helper()
	f.wait(func() bool { return len(f.received) >= n }, "%d messages did not come", n)
	return f.Received()
}

// AwaitTries waits until clients have connected n times.
func (f *Faulty) AwaitTries(n int) {
	f.t.Helper()
	f.wait(func() bool { return f.tries >= n }, "%d connections did not come", n)
}

// AwaitFaults waits until all planned faults have struck.
func (f *Faulty) AwaitFaults() {
	f.t.Helper()
	f.wait(func() bool { return len(f.faults) == 0 }, "a planned fault did not strike")
}

func (f *Faulty) wait(ok func() bool, complaint string, args ...any) {
	f.t.Helper()
	timeout := time.After(time.Minute)
	for {
		f.mu.Lock()
		fine, changed := ok(), f.changed
		f.mu.Unlock()
		if fine {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			f.t.Fatalf(complaint, args...)
		}
	}
}

// count changes the counters and wakes those who wait.
func (f *Faulty) count(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.changed)
	f.changed = make(chan struct{})
}

// strike lets the next planned fault happen if it belongs to this step.
func (f *Faulty) strike(step Step, conn net.Conn) error {
	f.mu.Lock()
	if len(f.faults) == 0 || f.faults[0].Step != step {
		f.mu.Unlock()
		return nil
	}
	fault := f.faults[0]
	f.faults = f.faults[1:]
	f.mu.Unlock()
	f.count(func() {})
	if fault.Hang {
		<-f.done
	}
	if fault.Hang || fault.Code == 0 {
		conn.Close()
		return errors.New("cut")
	}
	return &gosmtp.SMTPError{Code: fault.Code, EnhancedCode: gosmtp.NoEnhancedCode, Message: fault.Text}
}

func (f *Faulty) session(c *gosmtp.Conn) (gosmtp.Session, error) {
	if err := f.strike(Hello, c.Conn()); err != nil {
		return nil, err
	}
	return &faultySession{f: f, conn: c.Conn()}, nil
}

type faultyListener struct {
	net.Listener
	f *Faulty
}

func (l *faultyListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.f.count(func() { l.f.tries++ })
		l.f.mu.Lock()
		hang := len(l.f.faults) > 0 && l.f.faults[0].Step == Connect && l.f.faults[0].Hang
		l.f.mu.Unlock()
		if hang {
			go l.f.strike(Connect, conn)
			continue
		}
		if l.f.strike(Connect, conn) == nil {
			return conn, nil
		}
	}
}

type faultySession struct {
	f    *Faulty
	conn net.Conn
	mail Received
}

func (s *faultySession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *faultySession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if err := s.f.strike(Auth, s.conn); err != nil {
			return err
		}
		if password != Password {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *faultySession) Mail(from string, _ *gosmtp.MailOptions) error {
	s.mail = Received{From: from}
	return s.f.strike(From, s.conn)
}

func (s *faultySession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if err := s.f.strike(To, s.conn); err != nil {
		return err
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *faultySession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.f.strike(Data, s.conn); err != nil {
		return err
	}
	s.mail.Raw = raw
	s.f.count(func() { s.f.received = append(s.f.received, s.mail) })
	return s.f.strike(AfterData, s.conn)
}

func (s *faultySession) Reset()        { s.mail = Received{} }
func (s *faultySession) Logout() error { return nil }
