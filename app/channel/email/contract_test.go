package email

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel/channeltest"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

func TestContract(t *testing.T) {
	channeltest.Run(t, func(t *testing.T) *channeltest.Rig {
		t.Parallel()
		h := mailhost.Start(t)
		o := newOffice(t, h)
		return &channeltest.Rig{
			Desk: o.Desk, Agent: o.alice, Inbox: o.inbox, Channel: o.ch,
			Write: func(s channeltest.Said) { h.Fill(support, asMail(t, s)) },
			Got:   func() []channeltest.Said { return asSaid(h.Mailbox("mei@example.test")) },
			Kill:  func() { h.StopIMAP(); h.StopSMTP() },
			Raise: func() { h.StartIMAP(); h.StartSMTP() },
			Gone: func() desk.CustomerID {
				name, address := "Nobody", "nouser@example.test"
				c, err := o.CreateCustomer(t.Context(), desk.System, desk.CustomerChange{Name: &name, Email: &address})
				o.must(err)
				return c.ID
			},
		}
	})
}

func asMail(t *testing.T, s channeltest.Said) string {
	t.Helper()
	out := mail.Outgoing{From: mail.Address{Name: "王梅", Addr: "mei@example.test"}, To: []mail.Address{{Addr: support}}, Subject: "Tea", Text: s.Text,
		MessageID: s.ID + "@example.test", Date: time.Now()}
	for name, content := range s.Files {
		out.Files = append(out.Files, mail.File{Name: name, Type: "text/plain", Data: []byte(content)})
	}
	m, err := mail.Compose(out)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := mail.Bytes(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func asSaid(mails []mailhost.Mail) (list []channeltest.Said) {
	for _, m := range mails {
		p := mail.Parse(m.Raw)
		visible, _ := mail.Trim(p.Text)
		s := channeltest.Said{ID: p.ID, Text: visible, Files: map[string]string{}}
		for _, a := range p.Attachments {
			s.Files[a.Name] = string(a.Data)
		}
		list = append(list, s)
	}
	return list
}

// What an agent writes cannot end the message and begin a command: RFC 5321 section 4.1.1.4, and the ways around it.
func TestNothingIsSmuggled(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	nasty := []string{"a\n.\nMAIL FROM:<x@y>\n", "b\r.\rQUIT\r", "c\r\n.\r\nRCPT TO:<eve@example.test>\r\n", "d\n.\r\nDATA", "e\x00\x1b[2J", strings.Repeat("long line ", 500)}
	for i, text := range nasty {
		o.reply(1, text)
		if got := f.Await(i + 1); len(got) != i+1 || len(got[i].To) != 1 || got[i].To[0] != "mei@example.test" {
			t.Fatalf("%q became %d messages, the last to %v", text, len(got), got[len(got)-1].To)
		}
	}
	for _, got := range f.Received() {
		for _, line := range strings.SplitAfter(string(got.Raw), "\r\n") {
			if len(line) > 1000 || strings.ContainsAny(strings.TrimSuffix(line, "\r\n"), "\r\n\x00") {
				t.Errorf("a line went out as %q", fmt.Sprintf("%.80s", line))
			}
		}
	}
}
