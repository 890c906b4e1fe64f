package email

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
	"deskbell/app/netguard"
)

func TestAccessToken(t *testing.T) {
	good := base64.StdEncoding.EncodeToString([]byte("user=support@example.test\x01auth=Bearer good\x01\x01"))
	serve := func(c net.Conn, r *bufio.Reader) {
		io.WriteString(c, "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2 LOGINDISABLED] hi\r\n")
		line, _ := r.ReadString('\n')
		tag, _, _ := strings.Cut(line, " ")
		if !strings.Contains(line, "AUTHENTICATE XOAUTH2 "+good) {
			io.WriteString(c, "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
			r.ReadString('\n')
			io.WriteString(c, tag+" NO [AUTHENTICATIONFAILED] Invalid credentials\r\n")
			return
		}
		script(tag+" OK [CAPABILITY IMAP4rev1] in\r\n", "* 0 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n$TAG OK\r\n")(c, r)
	}
	for token, want := range map[string]string{"good": "", "bad": "mailbox.problem.wrong_password"} {
		s := server("127.0.0.1", canned(t, serve), None, token)
		s.Auth = "xoauth2"
		key := ""
		if p := checkIMAP(t.Context(), anywhere, s, nil); p != nil {
			key = p.Key
			t.Log(p)
		}
		if key != want {
			t.Errorf("token %s: %q, want %q", token, key, want)
		}
	}
}

func TestCheckNamesTheField(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	base := mailbox{Mailbox: desk.Mailbox{Address: "support@example.test"}, imap: imapServer(h), smtp: server("localhost", h.SMTPS, TLS, mailhost.Password)}
	closed := mailhost.Refusing(t)
	// The name server that this machine asks may be away, slow, or answer for names that nobody has.
	dial := (&netguard.Guard{AllowPrivate: true, Resolver: mailhost.StartDNS(t, nil).Resolver()}).DialContext

	for name, c := range map[string]struct {
		change func(*mailbox)
		trust  *tls.Config
		want   []string
	}{
		"well": {func(s *mailbox) {}, h.TLS(), nil},
		"well with STARTTLS": {func(s *mailbox) {
			s.imap.Port, s.imap.Security, s.smtp.Port, s.smtp.Security = h.IMAP, STARTTLS, h.Submission, STARTTLS
		}, h.TLS(), nil},
		"password":            {func(s *mailbox) { s.imap.Password, s.smtp.Password = "no", "no" }, h.TLS(), []string{"imap.password wrong_password", "smtp.password wrong_password"}},
		"port":                {func(s *mailbox) { s.imap.Port, s.smtp.Port = closed, closed }, h.TLS(), []string{"imap.port refused", "smtp.port refused"}},
		"host":                {func(s *mailbox) { s.imap.Host, s.smtp.Host = "mail.invalid", "mail.invalid" }, h.TLS(), []string{"imap.host no_such_host", "smtp.host no_such_host"}},
		"TLS on a plain port": {func(s *mailbox) { s.imap.Port, s.smtp.Port = h.IMAP, h.MX }, h.TLS(), []string{"imap.security not_tls", "smtp.security not_tls"}},
		"no STARTTLS there":   {func(s *mailbox) { s.smtp.Port, s.smtp.Security = h.MX, STARTTLS }, h.TLS(), []string{"smtp.security no_starttls"}},
		"swapped ports":       {func(s *mailbox) { s.imap.Port, s.smtp.Port = h.SMTPS, h.IMAPS }, h.TLS(), []string{"imap.port is_smtp", "smtp.port is_imap"}},
		"folder":              {func(s *mailbox) { s.imap.Folder = "Nowhere" }, h.TLS(), []string{"imap.folder no_folder"}},
		"unknown certificate": {func(s *mailbox) {}, nil, []string{"imap.host certificate_unknown", "smtp.host certificate_unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := base
			c.change(&s)
			var got []string
			for _, p := range check(t.Context(), dial, s, c.trust) {
				got = append(got, p.Field+" "+strings.TrimPrefix(p.Key, "mailbox.problem."))
				if strings.Contains(p.Error()+fmt.Sprint(p.Args), mailhost.Password) {
					t.Errorf("the password is told: %v %v", p, p.Args)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}

	t.Run("private address", func(t *testing.T) {
		for _, p := range check(t.Context(), new(netguard.Guard).DialContext, base, h.TLS()) {
			if p.Key != "mailbox.problem.private" {
				t.Errorf("got %v %s", p, p.Key)
			}
		}
	})
}
