package email

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// faultyOffice has a ticket of Mei's, and an SMTP server that fails to order.
func faultyOffice(t *testing.T) (*office, *mailhost.Faulty) {
	t.Helper()
	o, f, _ := officeWith(t, nil)
	return o, f
}

// officeWith is that with other settings, and its server.
func officeWith(t *testing.T, change func(*desk.Mailbox)) (*office, *mailhost.Faulty, *mailhost.Host) {
	t.Helper()
	h := mailhost.StartIMAPOnly(t)
	f, trust := mailhost.StartFaulty(t, mailhost.STARTTLS)
	h.CA = trust.RootCAs // the mailbox is read without TLS here
	h.Fill(support, letterFrom("mei@example.test", "1@x", "Tea", "one"))
	o := newOffice(t, h)
	o.box.IMAP.Port, o.box.IMAP.Security = h.IMAP, None
	o.box.SMTP.Port, o.box.SMTP.Security = f.Port, STARTTLS
	if change != nil {
		change(&o.box)
	}
	o.save()
	o.start()
	o.awaitRows("filed", 1)
	return o, f, h
}

// tried waits for the attempt with this number to send anything.
func (o *office) tried(n int) {
	o.t.Helper()
	o.until(fmt.Sprint("attempt ", n), func() bool { return o.count("select count(*) from attempts") == n })
}

// replyTried answers the ticket, and waits for the first attempt to send that.
func (o *office) replyTried() *desk.Message {
	o.t.Helper()
	m := o.reply(1, "Yes")
	o.tried(1)
	return m
}

func TestTemporaryThenTaken(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 mailbox busy"}, mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 still busy"})
	m := o.replyTried()
	d := o.awaitDelivery(m, "queued")
	if !strings.Contains(d.Error, "mailbox busy") || d.NextAt.Sub(d.UpdatedAt) != channel.FirstRetry {
		t.Errorf("after a 451: %q, next in %v", d.Error, d.NextAt.Sub(d.UpdatedAt))
	}
	o.later(channel.FirstRetry)
	o.tried(2)
	if d = o.awaitDelivery(m, "queued"); d.NextAt.Sub(d.UpdatedAt) != 2*channel.FirstRetry {
		t.Errorf("after another 451: next in %v", d.NextAt.Sub(d.UpdatedAt))
	}
	o.later(2 * channel.FirstRetry)
	o.awaitDelivery(m, "sent")
	if got := f.Await(1); len(got) != 1 || !bytes.Contains(got[0].Raw, []byte(m.ExternalID)) {
		t.Errorf("the server has %d messages", len(got))
	}
	if n := o.count("select count(*) from attempts where delivery_id = ? and code = 250", d.ID); n != 1 {
		t.Errorf("%d attempts with 250", n)
	}
}

func TestPermanentFailsAtOnce(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.To, Code: 550, Text: "5.1.1 no such user here"})
	m := o.reply(1, "Yes")
	d := o.awaitDelivery(m, "failed")
	if !strings.Contains(d.Error, "no such user here") || d.Attempts != 1 || !d.NextAt.IsZero() {
		t.Errorf("after a 550: %+v", d)
	}
	o.must(o.TryAgain(t.Context(), o.alice, m.ID))
	o.awaitDelivery(m, "sent")
	f.Await(1)
}

// A customer whose address or whose mail's id breaks the rules gets an answer, and one bad address among the copies keeps it from nobody.
func TestAnswersToThoseWhoBreakTheRules(t *testing.T) {
	t.Parallel()
	o, f, h := officeWith(t, nil)
	h.Fill(support, strings.Replace(letterFrom("wang..mei@docomo.test", "茶 1@x", "Odd", "two"), "Subject:", "Cc: li@home.test, bo@home..test\nSubject:", 1))
	o.awaitRows("filed", 2)
	m := o.reply(2, "Yes")
	got := map[string]string{}
	for _, r := range f.Await(2) {
		got[r.To[0]] = mailhost.Mail{Raw: r.Raw}.Header("To")
	}
	if got["wang..mei@docomo.test"] == "" && got[`"wang..mei"@docomo.test`] == "" || got["li@home.test"] == "" {
		t.Errorf("the answer went to %q", got)
	}
	o.awaitDelivery(m, "sent")
}

// Who wants answers elsewhere gets them there too; he stays who he is, and the address of a list is not his wish.
func TestAnswersGoWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	o, f, h := officeWith(t, nil)
	with := func(n int, head string) string {
		return strings.Replace(letterFrom("forms@shop.test", fmt.Sprint(n, "@y"), fmt.Sprint("Mail ", n), fmt.Sprint("words ", n)), "Subject:", head+"\nSubject:", 1)
	}
	h.Fill(support, with(2, "Reply-To: Li <li@home.test>, "+support), with(3, "Reply-To: tea-talk@lists.test\nList-Id: <tea-talk.lists.test>"))
	o.awaitRows("filed", 3)
	if c := o.conversation(2); c.CustomerEmail != "forms@shop.test" || fmt.Sprint(c.Ticket.CC) != "[li@home.test]" {
		t.Errorf("it is a ticket of %s, with copies to %v", c.CustomerEmail, c.Ticket.CC)
	}
	if c := o.conversation(3); len(c.Ticket.CC) != 0 {
		t.Errorf("a list gets copies: %v", c.Ticket.CC)
	}
	o.reply(2, "Yes")
	to := map[string]bool{}
	for _, r := range f.Await(2) {
		to[r.To[0]] = true
	}
	if !to["li@home.test"] || !to["forms@shop.test"] {
		t.Errorf("the answer went to %v", to)
	}
}

// A line cut behind the message leaves it open whether the server has it: it goes out again, with the same id.
func TestCutAfterData(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.AfterData})
	m := o.replyTried()
	o.later(channel.FirstRetry)
	o.awaitDelivery(m, "sent")
	for _, got := range f.Await(2) {
		if !bytes.Contains(got.Raw, []byte(m.ExternalID)) {
			t.Errorf("another id went out:\n%s", got.Raw)
		}
	}
}

// What the recipient's full mailbox is answered with decides: 452 and 4.2.2 wait, 552 and 5.2.2 end it, both in the server's words.
func TestRecipientOverQuota(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.Data, Code: 452, Text: "4.2.2 mailbox is full for now"}, mailhost.Fault{Step: mailhost.Data, Code: 552, Text: "5.2.2 mailbox is full for good"})
	m := o.replyTried()
	if d := o.awaitDelivery(m, "queued"); !strings.Contains(d.Error, "full for now") {
		t.Errorf("after a 452: %+v", d)
	}
	o.later(channel.FirstRetry)
	if d := o.awaitDelivery(m, "failed"); !strings.Contains(d.Error, "full for good") || d.Attempts != 2 {
		t.Errorf("after a 552: %+v", d)
	}
	if o.state().Sending.Down() {
		t.Error("somebody else's full mailbox is taken for trouble of ours")
	}
}

// A server that says nothing more once it has the message: it goes out again, with the same id.
func TestServerHangs(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	o.halt()
	opened := make(chan net.Conn, 10)
	o.ch.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := anywhere(ctx, network, address)
		if err == nil && strings.HasSuffix(address, ":"+strconv.Itoa(f.Port)) {
			opened <- conn
		}
		return conn, err
	}
	o.start()
	f.Fail(mailhost.Fault{Step: mailhost.AfterData, Hang: true})
	m := o.reply(1, "Yes")
	f.Await(1)
	conn := <-opened // it was opened before the message came
	f.AwaitFaults()
	// Ten minutes pass. The desk may set its own limit for the answer after ours: ours is set until it has struck.
	o.until("the first attempt", func() bool {
		conn.SetDeadline(time.Now())
		return o.count("select count(*) from attempts") == 1
	})
	if d := o.awaitDelivery(m, "queued"); d.Error == "" {
		t.Errorf("after a server's silence: %+v", d)
	}
	o.later(channel.FirstRetry)
	o.awaitDelivery(m, "sent")
	for _, got := range f.Await(2) {
		if !bytes.Contains(got.Raw, []byte(m.ExternalID)) {
			t.Errorf("another id went out:\n%s", got.Raw)
		}
	}
}

// A server without TLS, where the settings want it, gets neither password nor mail: what is to go out waits for the mailbox to be mended.
func TestServerRefusesTLS(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	broken, _ := mailhost.StartFaulty(t, mailhost.BrokenTLS)
	plain, _ := mailhost.StartFaulty(t, mailhost.Plain)
	to := func(port int) {
		t.Helper()
		o.box.SMTP.Port = port
		o.save()
	}
	for what, server := range map[string]*mailhost.Faulty{"tls_failed": broken, "no_starttls": plain} {
		to(server.Port)
		m := o.reply(1, what)
		o.until("the refusal of "+what, func() bool {
			p := o.state().Sending.Problem
			return p != nil && p.Key == "mailbox.problem."+what
		})
		o.awaitDelivery(m, "queued")
		if n := len(server.Received()); n != 0 {
			t.Errorf("%d mails went out in the clear", n)
		}
	}
	to(f.Port)
	f.Await(2)
	o.until("both sent", func() bool { return o.count("select count(*) from deliveries where state = 'sent'") == 2 })
	o.until("the end of the trouble", func() bool { return o.state().Well() })
}

func TestGivenUpAfterFiveDays(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 busy"}, mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 busy to the end"})
	m := o.replyTried()
	o.later(channel.GiveUp)
	if d := o.awaitDelivery(m, "failed"); !strings.Contains(d.Error, "busy to the end") {
		t.Errorf("it was given up with %q", d.Error)
	}
}

// A wrong SMTP password is the mailbox's trouble: nothing fails, and when it is mended all goes out at once.
func TestSendingWaitsForTheMailbox(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	saved := desk.SavedInbox{ID: o.inbox.ID, Channel: desk.Email, Name: "Tea shop", Enabled: true, Settings: o.box, Secrets: desk.MailboxSecrets{IMAP: mailhost.Password, SMTP: "wrong"}}
	_, err := o.SaveInbox(t.Context(), desk.System, saved)
	o.must(err)
	first, second := o.reply(1, "Yes"), o.reply(1, "And no")
	o.until("the refusal", func() bool {
		p := o.state().Sending.Problem
		return p != nil && p.Field == "smtp.password" && p.Key == "mailbox.problem.wrong_password"
	})
	o.awaitDelivery(first, "queued")
	o.save()
	o.awaitDelivery(first, "sent")
	o.awaitDelivery(second, "sent")
	f.Await(2)
	o.until("the end of the trouble", func() bool { return o.state().Well() })
}

func TestRemovedMailboxLeavesNothingWaiting(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 busy"})
	m := o.replyTried()
	o.must(o.DeleteInbox(t.Context(), o.alice, o.inbox.ID))
	if d := o.awaitDelivery(m, "failed"); !d.NextAt.IsZero() || d.Error == "" {
		t.Errorf("the delivery is %+v", d)
	}
	o.until("the inbox gone from the health page", func() bool { return len(o.sup.States()) == 0 })
}

// Every attempt is kept with the server's own words, for each recipient, and told to those who see the ticket.
func TestRoads(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	f.Fail(mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 mailbox busy"})
	m := o.replyTried()
	roads, err := o.Roads(t.Context(), o.alice, m.ID)
	o.must(err)
	if len(roads) != 1 || roads[0].State != "queued" || roads[0].NextAt.IsZero() || len(roads[0].Tried) != 1 || roads[0].Tried[0].Code != 451 || !strings.Contains(roads[0].Tried[0].Answer, "mailbox busy") {
		t.Errorf("after the first: %+v", roads)
	}
	o.later(channel.FirstRetry + time.Second)
	o.awaitDelivery(m, "sent")
	if roads, err = o.Roads(t.Context(), o.alice, m.ID); err != nil || len(roads[0].Tried) != 2 || roads[0].Tried[1].N != 2 || roads[0].Tried[1].Code != 250 || roads[0].Tried[1].At.Before(roads[0].Tried[0].At) || !roads[0].NextAt.IsZero() {
		t.Errorf("after the second: %+v %v", roads, err)
	}
	bo, err := o.CreateAgent(t.Context(), o.alice, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Role: desk.Crew, Password: "oolong in the hills"})
	o.must(err)
	team, err := o.SaveTeam(t.Context(), o.alice, desk.Team{Name: "Export", Assignment: "collaboration"})
	o.must(err)
	_, err = o.Assign(t.Context(), o.alice, m.ConversationID, team.ID, 0)
	o.must(err)
	if _, err := o.Roads(t.Context(), bo.Actor(), m.ID); !desk.IsNotFound(err) {
		t.Errorf("who does not see the ticket is answered %v", err)
	}
}
