package email

import (
	"bytes"
	"fmt"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/badline"
	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// sentOnce holds what the SMTP server kept against what was to go out: each answer is there, under its own id and no other, and
// at most so many were sent again.
func (o *office) sentOnce(f *mailhost.Faulty, answers []*desk.Message, again int) {
	o.t.Helper()
	arrived := map[string]int{}
	for _, m := range f.Received() {
		mail, err := netmail.ReadMessage(bytes.NewReader(m.Raw))
		o.must(err)
		arrived[strings.Trim(mail.Header.Get("Message-Id"), "<>")]++
	}
	doubled := 0
	for _, m := range answers {
		n := arrived[m.ExternalID]
		if n == 0 {
			o.t.Errorf("the answer %s did not go out", m.ExternalID)
		}
		doubled += max(0, n-1)
		delete(arrived, m.ExternalID)
	}
	if len(arrived) > 0 {
		o.t.Errorf("mails that nobody wrote: %v", arrived)
	}
	o.t.Logf("%d answers, %d of them sent again with the same id", len(answers), doubled)
	if doubled > again {
		o.t.Errorf("%d answers were sent again, though at most %d were cut off", doubled, again)
	}
}

// onTheirWay sends what waits, moving the clock to when it is tried again, until everything is sent.
func (o *office) onTheirWay() {
	o.t.Helper()
	o.until("all answers to be sent", func() bool {
		waiting, next := o.count("select count(*) from deliveries where state <> 'sent'"), o.count("select coalesce(min(next_at), 0) from deliveries where state <> 'sent'")
		if wait := time.UnixMilli(int64(next)).Sub(o.Clock()); waiting > 0 && wait > time.Second {
			o.later(wait)
		}
		return waiting == 0
	})
}

// Both lines to the mail servers are slow, break in the middle of what is said and fall silent. In the end every mail is there
// once, beside its parent, and every answer has gone out under its id.
func TestABadLineToTheMailServers(t *testing.T) {
	t.Parallel()
	const each = 100 // and so long that no connection carries them all
	h := mailhost.StartIMAPOnly(t)
	f, trust := mailhost.StartFaulty(t, mailhost.STARTTLS)
	h.CA = trust.RootCAs // the mailbox is read without TLS here
	in, out := badline.New(t, fmt.Sprint("127.0.0.1:", h.IMAP), 1), badline.New(t, fmt.Sprint("127.0.0.1:", f.Port), 2)
	o := newOffice(t, h)
	o.box.IMAP.Port, o.box.IMAP.Security = in.Port(), None
	o.box.SMTP.Port, o.box.SMTP.Security = out.Port(), STARTTLS
	o.save()
	mails := 0
	for began := time.Now(); mails == 0 || time.Since(began) < soak(); {
		o.halt() // Dovecot keeps the order of what is delivered only while nobody reads
		letters := many(mails+1, mails+each)
		for i := range letters {
			letters[i] += strings.Repeat("Tea is better in the morning.\n", 60)
		}
		h.Fill(support, letters...)
		mails += each
		in.Break(40_000)
		o.start()
		o.until("a row for each mail", func() bool {
			return o.count("select count(*) from mail_ledger where state in ('filed', 'set_aside')") == mails
		})
	}
	in.Mend()
	rows, _, err := o.ch.ledger.List(t.Context(), desk.System, o.inbox.ID, channel.RowList{State: channel.SetAside, Limit: mails})
	o.must(err)
	for _, row := range rows { // the line broke at them again and again
		o.must(o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, row.ID))
	}
	o.awaitRows("filed", mails)
	o.wantAll(mails)
	t.Logf("%d mails; the line to the mailbox failed %d times; %d mails were asked for again", mails, in.Fails(), len(rows))

	out.Break(20_000)
	var answers []*desk.Message
	for began := time.Now(); out.Fails() < 4 || time.Since(began) < soak(); {
		for ticket := range 10 {
			answers = append(answers, o.reply(ticket+1, "Yes"))
		}
		o.onTheirWay()
	}
	o.sentOnce(f, answers, out.Fails())
	if in.Fails() < 4 {
		t.Errorf("the line to the mailbox failed %d times only: this tried little", in.Fails())
	}
	t.Logf("the line to the SMTP server failed %d times", out.Fails())
}
