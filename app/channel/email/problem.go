package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"

	"deskbell/app/channel"
	"deskbell/app/netguard"
)

// The ways in which a conversation with a mail server ends early. Their words go to the log; explain finds the sentence.
type (
	tlsError      struct{ error }         // the handshake went wrong
	noTLSError    struct{ said string }   // STARTTLS was refused or is not offered
	protocolError struct{ said string }   // it does not speak the protocol, or breaks it
	noLoginError  struct{}                // no log in on this connection, or none that we know
	loginError    struct{ error }         // user or password
	silentError   struct{ time.Duration } // no answer
	folderError   struct {
		folder string
		error
	}
)

func (e *tlsError) Error() string      { return "TLS: " + e.error.Error() }
func (e *tlsError) Unwrap() error      { return e.error }
func (e *noTLSError) Error() string    { return "no STARTTLS: " + printable(e.said) }
func (e *protocolError) Error() string { return "the server said " + printable(e.said) }
func (*noLoginError) Error() string    { return "the server offers no log in on this connection" }
func (e *loginError) Error() string    { return "log in: " + printable(e.error.Error()) }
func (e *loginError) Unwrap() error    { return e.error }
func (e *silentError) Error() string   { return fmt.Sprintf("no answer within %v", e.Duration) }
func (e *folderError) Error() string {
	return fmt.Sprintf("open folder %q: %s", e.folder, printable(e.error.Error()))
}
func (e *folderError) Unwrap() error { return e.error }

// explain turns an error of a conversation with the server into words; side is "imap" or "smtp".
func explain(side string, s Server, err error) *channel.Problem {
	p := func(field, key string, args ...any) *channel.Problem {
		return &channel.Problem{Field: side + "." + field, Key: "mailbox.problem." + key, Args: args, Err: err}
	}
	var (
		already *channel.Problem
		dns     *net.DNSError
		notTLS  tls.RecordHeaderError
		noTLS   *noTLSError
		login   *loginError
		noLogin *noLoginError
		folder  *folderError
		proto   *protocolError
		silent  *silentError
		handsh  *tlsError
		timeout net.Error
	)
	switch {
	case errors.As(err, &already):
		return already
	case errors.Is(err, netguard.ErrRefused):
		return p("host", "private", s.Host)
	case errors.As(err, &dns):
		return p("host", "no_such_host", s.Host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return p("port", "refused", s.Host, s.Port)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return p("host", "unreachable", s.Host)
	case errors.As(err, &login):
		return loginProblem(p, login, s)
	case errors.As(err, &noLogin):
		return p("security", "no_login")
	case errors.As(err, &folder):
		return p("folder", "no_folder", folder.folder)
	case errors.As(err, &noTLS):
		return p("security", "no_starttls", s.Host, s.Port)
	case errors.As(err, &notTLS):
		return p("security", "not_tls", s.Host, s.Port)
	case errors.As(err, &handsh):
		return certificateProblem(p, handsh.error, s)
	case errors.As(err, &proto):
		return protocolProblem(p, side, proto, s)
	case errors.As(err, &silent), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return silentProblem(p, s)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return p("port", "hung_up", s.Host, s.Port)
	}
	return p("host", "other", printable(err.Error()))
}

type problemFunc func(field, key string, args ...any) *channel.Problem

// loginProblem tells a wrong password from a server that is full or wants something else.
func loginProblem(p problemFunc, err *loginError, s Server) *channel.Problem {
	said := printable(err.error.Error())
	low := strings.ToLower(said)
	var reply *textproto.Error
	switch {
	case errors.As(err.error, &reply) && reply.Code/100 == 4:
		return p("username", "login_later", said)
	case strings.Contains(low, "unavailable"), strings.Contains(low, "try again"), strings.Contains(low, "too many"):
		return p("username", "login_later", said)
	case strings.Contains(low, "application-specific"), strings.Contains(low, "app password"), strings.Contains(low, "authorization code"), strings.Contains(said, "授权码"):
		return p("password", "app_password", said)
	}
	return p("password", "wrong_password", s.Username, said)
}

func certificateProblem(p problemFunc, err error, s Server) *channel.Problem {
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return p("host", "certificate_name", s.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return p("host", "certificate_expired", s.Host)
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return p("host", "certificate_unknown", s.Host)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return silentProblem(p, s)
	}
	return p("security", "tls_failed", s.Host, s.Port, printable(err.Error()))
}

// protocolProblem names the protocol that answered instead.
func protocolProblem(p problemFunc, side string, err *protocolError, s Server) *channel.Problem {
	said := strings.ToUpper(err.said)
	switch {
	case side == "imap" && strings.HasPrefix(said, "220"):
		return p("port", "is_smtp", s.Host, s.Port)
	case strings.HasPrefix(said, "+OK"):
		return p("port", "is_pop3", s.Host, s.Port)
	case side == "smtp" && strings.HasPrefix(said, "* OK"):
		return p("port", "is_imap", s.Host, s.Port)
	case strings.HasPrefix(said, "* BYE"), strings.HasPrefix(said, "421"), strings.HasPrefix(said, "554"):
		return p("host", "turned_away", printable(err.said))
	case strings.HasPrefix(err.said, "\x15"), strings.HasPrefix(err.said, "\x16"): // a TLS record
		return p("security", "is_tls", s.Host, s.Port)
	}
	return p("port", "not_mail", s.Host, s.Port, printable(err.said))
}

// silentProblem is told when nothing comes: a wall that drops, or a port that waits for TLS first.
func silentProblem(p problemFunc, s Server) *channel.Problem {
	if s.Security != TLS && (s.Port == 993 || s.Port == 465 || s.Port == 995) {
		return p("security", "is_tls", s.Host, s.Port)
	}
	return p("port", "silent", s.Host, s.Port)
}

// printable keeps a server's words fit for a page and a log: one line, no control characters, at most 200 characters.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > 200 {
		r = append(r[:199], '…')
	}
	return string(r)
}
