package email

import (
	"fmt"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// spoken stands for the catalogs: the key and what is put into it.
func spoken(lang, key string, args ...any) string { return fmt.Sprint(lang, " ", key, " ", args) }

func (o *office) system(m desk.SystemMail) *desk.SystemMail {
	o.t.Helper()
	o.ch.Words, o.ch.URL = spoken, "https://desk.example"
	sent, err := o.SendSystemMail(o.t.Context(), o.alice, m)
	o.must(err)
	return sent
}

func (o *office) awaitSystem(id desk.SystemMailID, state string) (m *desk.SystemMail) {
	o.t.Helper()
	o.until("the system mail "+state, func() bool {
		list, err := o.SystemMails(o.t.Context(), o.alice, id+1, 1)
		o.must(err)
		m = list[0]
		return m.State == state
	})
	return m
}

func TestSystemMailArrives(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h).start()
	m := o.system(desk.SystemMail{To: "mei@example.test", Name: "Mei", Locale: "zh-CN", What: "test", Words: desk.SystemWords{Args: []string{"<b>tea</b>"}, Path: "/notifications"}})
	got := h.Await("mei@example.test", func(mailhost.Mail) bool { return true })
	if got.Header("Auto-Submitted") != "auto-generated" || !strings.Contains(got.Header("Subject"), "zh-CN system_mail.subject.test") || !strings.Contains(got.Header("From"), "Tea") {
		t.Errorf("the head is %q, %q, %q", got.Header("Auto-Submitted"), got.Header("Subject"), got.Header("From"))
	}
	if !got.Has("https://desk.example/notifications") || !got.Has(m.ExternalID) {
		t.Errorf("the mail is\n%s", got.Raw)
	}
	o.awaitSystem(m.ID, "sent")
	// Mei's holiday answer is no ticket; her own words are one.
	holiday := strings.Replace(letterFrom("mei@example.test", "h@x", "On holiday", "back soon", m.ExternalID), "Subject:", "Auto-Submitted: auto-replied\nSubject:", 1)
	h.Fill(support, holiday, letterFrom("mei@example.test", "w@x", "What is it?", "tell me", m.ExternalID))
	o.awaitRows("filed", 2)
	o.wantTickets("What is it?: 1 waiting")
	if n := o.count("select count(*) from mail_ledger where cause = ?", channel.CauseSystem); n != 1 {
		t.Errorf("%d rows say that a program answered", n)
	}
}

func TestSystemMailComesBack(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h).start()
	m := o.system(desk.SystemMail{To: "gone@bounce.test", What: "test"})
	if m = o.awaitSystem(m.ID, "bounced"); !strings.Contains(m.Error, "mailbox does not exist") {
		t.Errorf("the bounce's words are %q", m.Error)
	}
	o.until("the report's row", func() bool { return strings.HasSuffix(o.ledger(), "filed bounce") })
}

func TestSystemMailIsTriedAgain(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 mailbox busy"}, mailhost.Fault{Step: mailhost.To, Code: 550, Text: "5.1.1 no such user here"})
	m := o.system(desk.SystemMail{To: "bo@example.test", What: "test"})
	o.until("the first attempt", func() bool {
		list, err := o.SystemMails(t.Context(), o.alice, 0, 1)
		o.must(err)
		return list[0].Attempts == 1 && strings.Contains(list[0].Error, "mailbox busy")
	})
	o.later(channel.FirstRetry)
	if m = o.awaitSystem(m.ID, "failed"); !strings.Contains(m.Error, "no such user here") || m.Attempts != 2 {
		t.Errorf("given up as %+v", m)
	}
	o.must(o.TrySystemMailAgain(t.Context(), o.alice, m.ID))
	o.awaitSystem(m.ID, "sent")
}
