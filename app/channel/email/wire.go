package email

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// A mail server is typed in by an admin and may be anything. What it sends is bounded here, before a parser sees it.
const (
	maxLine     = 256 << 10 // bytes of one line of IMAP, literals not counted
	maxLines    = 100       // before STARTTLS
	helloWait   = 20 * time.Second
	smallString = 64 << 10 // bytes of a literal that is no mail
)

// dialFunc is netguard's DialContext.
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// protocol is what IMAP and SMTP do differently before TLS. It is spoken here and not by the libraries, so that nothing that was
// sent in the clear is ever taken for an answer (RFC 3501 section 6.2.1, RFC 3207 section 5), and so that a
// greeting in another protocol can be named.
type protocol interface {
	greeting(conn net.Conn) (string, error) // reads the server's greeting and returns a line that stands for it
	startTLS(conn net.Conn, greeting string) error
	encrypted() string // the greeting that the library sees on a connection after STARTTLS
}

// dialServer connects, protects the connection as the settings say and reads the greeting, which it returns with CRLF.
func dialServer(ctx context.Context, dial dialFunc, p protocol, s Server, trust *tls.Config) (net.Conn, []byte, error) {
	conn, err := dial(ctx, "tcp", s.address())
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.SetDeadline(time.Now().Add(helloWait))
	secured, greeting, err := secure(conn, p, s, trust)
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, nil, err
	}
	conn.SetDeadline(time.Time{})
	return secured, []byte(greeting + "\r\n"), nil
}

func secure(conn net.Conn, p protocol, s Server, trust *tls.Config) (net.Conn, string, error) {
	handshake := func() error {
		t := tls.Client(conn, tlsConfig(trust, s.Host))
		if err := t.Handshake(); err != nil {
			return &tlsError{err}
		}
		conn = t
		return nil
	}
	if s.Security == TLS {
		if err := handshake(); err != nil {
			return nil, "", err
		}
	}
	greeting, err := p.greeting(conn)
	if err != nil || s.Security != STARTTLS {
		return conn, greeting, err
	}
	if err := p.startTLS(conn, greeting); err != nil {
		return nil, "", err
	}
	if err := handshake(); err != nil { // whatever was already sent in the clear breaks it
		return nil, "", err
	}
	return conn, p.encrypted(), nil
}

// imapWire is IMAP before TLS.
type imapWire struct{}

func (imapWire) greeting(conn net.Conn) (string, error) {
	line, err := readLine(conn)
	if err != nil {
		return "", err
	}
	upper := strings.ToUpper(line)
	if strings.HasPrefix(upper, "* OK") || strings.HasPrefix(upper, "* PREAUTH") {
		return line, nil
	}
	return "", &protocolError{said: line}
}

func (imapWire) startTLS(conn net.Conn, greeting string) error {
	if !strings.HasPrefix(strings.ToUpper(greeting), "* OK") {
		return &protocolError{said: greeting} // PREAUTH would skip the log in, and the encryption with it
	}
	if _, err := io.WriteString(conn, "s STARTTLS\r\n"); err != nil {
		return err
	}
	for range maxLines {
		line, err := readLine(conn)
		if err != nil {
			return err
		}
		upper := strings.ToUpper(line)
		switch {
		case strings.HasPrefix(upper, "S OK"):
			return nil
		case strings.HasPrefix(upper, "S "):
			return &noTLSError{said: line}
		}
	}
	return &protocolError{said: "more lines than an answer to STARTTLS has"}
}

func (imapWire) encrypted() string { return "* OK encrypted" }

// smtpWire is SMTP before TLS; helo is the name we give.
type smtpWire struct{ helo string }

func (smtpWire) greeting(conn net.Conn) (string, error) {
	lines, err := readReply(conn, "220")
	if err != nil {
		return "", err
	}
	return "220 " + strings.TrimSpace(lines[0]), nil
}

func (w smtpWire) startTLS(conn net.Conn, _ string) error {
	if _, err := io.WriteString(conn, "EHLO "+w.helo+"\r\n"); err != nil {
		return err
	}
	lines, err := readReply(conn, "250")
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.EqualFold(strings.TrimSpace(l), "STARTTLS") }) {
		return &noTLSError{said: "STARTTLS is not offered"}
	}
	if _, err := io.WriteString(conn, "STARTTLS\r\n"); err != nil {
		return err
	}
	_, err = readReply(conn, "220")
	var other *protocolError
	if errors.As(err, &other) {
		return &noTLSError{said: other.said}
	}
	return err
}

func (smtpWire) encrypted() string { return "220 encrypted" }

// readReply reads an SMTP reply of one or several lines (RFC 5321 section 4.2.1) and returns them without the code.
func readReply(conn net.Conn, code string) ([]string, error) {
	var lines []string
	for range maxLines {
		line, err := readLine(conn)
		if err != nil {
			return nil, err
		}
		if len(line) < 3 || line[:3] != code {
			return nil, &protocolError{said: line}
		}
		if len(line) == 3 {
			return append(lines, ""), nil
		}
		lines = append(lines, line[4:])
		if line[3] != '-' {
			return lines, nil
		}
	}
	return nil, &protocolError{said: "more lines than a reply has"}
}

// readLine reads byte by byte, so that nothing behind the line is taken from the connection.
func readLine(r io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) < 4096 {
		if _, err := io.ReadFull(r, one); err != nil {
			if len(line) > 0 && errors.Is(err, io.EOF) {
				return "", &protocolError{said: string(line)}
			}
			return "", err
		}
		if one[0] == '\n' {
			text := strings.TrimRight(string(line), "\r")
			if strings.Contains(text, "\r") { // one reader's end of a line, and another's word
				return "", &protocolError{said: text}
			}
			return text, nil
		}
		line = append(line, one[0])
	}
	return "", &protocolError{said: string(line[:60])}
}

func tlsConfig(base *tls.Config, host string) *tls.Config {
	conf := &tls.Config{}
	if base != nil {
		conf = base.Clone()
	}
	conf.MinVersion = tls.VersionTLS12
	conf.ServerName = host
	return conf
}
