package email

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
)

// What was in a winmail.dat stands at the message instead of it; an invitation and a seal are kept with it.
func TestWhatAMailBringsBesides(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	for _, name := range []string{"tnef_opened", "calendar_google_cancel", "pgp_encrypted", "smime_signed"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "mail", "testdata", name+".eml"))
		o.must(err)
		h.Fill(support, string(raw))
	}
	o.start()
	o.awaitRows("filed", 4)
	for ticket, want := range []string{"发票 2026.pdf short.txt", "invitation.ics invite.ics", "encrypted encrypted.asc", "smime.p7s"} {
		var names []string
		for _, f := range o.messages(ticket + 1)[0].Files {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("the files of mail %d are %s, want %s", ticket+1, got, want)
		}
	}
	if in := o.messages(2)[0].Meta.Mail.Invitation; in == nil || !in.Cancelled() || in.Summary != "Tasting" || in.Start.Hour() != 13 {
		t.Errorf("the invitation is %+v", in)
	}
	if m := o.messages(3)[0].Meta.Mail; !m.Encrypted {
		t.Error("an encrypted mail is not shown as such")
	}
	if m := o.messages(4)[0].Meta.Mail; !m.Signed || m.Encrypted {
		t.Error("a signed mail is not shown as such")
	}
}
