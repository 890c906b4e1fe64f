package email

import (
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// What the trusted server says of a sender stands at the message; what anybody else says does not.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	o.box.Authserv = "MX.example.test "
	o.must(o.box.Check())
	o.save()
	h.Fill(support,
		"Authentication-Results: mx.example.test; spf=fail; dmarc=fail\nAuthentication-Results: mx.example.test; dmarc=pass\n"+letterFrom("mei@example.test", "1@x", "One", "one"),
		"Authentication-Results: localhost; dmarc=pass\n"+letterFrom("mei@example.test", "2@x", "Two", "two"),
	)
	o.start()
	o.awaitRows("filed", 2)
	if got := o.word("select meta ->> '$.mail.verdict' from messages where external_id = '1@x'"); got != `{"spf":"fail","dmarc":"fail"}` {
		t.Errorf("the verdict is %s", got)
	}
	if n := o.count("select count(*) from messages where external_id = '2@x' and meta ->> '$.mail.verdict' is null"); n != 1 {
		t.Error("a stranger's verdict was believed")
	}
}

func TestWhoIsTrusted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		said, host, server string
		want               bool
	}{
		{"", "imap.qq.com", "mx.qq.com", true},
		{"", "imap.qq.com", "qq.com", true},
		{"", "imap.qq.com", "mx.notqq.com", false},
		{"", "imap.qq.com", "mx.qq.com.evil.test", false},
		{"", "imap.gmail.com", "mx.google.com", true},
		{"", "imap.gmail.com", "imap.gmail.com", false},
		{"", "mail.tea.co.uk", "evil.co.uk", false},
		{"", "localhost", "localhost", true},
		{"mx.tea.example", "imap.tea.example", "imap.tea.example", false},
		{"mx.tea.example", "imap.elsewhere.example", "mx.tea.example", true},
	} {
		m := mailbox{Mailbox: desk.Mailbox{Authserv: c.said}, imap: Server{MailServer: desk.MailServer{Host: c.host}}}
		if got := m.trusts(c.server); got != c.want {
			t.Errorf("%q with IMAP at %s: trusts %s: %v", c.said, c.host, c.server, got)
		}
	}
}
