package mailbox

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	gm "github.com/wneessen/go-mail"

	"deskbell/app/mail"
)

// Letter is one mail that an account received.
type Letter struct {
	ID         int // grows with every mail of the account, from 1
	At         time.Time
	From       string // address
	FromName   string
	To         string
	Subject    string
	Text       string // all of it, quotes included
	HTML       string // as sent: hostile
	MessageID  string // without angle brackets
	References []string
	Raw        []byte
}

// Draft is a mail that a customer of the demo writes.
type Draft struct {
	From    string // the address of an account
	To      string // empty: the sender of Answers
	Subject string // empty: that of Answers, with "Re:"
	Text    string
	Answers *Letter // the mail this one answers, or nil
	Files   []File
}

// File is an attachment of a Draft.
type File struct {
	Name string
	Data []byte
}

// Send sends a mail as a customer would: by SMTP, with the headers and the quoted history of a mail
// program. It returns the Message-ID without angle brackets.
func (s *Servers) Send(ctx context.Context, d Draft) (string, error) {
	from, ok := s.Account(d.From)
	if !ok {
		return "", fmt.Errorf("the demo has no account %s", d.From)
	}
	m := gm.NewMsg()
	if err := m.FromFormat(from.Name, from.Address); err != nil {
		return "", fmt.Errorf("send as %s: %w", d.From, err)
	}
	to, subject, text := d.To, d.Subject, d.Text
	if a := d.Answers; a != nil {
		if to == "" {
			to = a.From
		}
		if subject == "" {
			subject = "Re: " + strings.TrimPrefix(a.Subject, "Re: ")
		}
		text += "\n\n" + quote(from.Language, a)
		m.SetGenHeader(gm.HeaderInReplyTo, "<"+a.MessageID+">")
		m.SetGenHeader(gm.HeaderReferences, "<"+strings.Join(append(a.References, a.MessageID), "> <")+">")
	}
	if err := m.To(to); err != nil {
		return "", fmt.Errorf("send to %q: %w", to, err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	m.Subject(subject)
	m.SetMessageIDWithValue(fmt.Sprintf("%d.%s", time.Now().UnixNano(), "demo@"+domain))
	m.SetDate()
	m.SetBodyString(gm.TypeTextPlain, text)
	for _, f := range d.Files {
		if err := m.AttachReader(f.Name, bytes.NewReader(f.Data)); err != nil {
			return "", fmt.Errorf("attach %q: %w", f.Name, err)
		}
	}
	if err := s.submit(ctx, from, m); err != nil {
		return "", fmt.Errorf("send to %q: %w", to, err)
	}
	return strings.Trim(m.GetMessageID(), "<>"), nil
}

// submit hands the mail to the demo's own SMTP server.
func (s *Servers) submit(ctx context.Context, from Account, m *gm.Msg) error {
	host, port, err := net.SplitHostPort(s.SMTP)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	c, err := gm.NewClient(host, gm.WithPort(n), gm.WithTLSPolicy(gm.NoTLS), gm.WithHELO("localhost"), gm.WithoutNoop(),
		gm.WithSMTPAuth(gm.SMTPAuthPlainNoEnc), gm.WithUsername(from.Address), gm.WithPassword(from.Password))
	if err != nil {
		return err
	}
	return c.DialAndSendWithContext(ctx, m)
}

// quote is the history under an answer, in the style of mail programs of that language.
func quote(language string, l *Letter) string {
	who := l.FromName
	if who == "" {
		who = l.From
	}
	head := fmt.Sprintf("On %s, %s <%s> wrote:", l.At.Format("Mon, Jan 2, 2006 at 15:04"), who, l.From)
	if language == "zh-CN" {
		head = fmt.Sprintf("在 %s，%s <%s> 写道：", l.At.Format("2006年1月2日 15:04"), who, l.From)
	}
	lines := strings.Split(strings.TrimRight(l.Text, "\n"), "\n")
	return head + "\n\n> " + strings.Join(lines, "\n> ") + "\n"
}

// read takes a raw mail apart for the demo's page.
func read(raw []byte, at time.Time) Letter {
	m := mail.Parse(raw)
	l := Letter{At: at, Subject: m.Subject, Text: m.Text, HTML: m.HTML, MessageID: m.ID, Raw: raw}
	from := m.Writer()
	l.From, l.FromName = from.Addr, from.Name
	if len(m.To) > 0 {
		l.To = m.To[0].Addr
	}
	for _, id := range strings.Fields(m.Header.Get("References")) {
		l.References = append(l.References, strings.Trim(id, "<>"))
	}
	return l
}
