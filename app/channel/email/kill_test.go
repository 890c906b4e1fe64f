package email

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
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
	err = channel.NewSupervisor(d, log, New(d, anywhere, log)).Run(context.Background())
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Killed by SIGKILL again and again while it reads a mailbox, the desk has in the end every mail once, and every answer
// beside its parent.
func TestKilledAnywhere(t *testing.T) {
	t.Parallel()
	const mails = 400
	h := mailhost.StartIMAPOnly(t)
	o := newOffice(t, h)
	o.box.IMAP.Port, o.box.IMAP.Security = h.IMAP, None // the child knows no test authority
	o.save()
	o.Desk.Close()
	h.Fill(support, many(1, mails)...)

	kills := 0
	for ; kills < 40; kills++ {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "MAIL_TEST_DESK="+o.dir)
		child.Stderr = os.Stderr
		o.must(child.Start())
		// Any moment will do, and each run finds others.
		time.Sleep(time.Duration(30+rand.IntN(70)) * time.Millisecond)
		o.must(child.Process.Kill())
		child.Wait()
		if kills%5 == 4 && o.allFiled(mails) {
			break
		}
	}
	t.Logf("killed %d times", kills+1)
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
}

// allFiled looks into the database of a desk that is not running.
func (o *office) allFiled(n int) bool {
	o.t.Helper()
	d, err := desk.Open(context.Background(), o.dir, desk.Key{1}, slog.New(slog.DiscardHandler))
	o.must(err)
	defer d.Close()
	var filed int
	o.must(d.DB().Readers().QueryRow("select count(*) from mail_ledger where state = 'filed'").Scan(&filed))
	return filed >= n
}
