package mail

import (
	"fmt"
	"strings"
	"testing"
)

// TestBounceFree reads reports of no standard form, each as some server writes it.
func TestBounceFree(t *testing.T) {
	for _, c := range []struct {
		name, from, subject, text         string
		by, recipient, action, status, id string
	}{
		{"postfix text", "MAILER-DAEMON@mx.example.net", "Undelivered Mail Returned to Sender",
			"This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message could not\nbe delivered.\n\n<gone@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1 unknown (in reply to\n    RCPT TO command)\n",
			"postfix", "gone@example.org", "failed", "5.1.1", ""},
		{"sendmail", "Mail Delivery Subsystem <MAILER-DAEMON@example.net>", "Returned mail: see transcript for details",
			"The original message was received at Mon, 2 Nov 2026\n\n   ----- The following addresses had permanent fatal errors -----\n<gone@example.org>\n    (reason: 550 5.7.1 rejected by policy)\n\n   ----- Original message follows -----\nMessage-Id: <orig@example.com>\n",
			"sendmail", "gone@example.org", "failed", "5.7.1", "orig@example.com"},
		{"exim delayed", "Mailer-Daemon@example.net", "Warning: message 1abcDE-0001-AB delayed 24 hours",
			"This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its recipients\n\n  slow@example.org\n    Delay reason: 451 4.3.0 try later\n",
			"exim", "slow@example.org", "delayed", "4.3.0", ""},
		{"exim gives up", "Mailer-Daemon@example.net", "Mail delivery failed: returning message to sender",
			"This message was created automatically by mail delivery software.\nA message that you sent could not be delivered to one or more of its recipients.\n\n  slow@example.org\n    SMTP error from remote mail server after RCPT TO:<slow@example.org>:\n    451 4.3.0 try later: retry timeout exceeded\n",
			"exim", "slow@example.org", "failed", "4.3.0", ""},
		{"163", "Postmaster@163.example", "系统退信/Systems bounce",
			"抱歉，您的邮件被退回来了……\n收件人: gone@163.example\n退信原因: 550 User not found: gone@163.example\n",
			"qq", "gone@163.example", "failed", "5.0.0", ""},
		{"qq full", "postmaster@qq.example", "系统退信",
			"很抱歉您发送的邮件被退回，以下是该邮件的相关信息：\n被退回邮件\n收件人：full@qq.example\n退信原因：收件人邮箱已满 552 5.2.2 quota\n",
			"qq", "full@qq.example", "failed", "5.2.2", ""},
		{"yahoo", "MAILER-DAEMON@yahoo.example", "Failure notice", "Sorry, we were unable to deliver your message to the following address.\n\n<gone@yahoo.example>:\n554: delivery error: dd This user doesn't have an account\n",
			"subject and sender", "gone@yahoo.example", "failed", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Parse([]byte(fmt.Sprintf("From: %s\r\nReturn-Path: <>\r\nTo: support@example.com\r\nSubject: %s\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s", c.from, c.subject, c.text)))
			if m.Bounce == nil {
				t.Fatal("not seen as a bounce")
			}
			f := m.Bounce.Failures[0]
			if m.Bounce.By != c.by || f.Recipient != c.recipient || f.Action != c.action || f.Status != c.status || m.Bounce.OriginalID != c.id {
				t.Errorf("%+v", *m.Bounce)
			}
			if f.Diagnostic == "" || strings.Contains(f.Diagnostic, "\n") || m.Auto.Kind != AutoBounce {
				t.Errorf("diagnostic %q, auto %v", f.Diagnostic, m.Auto)
			}
			if m.Bounce.Permanent() != (c.action == "failed") {
				t.Errorf("permanent %v", m.Bounce.Permanent())
			}
		})
	}
}

// A mail that has waited too long has failed, though the last answer was a temporary one: so Postfix reports it.
func TestBounceOfWhatWaitedTooLong(t *testing.T) {
	report := func(action string) *Bounce {
		return Parse([]byte("From: MAILER-DAEMON@mx.example\r\nTo: support@tea.example\r\nSubject: Undelivered Mail Returned to Sender\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
			"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; slow@home.example\r\nAction: " + action + "\r\nStatus: 4.4.1\r\n" +
			"Diagnostic-Code: X-Postfix; connect to mx.home.example[192.0.2.1]:25: Connection timed out\r\n--b--\r\n")).Bounce
	}
	if b := report("failed"); !b.Permanent() || b.Failures[0].Recipient != "slow@home.example" {
		t.Errorf("given up: %+v", b)
	}
	if b := report("delayed"); b.Permanent() {
		t.Errorf("still tried: %+v", b)
	}
}

// TestNoBounce: people write about bounces too.
func TestNoBounce(t *testing.T) {
	for _, c := range []string{
		"From: li@example.net\r\nSubject: Undelivered tea\r\n\r\nMy tea was not delivered to a@example.org, 550 grams.",
		"From: li@example.net\r\nSubject: Re: failure notice\r\nIn-Reply-To: <x@example.com>\r\n\r\nWhat does this mean?",
		"From: postmaster@example.net\r\nSubject: Our new server\r\n\r\nHello, please note our new address.",
		"From: li@example.net\r\nSubject: 退信原因是什么\r\n\r\n我发的邮件被退回。",
	} {
		if m := Parse([]byte(c)); m.Bounce != nil {
			t.Errorf("%q seen as a bounce by %s", c, m.Bounce.By)
		}
	}
}
