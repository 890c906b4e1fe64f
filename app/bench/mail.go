package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"deskbell/app/demo/mailbox"
	"deskbell/app/desk"

	gosmtp "github.com/emersion/go-smtp"
)

const support = "support@tea.example"

// mail measures how fast a full mailbox becomes tickets, and how soon a new mail is one.
func (b *bench) mail(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	provider, err := mailbox.Start(ctx, []mailbox.Account{{Address: support, Name: "Support", Password: "secret"}})
	if err != nil {
		return err
	}
	n := b.of(10_000)
	if err := fill(provider.SMTP, n); err != nil {
		return err
	}
	settings, err := boxOf(provider)
	if err != nil {
		return err
	}
	c, err := b.newCompany(ctx, "mail", 0, 1, &desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: settings, Secrets: desk.MailboxSecrets{IMAP: "secret", SMTP: "secret"}})
	if err != nil {
		return err
	}
	p, err := b.serve(ctx, c.dir)
	if err != nil {
		return err
	}
	defer p.stop()
	began := time.Now()
	count, err := newCounter(c.dir)
	if err != nil {
		return err
	}
	defer count.Close()
	if err := count.wait(ctx, n, 90*time.Second); err != nil {
		return err
	}
	rate := float64(n) / time.Since(began).Seconds()
	b.report.over(figure{Part: "mail", What: fmt.Sprintf("%d waiting mails into tickets", n), Value: rate, Unit: "a second",
		Remark: "a quarter are answers, some of them long before their parents, and a fifth bring a file"}, 300)
	if err := b.complete(ctx, count, n); err != nil {
		return err
	}
	b.report.under(figure{Part: "mail", What: "memory while reading them, at most", Value: kilobytes(fmt.Sprintf("/proc/%d/status", p.pid), "VmHWM:"), Unit: "MB"}, 150)
	return b.newMail(ctx, provider, c, p, n)
}

// complete looks whether every answer is beside its parent, and every file is there.
func (b *bench) complete(ctx context.Context, count counter, n int) error {
	for _, c := range []struct {
		what, query string
		want        int
	}{
		{"tickets", "select count(*) from tickets where merged_into is null", n - n/4},
		{"answers beside their parents", `select count(*) from messages m join messages p on p.external_id = m.meta ->> '$.mail.references[0]' where m.conversation_id = p.conversation_id`, n / 4},
		{"files", "select count(*) from files where message_id is not null", n / 5},
	} {
		have, err := count.of(ctx, c.query)
		if err != nil {
			return err
		}
		if have != c.want {
			b.report.broken("mail", fmt.Errorf("%d mails made %d %s, and %d were wanted", n, have, c.what, c.want))
		}
	}
	return nil
}

func boxOf(s *mailbox.Servers) (desk.Mailbox, error) {
	server := func(addr string) (desk.MailServer, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return desk.MailServer{}, err
		}
		number, err := strconv.Atoi(port)
		return desk.MailServer{Host: host, Port: number, Security: "none"}, err
	}
	m := desk.Mailbox{Address: support}
	var err error
	if m.IMAP, err = server(s.IMAP); err != nil {
		return m, err
	}
	if m.SMTP, err = server(s.SMTP); err != nil {
		return m, err
	}
	return m, m.Check()
}

// newMail measures from the mail server's word that it has a mail to the agent's event.
func (b *bench) newMail(ctx context.Context, provider *mailbox.Servers, c *company, p *process, stored int) error {
	t := ofDeskbell(p, c)
	got, err := t.watch(ctx)
	if err != nil {
		return err
	}
	if err := pause(ctx, 2*time.Second); err != nil { // the desk has read all, and waits
		return err
	}
	worst := time.Duration(0)
	for i := range b.of(10) {
		id := 1_000_000 + i
		if err := send(provider.SMTP, letter(id, -1)); err != nil {
			return err
		}
		began := time.Now()
		if err := got.wait(ctx, 20*time.Second, func() bool { _, ok := got.has(id); return ok }); err != nil {
			return err
		}
		at, _ := got.has(id)
		worst = max(worst, at.Sub(began))
	}
	b.report.under(figure{Part: "mail", What: "a new mail to the agent's event, worst of ten", Value: worst.Seconds(), Unit: "s"}, 0.7)
	return nil
}

// fill puts n mails into the mailbox; every fourth answers another, mostly the one before it, at times one that comes hundreds later.
func fill(addr string, n int) error {
	conn, err := gosmtp.Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	for i := range n {
		parent := -1
		if i%4 == 3 {
			parent = i - 1
			if i%40 == 39 && i+399 < n {
				parent = i + 399
			}
		}
		if err := conn.SendMail("li@home.example", []string{support}, bytes.NewReader(letter(i, parent))); err != nil {
			return fmt.Errorf("mail %d: %w", i, err)
		}
	}
	return conn.Quit()
}

func send(addr string, letter []byte) error {
	conn, err := gosmtp.Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SendMail("li@home.example", []string{support}, bytes.NewReader(letter)); err != nil {
		return err
	}
	return conn.Quit()
}

// letter is an ordinary mail of a customer: two languages, text and HTML, every fifth with a file.
func letter(n, parent int) []byte {
	var b bytes.Buffer
	writer := n
	if parent >= 0 {
		writer = parent
	}
	fmt.Fprintf(&b, "From: Li Wei <li%d@home.example>\r\nTo: Support <%s>\r\nMessage-ID: <%d@home.example>\r\nDate: %s\r\n", writer%1000, support, n, time.Now().Format(time.RFC1123Z))
	subject := fmt.Sprintf("Order %d: =?utf-8?B?6b6Z5LqV?=", writer)
	if parent >= 0 {
		fmt.Fprintf(&b, "In-Reply-To: <%d@home.example>\r\nReferences: <%d@home.example>\r\n", parent, parent)
		subject = "Re: " + subject
	}
	fmt.Fprintf(&b, "Subject: %s\r\nMIME-Version: 1.0\r\n", subject)
	words := fmt.Sprintf("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nm-%d\r\n\r\n"+
		"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>m-%d</p>\r\n--b--\r\n", n, n)
	if n%5 != 0 {
		b.WriteString(words)
		return b.Bytes()
	}
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n%s\r\n--a\r\nContent-Type: application/pdf; name=order.pdf\r\n"+
		"Content-Disposition: attachment; filename=order.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", words)
	for row := range 400 { // 22 KB, no two files alike
		fmt.Fprintf(&b, "%s\r\n", base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%%PDF order %9d, row %9d, tea..", n, row)))
	}
	b.WriteString("--a--\r\n")
	return b.Bytes()
}

// counter looks at the desk's database from outside, reading only.
type counter struct{ *sql.DB }

func newCounter(dir string) (counter, error) {
	db, err := sql.Open("deskbell-sqlite3", "file:"+filepath.Join(dir, "desk.db")+"?mode=ro&_query_only=1&_busy_timeout=5000")
	return counter{db}, err
}

func (c counter) of(ctx context.Context, query string) (n int, err error) {
	return n, c.QueryRowContext(ctx, query).Scan(&n)
}

func (c counter) wait(ctx context.Context, n int, limit time.Duration) error {
	for deadline := time.Now().Add(limit); ; {
		have, err := c.of(ctx, "select count(*) from messages where direction = 'in'")
		if err != nil || have >= n {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s %d of %d mails are stored", limit, have, n)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
