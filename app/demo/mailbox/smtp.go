package mailbox

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

func (s *Servers) smtpServer() *gosmtp.Server {
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		return &smtpSession{servers: s, conn: c}, nil
	}))
	server.Domain = "localhost"
	server.AllowInsecureAuth = true // loopback only
	server.MaxMessageBytes = MaxMessage
	server.MaxRecipients = 50
	server.ReadTimeout, server.WriteTimeout = 5*time.Minute, time.Minute
	server.EnableSMTPUTF8 = true
	server.ErrorLog = quiet{}
	return server
}

// smtpSession takes mail for the demo's accounts, from anybody; who logs in must know the password.
type smtpSession struct {
	servers *Servers
	conn    *gosmtp.Conn
	from    string
	to      []string
}

func (c *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if a, ok := c.servers.Account(user); !ok || a.Password != password {
			return gosmtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (c *smtpSession) Mail(from string, _ *gosmtp.MailOptions) error {
	c.from = from
	return nil
}

func (c *smtpSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	switch {
	case c.servers.box(to) != nil:
		c.to = append(c.to, to)
		return nil
	case c.servers.ours(to):
		return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox in the demo"}
	}
	return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 7, 1}, Message: "the demo sends nothing to the outside"}
}

func (c *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, to := range c.to {
		// The trace fields of a final delivery, RFC 5321 section 4.4.
		head := fmt.Sprintf("Return-Path: <%s>\r\nDelivered-To: %s\r\nReceived: from %s by localhost with ESMTP; %s\r\n",
			c.from, to, c.conn.Hostname(), now.Format(time.RFC1123Z))
		if err := c.servers.store(to, append([]byte(head), raw...), now); err != nil {
			return err
		}
	}
	return nil
}

func (c *smtpSession) Reset()        { c.from, c.to = "", nil }
func (c *smtpSession) Logout() error { return nil }

// store puts a mail into the mailbox of an address, for IMAP and for List.
func (s *Servers) store(to string, raw []byte, at time.Time) error {
	b := s.box(to)
	if b == nil {
		return fmt.Errorf("the demo has no account %s", to)
	}
	if _, err := b.user.Append("INBOX", literal{bytes.NewReader(raw), int64(len(raw))}, &imap.AppendOptions{Time: at}); err != nil {
		return fmt.Errorf("store mail for %s: %w", to, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := read(raw, at)
	l.ID = 1
	if n := len(b.letters); n > 0 {
		l.ID = b.letters[n-1].ID + 1
	}
	b.letters = append(b.letters, l)
	if len(b.letters) > Keep {
		b.letters = b.letters[len(b.letters)-Keep:]
	}
	close(b.changed)
	b.changed = make(chan struct{})
	return nil
}

type literal struct {
	io.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

// quiet takes the servers' own complaints about broken connections.
type quiet struct{}

func (quiet) Printf(format string, args ...any) {
	slog.Debug("demo mail server", "said", fmt.Sprintf(format, args...))
}
func (quiet) Println(args ...any) { slog.Debug("demo mail server", "said", fmt.Sprint(args...)) }
