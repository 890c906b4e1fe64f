package email

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

// TestMain lets the test program be the desk that TestKilledAnywhere kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("MAIL_TEST_DESK"); dir != "" {
		serveUntilKilled(dir)
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string) {
	d, err := desk.Open(context.Background(), dir, desk.Key{1}, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	log := slog.New(slog.DiscardHandler)
	own := New(d, anywhere, log)
	var ch channel.Channel = own
	switch os.Getenv("MAIL_TEST_STOP") {
	case "taken":
		ch = &stopsWhenTaken{own}
	case "posted":
		own.Words, own.URL = spoken, "https://desk.example"
		ch = &stopsWhenTaken{own}
	}
	err = channel.NewSupervisor(d, log, ch).Run(context.Background())
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// stopsWhenTaken is the mail channel of a desk that is killed when a server has just taken a mail, before anybody is told.
type stopsWhenTaken struct{ *Channel }

func (s *stopsWhenTaken) Deliver(ctx context.Context, in *desk.Inbox, m channel.Outbound) (channel.Receipt, error) {
	got, err := s.Channel.Deliver(ctx, in, m)
	return got, s.stop(err)
}

func (s *stopsWhenTaken) Post(ctx context.Context, in *desk.Inbox, m *desk.SystemMail) (channel.Receipt, error) {
	got, err := s.Channel.Post(ctx, in, m)
	return got, s.stop(err)
}

func (*stopsWhenTaken) stop(err error) error {
	if err == nil {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // it comes at once
	}
	return err
}

// dies runs a desk of its own process until it is killed, when something is taken or posted.
func (o *office) dies(when string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 3*time.Minute)
	defer cancel()
	child := o.child(ctx, "MAIL_TEST_STOP="+when)
	if err := child.Run(); ctx.Err() != nil || err == nil || err.Error() != "signal: killed" {
		o.t.Fatalf("the desk that is to die when a mail is %s: %v, %v", when, err, ctx.Err())
	}
	o.openDesk()
}

// soak is how long tests that can go on for ever do so: SOAK seconds.
func soak() time.Duration {
	n, _ := strconv.Atoi(os.Getenv("SOAK")) // not set: once
	return time.Duration(n) * time.Second
}

// killUntil has a desk of its own process serve, and kills it at any moment, until done is satisfied by what is on disk. It
// answers how often it killed.
func (o *office) killUntil(done func(*desk.Desk) bool) (kills int) {
	o.t.Helper()
	for began := time.Now(); kills < 200 && time.Since(began) < time.Minute; {
		child := o.child(o.t.Context())
		o.must(child.Start())
		// Any moment will do, and each run finds others.
		time.Sleep(time.Duration(30+rand.IntN(70)) * time.Millisecond)
		o.must(child.Process.Kill())
		child.Wait()
		kills++
		if kills%5 == 0 && o.glance(done) {
			break
		}
	}
	o.t.Logf("killed %d times", kills)
	return kills
}

// child is a desk of its own process, which ends with ctx at the latest.
func (o *office) child(ctx context.Context, env ...string) *exec.Cmd {
	child := exec.CommandContext(ctx, os.Args[0])
	child.Env = append(append(os.Environ(), "MAIL_TEST_DESK="+o.dir), env...)
	child.Stderr, child.WaitDelay = os.Stderr, time.Second
	return child
}

// glance looks at a desk that is not running.
func (o *office) glance(done func(*desk.Desk) bool) bool {
	o.t.Helper()
	d, err := desk.Open(context.Background(), o.dir, desk.Key{1}, slog.New(slog.DiscardHandler))
	o.must(err)
	defer d.Close()
	return done(d)
}

func none(d *desk.Desk, query string, args ...any) bool {
	var n int
	return d.DB().Readers().QueryRow(query, args...).Scan(&n) == nil && n == 0
}

// Killed by SIGKILL again and again while it reads a mailbox, the desk has in the end every mail once, and every answer
// beside its parent.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	const each = 400
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	o.box.IMAP.Port, o.box.IMAP.Security = h.IMAP, None // the child knows no test authority
	o.save()
	o.Desk.Close()
	for mails, began := 0, time.Now(); mails == 0 || time.Since(began) < soak(); {
		h.Fill(support, many(mails+1, mails+each)...)
		mails += each
		o.killUntil(func(d *desk.Desk) bool {
			return none(d, "select ? - count(*) from mail_ledger where state = 'filed'", mails)
		})
		o.openDesk()
		o.start()
		o.awaitRows("filed", mails)
		o.wantAll(mails)
		if n := o.count("select count(*) from mail_ledger"); n != mails {
			t.Errorf("%d rows for %d mails", n, mails)
		}
		if n := o.count("select count(*) from mail_ledger where cause <> ''"); n != 0 {
			t.Errorf("%d mails are taken for something else: %s", n, o.word("select group_concat(cause || ' ' || detail) from mail_ledger where cause <> ''"))
		}
		o.close()
	}
}

// Killed again and again while it sends, the desk has in the end sent every answer under its own id, and again only what was
// on its way when it was killed.
func TestKilledWhileItSends(t *testing.T) {
	t.Parallel()
	const tickets, each = 20, 100
	h := mailhost.StartIMAPOnly(t)
	f, _ := mailhost.StartFaulty(t, mailhost.Plain)
	h.Fill(support, many(1, 2*tickets)...)
	o := newOffice(t, h)
	o.box.IMAP.Port, o.box.IMAP.Security = h.IMAP, None
	o.box.SMTP.Port, o.box.SMTP.Security = f.Port, None
	o.save()
	o.start()
	o.awaitRows("filed", 2*tickets)
	kills := 0
	var answers []*desk.Message
	for began := time.Now(); kills == 0 || time.Since(began) < soak(); {
		o.halt()
		for n := range each {
			answers = append(answers, o.reply(1+n%tickets, fmt.Sprint("answer ", n)))
		}
		o.close()
		kills += o.killUntil(func(d *desk.Desk) bool { return none(d, "select count(*) from deliveries where state <> 'sent'") })
		o.openDesk()
		o.start()
		o.until("all answers to be sent", func() bool { return o.count("select count(*) from deliveries where state <> 'sent'") == 0 })
		o.sentOnce(f, answers, kills)
	}
}

// Killed between the server's 250 and the note of it, the desk sends the mail again under the same id, and whoever reads both copies
// shows one: a customer's desk, and our own, to which they come back.
func TestKilledBetweenTakenAndNoted(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	f, _ := mailhost.StartFaulty(t, mailhost.Plain)
	h.Fill(support, letterFrom("mei@example.test", "1@x", "Tea", "one"))
	o := newOffice(t, h)
	o.box.IMAP.Port, o.box.IMAP.Security = h.IMAP, None
	o.box.SMTP.Port, o.box.SMTP.Security = f.Port, None
	o.save()
	o.start()
	o.awaitRows("filed", 1)
	o.halt()
	sheet, err := o.Upload(t.Context(), o.alice, "prices.txt", strings.NewReader("one, two, three"))
	o.must(err)
	m := o.reply(1, "Yes, of 2026", sheet.ID)
	o.close()
	o.dies("taken")
	if d, err := o.Message(t.Context(), desk.System, m.ID); err != nil || d.Deliveries[0].State != "queued" || d.Deliveries[0].Attempts != 0 || len(f.Received()) != 1 {
		t.Fatalf("when it is dead: %+v, %v, and the server has %d mails", d.Deliveries, err, len(f.Received()))
	}
	o.start()
	o.awaitDelivery(m, "sent")
	o.sentOnce(f, []*desk.Message{m}, 1)
	copies := f.Await(2)
	first, second := string(copies[0].Raw), string(copies[1].Raw)
	for _, head := range []string{"Message-ID", "Date", "Subject", "In-Reply-To", "References"} {
		if a, b := (mailhost.Mail{Raw: copies[0].Raw}).Header(head), (mailhost.Mail{Raw: copies[1].Raw}).Header(head); a != b || a == "" {
			t.Errorf("%s is %q, and then %q", head, a, b)
		}
	}

	h.Fill(support, first, second)
	o.awaitRows("filed", 3)
	o.wantTickets("Tea: 2 open")
	if want := "1 filed, 2 filed own, 3 filed own"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
	h.Fill("mei@example.test", first, second)
	customers := newOffice(t, h)
	customers.box.Address, customers.box.IMAP.Username = "mei@example.test", "mei@example.test"
	customers.save()
	customers.start()
	customers.awaitRows("filed", 2)
	customers.wantTickets("Re: Tea [#1]: 1 waiting")
	if want := "1 filed, 2 filed duplicate"; customers.ledger() != want {
		t.Errorf("the customer's ledger: %s\nwant:   %s", customers.ledger(), want)
	}
}

// What the company itself writes is no other in this: killed between the server's 250 and the note of it, the desk sends the same again, and
// forgets its words only then.
func TestSystemMailKilledBetweenTakenAndNoted(t *testing.T) {
	t.Parallel()
	f, _ := mailhost.StartFaulty(t, mailhost.Plain)
	o := newOffice(t, &mailhost.Host{})
	o.box.SMTP.Port, o.box.SMTP.Security = f.Port, None
	o.save()
	m := o.system(desk.SystemMail{To: "mei@example.test", Name: "Mei", What: "reset", Words: desk.SystemWords{Args: []string{"tea"}, Path: "/reset/one-key"}})
	o.close()
	o.dies("posted")
	const kept = "select count(*) from system_mails where state = ? and attempts = ? and words is null = ?"
	if o.count(kept, "queued", 0, false) != 1 || len(f.Received()) != 1 {
		t.Fatalf("when it is dead: %d mails at the server; %s", len(f.Received()), o.word("select state || ' ' || attempts || ' ' || error from system_mails"))
	}
	o.ch.Words, o.ch.URL = spoken, "https://desk.example"
	o.start()
	o.awaitSystem(m.ID, "sent")
	copies := f.Await(2)
	if len(copies) != 2 || o.count(kept, "sent", 1, true) != 1 {
		t.Errorf("%d mails at the server; %s", len(copies), o.word("select state || ' ' || attempts || ' ' || error from system_mails"))
	}
	first, second := mailhost.Mail{Raw: copies[0].Raw}, mailhost.Mail{Raw: copies[1].Raw}
	for _, head := range []string{"Message-ID", "Date", "Subject", "Auto-Submitted"} {
		if first.Header(head) == "" || first.Header(head) != second.Header(head) {
			t.Errorf("%s is %q, and then %q", head, first.Header(head), second.Header(head))
		}
	}
	if !first.Has("/reset/one-key") || !second.Has("/reset/one-key") {
		t.Errorf("the second has other words:\n%s", second.Raw)
	}
}
