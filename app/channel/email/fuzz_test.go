package email

import (
	"bytes"
	"net"
	"strings"
	"testing"
)

// monologue is a line on which a server has said all that it will.
type monologue struct {
	net.Conn
	in  *bytes.Reader
	out bytes.Buffer
}

func (s *monologue) Read(p []byte) (int, error)  { return s.in.Read(p) }
func (s *monologue) Write(p []byte) (int, error) { return s.out.Write(p) }

// FuzzGreeting: what a server says before the connection is encrypted is read to the last line that was asked for, and no further; a
// line is never longer than its bound.
func FuzzGreeting(f *testing.F) {
	for _, text := range []string{"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n", "* PREAUTH in\r\n", "220 mx ESMTP\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n", "220-a\r\n220-b\r\n", "+OK POP3\r\n", "* BYE\r\n", "250 \x00\r\n", "SSH-2.0-x\r\n", strings.Repeat("220-x\r\n", 200)} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, imap bool) {
		var p protocol = smtpWire{"desk.example"}
		if imap {
			p = imapWire{}
		}
		conn := &monologue{in: bytes.NewReader([]byte(text))}
		greeting, err := p.greeting(conn)
		if err != nil {
			return
		}
		if strings.ContainsAny(greeting, "\r\n") || len(greeting) > maxLine {
			t.Errorf("the greeting is %q", greeting)
		}
		if err := p.startTLS(conn, greeting); err == nil && !strings.Contains(strings.ToUpper(conn.out.String()), "STARTTLS") {
			t.Errorf("TLS begins after %q, and nobody asked", conn.out.String())
		}
	})
}
