package email

import (
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"deskbell/app/apptest/badline"
	"deskbell/app/apptest/mailhost"
	"deskbell/app/channel"
	"deskbell/app/desk"
)

func many(from, to int) (list []string) {
	for i := from; i <= to; i++ {
		if i%2 == 1 {
			list = append(list, letterFrom(fmt.Sprintf("c%d@example.test", i), fmt.Sprintf("%d@x", i), fmt.Sprintf("Tea %d", i), "one"))
		} else {
			list = append(list, letterFrom(fmt.Sprintf("c%d@example.test", i-1), fmt.Sprintf("%d@x", i), "Re: Tea", "two", fmt.Sprintf("%d@x", i-1)))
		}
	}
	return list
}

// wantAll checks that n mails of many became n/2 tickets of two messages each, and that the ledger has each mail once per UIDVALIDITY.
func (o *office) wantAll(n int) {
	o.t.Helper()
	if got := o.count("select count(*) from tickets where merged_into is null"); got != n/2 {
		o.t.Errorf("%d tickets, want %d", got, n/2)
	}
	if got := o.count("select count(*) from messages where direction = 'in'"); got != n {
		o.t.Errorf("%d messages, want %d", got, n)
	}
	if got := o.count("select count(*) from (select 1 from messages where direction = 'in' group by conversation_id having count(*) <> 2)"); got != 0 {
		o.t.Errorf("%d answers are not beside their parents", got)
	}
	if got := o.count("select count(distinct uid) from mail_ledger where state = 'filed'"); got != n {
		o.t.Errorf("%d mails in the ledger, want %d", got, n)
	}
}

func TestServerGoneWhileFetching(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	h.Fill(support, many(1, 400)...)
	o := newOffice(t, h).start()
	o.awaitRows("filed", 20)
	h.StopIMAP()
	o.until("the outage", func() bool { return o.state().Receiving.Down() })
	h.StartIMAP()
	h.Fill(support, many(401, 402)...)
	o.awaitRows("filed", 402)
	o.wantAll(402)
	o.until("the end of the outage", func() bool { return o.state().Well() })
}

func TestPasswordRefusedAfterWorking(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	h.Fill(support, many(1, 2)...)
	o := newOffice(t, h).start()
	o.awaitRows("filed", 2)
	h.RefuseLogins(support)
	h.StopIMAP()
	h.StartIMAP()
	h.Fill(support, many(3, 4)...)
	o.until("the refusal", func() bool {
		p := o.state().Receiving.Problem
		return p != nil && p.Key == "mailbox.problem.wrong_password" && p.Field == "imap.password"
	})
	h.AllowLogins()
	o.awaitRows("filed", 4)
	o.wantAll(4)
}

func TestUIDValidityChanges(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	h.Fill(support, many(1, 6)...)
	o := newOffice(t, h).start()
	o.awaitRows("filed", 6)
	o.halt()
	h.SetUIDValidity(support, 77)
	h.Fill(support, many(7, 8)...)
	o.start()
	o.awaitRows("filed", 14)
	o.wantAll(8)
	if n := o.count("select count(*) from mail_ledger where uid_validity = 77 and cause = 'duplicate'"); n != 6 {
		t.Errorf("%d rows are known as seen before, want 6; %s", n, o.ledger())
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h).start()
	one := letterFrom("mei@example.test", "1@x", "Tea", "one")
	h.Fill(support, one, one,
		letterFrom("mei@example.test", "1@x", "Another", "other words under the same id"),
		strings.Replace(letterFrom("mei@example.test", "x", "No id", "alone"), "Message-ID: <x>\n", "", 1),
		strings.Replace(letterFrom("mei@example.test", "x", "No id", "alone, too"), "Message-ID: <x>\n", "", 1),
	)
	o.awaitRows("filed", 4)
	o.awaitRows("set_aside", 1)
	o.wantTickets("Tea: 1 waiting", "No id: 1 waiting", "No id: 1 waiting")
	if want := "1 filed, 2 filed duplicate, 3 set_aside same_id, 4 filed, 5 filed"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
	rows, _, err := o.ch.ledger.List(t.Context(), desk.System, o.inbox.ID, channel.RowList{State: channel.SetAside, Limit: 10})
	o.must(err)
	raw, err := o.ch.ledger.Raw(t.Context(), desk.System, o.inbox.ID, rows[0].ID)
	o.must(err)
	if b, err := io.ReadAll(raw); err != nil || !bytes.Contains(b, []byte("other words")) {
		t.Errorf("the raw mail is %q, %v", b, err)
	}
	o.must(o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, rows[0].ID))
	o.awaitRows("filed", 5)
	if n := len(o.tickets()); n != 4 {
		t.Errorf("%d tickets after the mail was wanted, want 4", n)
	}
}

// Whatever a mail looks like, it leaves a row, and the ones behind it are read.
func TestAwkwardMailStopsNothing(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h).start()
	head := "From: mei@example.test\nTo: " + support + "\n"
	awkward := []string{
		"\nno head at all\n",
		"From: \nTo: <>\nSubject: \n\n",
		"From: " + strings.Repeat("x", 400) + " <mei@example.test>\nSubject: =?gb2312?B?x/O6srTw?=\n\nbody\n",
		head + "Subject: deep\nContent-Type: multipart/mixed; boundary=a\n\n" + strings.Repeat("--a\nContent-Type: multipart/mixed; boundary=a\n\n", 3000),
		head + "Subject: liar\nContent-Type: text/html; charset=nonsense\nContent-Transfer-Encoding: base64\n\n<<<<%%%%\n",
		head + "Subject: \xff\xfe\x80 raw\nMessage-ID: no brackets at all\n\n\x00\x01\xff\n",
		head + "Subject: path\nContent-Type: application/octet-stream; name=\"../../../etc/passwd\"\nContent-Disposition: attachment; filename=\"../../../etc/passwd\"\n\nx\n",
		head + "Subject: many\nReferences: " + strings.Repeat("<a@b> ", 5000) + "\n\nx\n",
	}
	h.Fill(support, append(awkward, letterFrom("bo@example.test", "last@x", "The last", "fine"))...)
	o.until("the last mail", func() bool { return o.count("select count(*) from tickets where subject = 'The last'") == 1 })
	if n := o.count("select count(*) from mail_ledger"); n != len(awkward)+1 {
		t.Errorf("%d rows, want %d: %s", n, len(awkward)+1, o.ledger())
	}
	o.until("every mail filed or set aside", func() bool { return o.count("select count(*) from mail_ledger where state = 'stored'") == 0 })
	if n := o.count("select count(*) from files where name = 'passwd'"); n != 1 {
		t.Errorf("%d files are called passwd", n)
	}
}

// A mail that another program deletes between our listing it and our asking for it leaves a row that says so; the others come.
func TestDeletedBetweenListingAndFetching(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	h.Fill(support, many(1, 6)...)
	o := newOffice(t, h)
	line := badline.New(t, fmt.Sprint("127.0.0.1:", h.IMAP), 1)
	line.Before("BODY.PEEK[]", func() { h.Expunge(support, 3) })
	o.box.IMAP.Port, o.box.IMAP.Security = line.Port(), None
	o.save()
	o.start()
	o.awaitRows("filed", 5)
	o.awaitRows("set_aside", 1)
	if want := "1 filed, 2 filed, 3 set_aside gone, 4 filed, 5 filed, 6 filed"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
	row := int64(o.count("select id from mail_ledger where uid = 3"))
	o.must(o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, row))
	o.until("that it is gone for good", func() bool {
		return o.count("select count(*) from mail_ledger where id = ? and state = 'set_aside' and cause = 'gone' and forced", row) == 1
	})
}

// lines keeps what is logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) has(word string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Contains(l.b.Bytes(), []byte(word))
}

// A mailbox that is full is read like any other, and what is sent from it goes out though no copy can be kept in it; once mails are
// deleted when they are here, there is room for those that the server refused.
func TestMailboxOverQuota(t *testing.T) {
	t.Parallel()
	h := mailhost.StartSmall(t, 2)
	f, trust := mailhost.StartFaulty(t, mailhost.STARTTLS)
	h.Fill(support, many(1, 2)...)
	if err := h.TryFill(support, many(3, 3)...); err == nil || !strings.Contains(strings.ToLower(err.Error()), "quota") {
		t.Fatalf("a full mailbox took a mail: %v", err)
	}
	o := newOffice(t, h)
	o.ch.Trust, o.box.KeepCopy = trust, true // the mailbox is read without TLS here
	o.box.IMAP.Port, o.box.IMAP.Security = h.IMAP, None
	o.box.SMTP.Port, o.box.SMTP.Security = f.Port, STARTTLS
	o.save()
	said := &lines{}
	o.ch.log = slog.New(slog.NewTextHandler(said, nil))
	o.start()
	o.awaitRows("filed", 2)
	o.awaitDelivery(o.reply(1, "Yes"), "sent")
	f.Await(1)
	o.until("that no copy can be kept", func() bool { return said.has("keep a copy of a sent mail") && said.has("uota") })

	o.box.KeepCopy, o.box.After = false, "delete"
	o.resave()
	h.Expunge(support, 1)
	for i := 3; i <= 6; i++ {
		h.Fill(support, many(i, i)...)
		o.awaitRows("filed", i)
		o.until("its deletion", func() bool { return o.count("select count(*) from mail_ledger where after <> ''") == 0 })
	}
	o.wantAll(6)
	o.until("the mailbox is well", func() bool { return o.state().Well() })
}

// While our own disk takes no more a mail waits, however often it is tried; it is neither blamed on the mail nor filed without its file.
func TestNoRoomForAFile(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	big := bytes.Repeat([]byte("leaves of tea\n"), 200_000) // more than is held in memory
	h.Fill(support, "From: mei@example.test\nTo: "+support+"\nSubject: Tea\nMessage-ID: <1@x>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=leaves.txt\n\n"+string(big)+"\n--b--\n")
	o.start()
	o.awaitRows("filed", 1)
	o.halt()
	o.must(o.Write(t.Context(), desk.System, func(tx *desk.Tx) error { // as it was before it was filed
		for _, q := range []string{"update mail_ledger set state = 'stored', message_id = null, conversation_id = null", "delete from tickets", "delete from messages", "delete from files"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	}))
	o.openReaders()
	away := o.dir + ".away" // where large files are put down while they come
	o.must(os.Rename(o.dir, away))
	o.start()
	tries := map[time.Time]bool{}
	if !comes(func() bool {
		tries[o.state().Receiving.NextAt] = true
		return len(tries) > stops+3
	}) {
		t.Fatalf("it was tried %d times only", len(tries))
	}
	o.halt()
	o.must(os.Rename(away, o.dir))
	o.start()
	o.until("the mail", func() bool { return o.filed() == 1 })
	if n := o.count("select count(*) from files where name = 'leaves.txt' and size >= ?", len(big)); n != 1 {
		t.Errorf("%d files of it; ledger: %s", n, o.ledger())
	}
	if n := o.count("select tries from mail_ledger"); n > 1 {
		t.Errorf("%d tries are blamed on the mail", n)
	}
}

// openReaders opens all connections to the databases: whoever lacks one while the folder is away ends for that.
func (o *office) openReaders() {
	o.t.Helper()
	for _, db := range []*sql.DB{o.DB().Readers(), o.Blobs().DB().Readers()} {
		for range db.Stats().MaxOpenConnections {
			conn, err := db.Conn(o.t.Context())
			o.must(err)
			defer conn.Close()
			o.must(conn.PingContext(o.t.Context()))
		}
	}
}

func TestMailThatTheServerDoesNotGive(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	mails := many(1, 6)
	mails[2] += "POISON\n"
	h.Fill(support, mails...)
	o := newOffice(t, h)
	line := badline.New(t, fmt.Sprint("127.0.0.1:", h.IMAP), 1)
	line.BreakAt("POISON")
	o.box.IMAP.Port, o.box.IMAP.Security = line.Port(), None
	o.save()
	o.start()
	o.awaitRows("filed", 5)
	if want := "1 filed, 2 filed, 3 set_aside withheld, 4 filed, 5 filed, 6 filed"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
	if n := line.Fails(); n < refusals {
		t.Errorf("it was given up after %d tries", n)
	}

	// Asked for again on a whole line, it comes.
	o.box.IMAP.Port = h.IMAP
	o.resave()
	rows, _, err := o.ch.ledger.List(t.Context(), desk.System, o.inbox.ID, channel.RowList{State: channel.SetAside, Limit: 10})
	o.must(err)
	o.must(o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, rows[0].ID))
	o.awaitRows("filed", 6)
	if n := o.count("select count(*) from messages where external_id = '3@x'"); n != 1 {
		t.Errorf("the mail became %d messages; %s", n, o.ledger())
	}
}

// A mail that would end the program while it is filed is set aside, and those of the same change become tickets.
func TestMailThatCannotBeFiled(t *testing.T) {
	t.Parallel()
	o := newOffice(t, &mailhost.Host{})
	k := o.ch.intake(o.inbox, mailbox{Mailbox: o.box}, "INBOX")
	var puts sync.WaitGroup
	var list []*arrival
	for i, raw := range many(1, 4) {
		a, err := k.content(t.Context(), listing{uid: uint32(i + 1)}, strings.NewReader(raw), &puts)
		o.must(err)
		list = append(list, a)
	}
	puts.Wait()
	o.must(k.enter(t.Context(), 9, list))
	o.must(k.readAll(t.Context(), list))
	list[1].msg = nil // whatever goes wrong in the reading of one
	o.must(k.settle(t.Context(), list))
	if want := "1 filed, 2 set_aside refused, 3 filed, 4 filed"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
	// Somebody has it tried again: it is as it was.
	o.must(o.ch.ledger.Retry(t.Context(), o.alice, o.inbox.ID, list[1].row.ID))
	o.must(k.resume(t.Context()))
	o.wantAll(4)
}

// A channel that is told to end does not wait for its server: within a second or so, and here, on a busy machine, before any wait for one is over.
func TestChannelStopsAtOnce(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h).start()
	o.until("the mailbox", func() bool { return o.up() })
	begin := time.Now()
	o.halt()
	if took := time.Since(begin); took > helloWait/2 {
		t.Errorf("it took %v to stop", took)
	}
}
