package mailhost

import (
	"fmt"
	"net/smtp"
	"strings"
	"testing"
)

const note = "From: Mei <mei@example.test>\nTo: support@example.test\nSubject: Tea\nMessage-ID: <%d@example.test>\n\nIs it fresh?\n"

func TestHost(t *testing.T) {
	h := Start(t)
	h.Deliver("mei@example.test", "support@example.test", fmt.Sprintf(note, 1))
	m := h.Await("support@example.test", func(m Mail) bool { return m.Has("fresh") })
	if m.Header("message-id") != "<1@example.test>" || m.UID == 0 {
		t.Errorf("got UID %d, Message-ID %q", m.UID, m.Header("Message-ID"))
	}

	for address, code := range map[string]string{"tempfail": "451", "nouser": "550"} {
		err := h.deliver("mei@example.test", address+"@example.test", crlf(note))
		if err == nil || !strings.HasPrefix(err.Error(), code) {
			t.Errorf("mail to %s: %v, want %s", address, err, code)
		}
	}

	c, err := speak(h.Submission)
	if err == nil {
		err = c.StartTLS(h.TLS())
	}
	if err == nil {
		err = c.Auth(smtp.PlainAuth("", "support@example.test", Password, "127.0.0.1"))
	}
	if err == nil {
		err = c.Mail("support@example.test")
	}
	if err == nil {
		err = c.Rcpt("gone@bounce.test")
	}
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	w.Write(crlf(note))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	report := h.Await("support@example.test", func(m Mail) bool { return m.Has("mailbox does not exist") })
	if !strings.Contains(report.Header("Content-Type"), "multipart/report") {
		t.Errorf("the bounce is %q", report.Header("Content-Type"))
	}
}

func TestMailboxTricks(t *testing.T) {
	h := StartIMAPOnly(t)
	h.Fill("support@example.test", fmt.Sprintf(note, 1), fmt.Sprintf(note, 2), fmt.Sprintf(note, 3))
	if n := len(h.Mailbox("support@example.test")); n != 3 {
		t.Fatalf("%d mails, want 3", n)
	}
	h.Expunge("support@example.test", 2)
	h.SetUIDValidity("support@example.test", 4242)
	mails := h.Mailbox("support@example.test")
	if len(mails) != 2 || mails[1].Header("Message-ID") != "<3@example.test>" {
		t.Errorf("after deleting one there are %v", mails)
	}
	h.StopIMAP()
	h.StartIMAP()
	if n := len(h.Mailbox("support@example.test")); n != 2 {
		t.Errorf("%d mails after a restart, want 2", n)
	}
}

func TestFaulty(t *testing.T) {
	f, trust := StartFaulty(t, STARTTLS)
	send := func() error {
		c, err := speak(f.Port)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.StartTLS(trust); err != nil {
			return err
		}
		if err := c.Auth(smtp.PlainAuth("", "support", Password, "127.0.0.1")); err != nil {
			return err
		}
		if err := c.Mail("support@example.test"); err != nil {
			return err
		}
		if err := c.Rcpt("mei@example.test"); err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		w.Write(crlf(note))
		return w.Close()
	}
	f.Fail(Fault{Step: Connect}, Fault{Step: To, Code: 451, Text: "4.2.1 busy"}, Fault{Step: Data, Code: 554, Text: "5.6.0 no"}, Fault{Step: AfterData})
	for _, want := range []string{"EOF", `451 "4.2.1 busy"`, `554 "5.6.0 no"`, "EOF", ""} {
		got := fmt.Sprint(send())
		if want == "" && got != "<nil>" || !strings.Contains(got, want) {
			t.Errorf("got %v, want %q", got, want)
		}
	}
	if n := len(f.Await(2)); n != 2 {
		t.Errorf("kept %d messages, want 2: one cut after it was kept, one whole", n)
	}
	f.AwaitTries(5)

	broken, trust := StartFaulty(t, BrokenTLS)
	c, err := speak(broken.Port)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StartTLS(trust); err == nil {
		t.Error("the broken handshake went well")
	}
}
