package desk

import (
	"strings"
	"testing"
)

func TestSecretsStayWithTheirServer(t *testing.T) {
	before := Mailbox{IMAP: MailServer{Host: "imap.tea.example", Username: "us", Security: "tls", Auth: "xoauth2"}, SMTP: MailServer{Host: "smtp.tea.example", Username: "us", Security: "tls"},
		OAuth: &MailOAuth{Provider: "other", TokenURL: "https://id.tea.example/token"}}
	stored := MailboxSecrets{IMAP: "a", SMTP: "b", ClientSecret: "c", Refresh: "d"}
	for name, c := range map[string]struct {
		change func(*Mailbox)
		given  MailboxSecrets
		faults string
		keeps  bool // the consent
	}{
		"nothing":             {func(*Mailbox) {}, MailboxSecrets{}, "", true},
		"another IMAP server": {func(m *Mailbox) { m.IMAP.Host = "evil.example" }, MailboxSecrets{}, "imap.password", false},
		"given again":         {func(m *Mailbox) { m.IMAP.Host = "new.example" }, MailboxSecrets{IMAP: "n"}, "", false},
		"another SMTP server": {func(m *Mailbox) { m.SMTP.Host = "evil.example" }, MailboxSecrets{IMAP: "n"}, "smtp.password", false},
		"another account":     {func(m *Mailbox) { m.IMAP.Username = "them" }, MailboxSecrets{}, "imap.password", false},
		"in clear":            {func(m *Mailbox) { m.SMTP.Security = "none" }, MailboxSecrets{}, "smtp.password", false},
		"another provider":    {func(m *Mailbox) { m.OAuth = &MailOAuth{Provider: "other", TokenURL: "https://evil.example/"} }, MailboxSecrets{}, "oauth.client_secret", false},
	} {
		after, s := before, stored
		c.change(&after)
		var names []string
		for _, f := range s.Elsewhere(before, after, c.given) {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.faults || (s.Refresh != "") != c.keeps {
			t.Errorf("%s: faults %q, consent %q", name, got, s.Refresh)
		}
	}
	// Without a password of its own SMTP has IMAP's.
	after, s := before, MailboxSecrets{IMAP: "a"}
	after.SMTP.Host = "evil.example"
	if f := s.Elsewhere(before, after, MailboxSecrets{}); len(f) != 1 || f[0].Name != "smtp.password" {
		t.Errorf("IMAP's password would go to %s: %v", after.SMTP.Host, f)
	}
}
