package mail

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzBounce: the part of a report that machines read, and the words that programs without a standard write.
func FuzzBounce(f *testing.F) {
	for _, raw := range corpus(f) {
		if m := Parse(raw); m.Bounce != nil {
			_, body, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
			f.Add("Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; mei@example.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\n", body)
		}
	}
	f.Fuzz(func(t *testing.T, status, words string) {
		mail := "From: MAILER-DAEMON@mx.example\nTo: support@tea.example\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\n" + words + "\n--b\nContent-Type: message/delivery-status\n\n" + status + "\n--b--\n"
		b := Parse([]byte(mail)).Bounce
		if b == nil {
			return
		}
		if len(b.Failures) > maxFailures {
			t.Errorf("%d failures", len(b.Failures))
		}
		b.Permanent()
		for _, one := range b.Failures {
			for what, s := range map[string]string{"recipient": one.Recipient, "action": one.Action, "status": one.Status, "diagnostic": one.Diagnostic} {
				if !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00") || len(s) > 2*maxDiagnostic {
					t.Errorf("%s %q", what, s)
				}
			}
		}
	})
}
