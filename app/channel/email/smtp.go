package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"deskbell/app/mail"
)

const (
	sendWait = 2 * time.Minute  // for an answer to a command
	dataWait = 10 * time.Minute // for the answer to a whole message (RFC 5321 section 4.5.3.2.6)
)

// transport is a logged-in SMTP connection. go-mail's Client gives up a whole message when one recipient is
// refused, and cannot send the stored bytes of an earlier attempt; so its lower layer is used, one recipient per transaction.
type transport struct {
	client *smtp.Client
	conn   *thrift
	stop   func() bool
}

// refusal is a server's answer to one step of a transaction.
type refusal struct {
	Step string // MAIL, RCPT, DATA or the end of the message
	Code int    // 0 when the connection broke
	Said string
	err  error
}

func (r *refusal) Error() string {
	if r.Code == 0 {
		return fmt.Sprintf("%s: %v", r.Step, r.err)
	}
	return fmt.Sprintf("%s: %d %s", r.Step, r.Code, r.Said)
}

func (r *refusal) Unwrap() error { return r.err }

// permanent reports whether trying again is of no use. A server that wants a log in first (530, 535) complains about the
// mailbox and not about the message.
func (r *refusal) permanent() bool {
	return r.Code/100 == 5 && r.Code != 530 && r.Code != 535
}

// openSMTP connects to an SMTP server and logs in, if there is a user name. The connection ends with ctx.
func openSMTP(ctx context.Context, dial dialFunc, s Server, helo string, trust *tls.Config) (*transport, error) {
	conn, greeting, err := dialServer(ctx, dial, smtpWire{helo}, s, trust)
	if err != nil {
		return nil, err
	}
	t := &transport{conn: &thrift{Conn: conn, before: greeting}}
	t.conn.refill()
	t.stop = context.AfterFunc(ctx, func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(helloWait))
	if err := t.login(s, helo); err != nil {
		t.abort()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return t, nil
}

func (t *transport) login(s Server, helo string) (err error) {
	if t.client, err = smtp.NewClient(t.conn, s.Host); err != nil {
		return err
	}
	if err := t.client.Hello(helo); err != nil {
		return fmt.Errorf("EHLO: %w", err)
	}
	if s.Username == "" {
		return nil
	}
	if ok, _ := t.client.Extension("AUTH"); !ok {
		return &noLoginError{}
	}
	if err := t.client.Auth(&auth{s: s}); err != nil {
		var reply *textproto.Error
		if errors.As(err, &reply) {
			return &loginError{err}
		}
		return err
	}
	return nil
}

// send hands over one message for one recipient and returns the server's answer. An error is a *refusal. When it
// returns nil the server has taken the responsibility for the message.
func (t *transport) send(from, to string, message letter) (answer string, err error) {
	step := func(name string, wait time.Duration, do func() error) error {
		t.conn.refill()
		t.conn.SetDeadline(time.Now().Add(wait))
		return refused(name, do())
	}
	if bad := badAddress(to); bad != nil {
		return "", bad
	}
	from, to = or(mail.Wireable(from), from), or(mail.Wireable(to), to)
	t.client.SkipSMTPUTF8(ascii(from) && ascii(to)) // asked for without need, it makes old servers further on refuse the mail
	if err := step("MAIL", sendWait, func() error { return t.client.Mail("<" + from + ">") }); err != nil {
		return "", err
	}
	if err := step("RCPT", sendWait, func() error { return t.client.Rcpt("<" + to + ">") }); err != nil {
		return "", err
	}
	var w io.WriteCloser
	if err := step("DATA", sendWait, func() (err error) { w, err = t.client.Data(); return err }); err != nil {
		return "", err
	}
	err = step("message", dataWait, func() error {
		if _, err := message.WriteTo(&pushing{w, t.conn}); err != nil {
			return err
		}
		t.conn.SetDeadline(time.Now().Add(dataWait))
		return w.Close()
	})
	if err != nil {
		return "", err
	}
	if said, ok := w.(*smtp.DataCloser); ok {
		answer = printable(said.ServerResponse())
	}
	return answer, nil
}

// pushing moves the deadline on while a large message goes out on a slow line.
type pushing struct {
	w    io.Writer
	conn net.Conn
}

func (p *pushing) Write(b []byte) (int, error) {
	p.conn.SetDeadline(time.Now().Add(sendWait))
	return p.w.Write(b)
}

// reset prepares the connection for another transaction after a refusal.
func (t *transport) reset() error {
	t.conn.refill()
	t.conn.SetDeadline(time.Now().Add(sendWait))
	return t.client.Reset()
}

// close says good-bye and ends the connection; what the server makes of it does not matter any more.
func (t *transport) close() {
	t.conn.refill()
	t.conn.SetDeadline(time.Now().Add(5 * time.Second))
	t.client.Quit()
	t.abort()
}

func (t *transport) abort() {
	t.stop()
	t.conn.Close()
}

// badAddress refuses what would say more to the server than an address does.
func badAddress(a string) error {
	if strings.Contains(a, "@") && !strings.ContainsFunc(a, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' }) {
		return nil
	}
	return &refusal{Step: "RCPT", Code: 553, Said: "this is no mail address"}
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e })
}

func refused(step string, err error) error {
	if err == nil {
		return nil
	}
	r := &refusal{Step: step, err: err}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		r.Code, r.Said = reply.Code, printable(reply.Msg)
	}
	return r
}

// auth logs in by the mechanism that the server offers and we know. Whether the connection is encrypted enough was
// the settings' decision.
type auth struct {
	s    Server
	real smtp.Auth
}

func (a *auth) Start(server *smtp.ServerInfo) (string, []byte, error) {
	offers := func(name string) bool {
		return slices.ContainsFunc(server.Auth, func(m string) bool { return strings.EqualFold(m, name) })
	}
	switch {
	case a.s.Auth == "xoauth2":
		a.real = smtp.XOAuth2Auth(a.s.Username, a.s.Password)
	case offers("PLAIN"):
		a.real = smtp.PlainAuth("", a.s.Username, a.s.Password, server.Name, true)
	case offers("LOGIN"):
		a.real = smtp.LoginAuth(a.s.Username, a.s.Password, server.Name, true)
	case offers("CRAM-MD5"):
		a.real = smtp.CRAMMD5Auth(a.s.Username, a.s.Password)
	default:
		return "", nil, &noLoginError{}
	}
	return a.real.Start(server)
}

func (a *auth) Next(said []byte, more bool) ([]byte, error) { return a.real.Next(said, more) }
