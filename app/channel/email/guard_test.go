package email

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
)

// piecemeal is a connection from which everything comes in pieces of a size.
type piecemeal struct {
	net.Conn
	r    io.Reader
	size int
}

func (p *piecemeal) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), p.size)]) }
func (*piecemeal) Close() error                 { return nil }

// What servers say goes through the guard as it is, in whatever pieces it comes; while it is deaf, without what FETCH answers.
func TestGuardHears(t *testing.T) {
	t.Parallel()
	kept := []string{
		"* OK [ALERT] all of this is words \" {5} {60000}\r\n", "* 12 EXISTS\r\n", "* no\r\n", "+ go on {3}\r\n",
		"* LIST (\\HasNoChildren) \"/\" \"INBOX \\\"old\\\" {5}\"\r\n", "* LIST () \"/\" {7}\r\nfoo\"\r\nb \"x\"\r\n", "* ID ({0}\r\n {3}\r\n* 1)\r\n",
		"a1 NO {9}\r\n", "* BYE \"\r\n",
	}
	unasked := []string{
		"* 4294967295 FETCH (FLAGS (\\Seen \"odd\"))\r\n", "* 3 fetch (BODY[] {30}\r\n* 1 EXISTS\r\n\"half of a quote\r\n UID 7 X {4}\r\n\r\n\r\n FLAGS ())\r\n", "* 7 FETCH ()\r\n",
	}
	var all, without strings.Builder
	for i := range 30 {
		for j, line := range kept {
			all.WriteString(line)
			without.WriteString(line)
			all.WriteString(unasked[(i+j)%len(unasked)])
		}
	}
	for _, size := range []int{1, 2, 3, 7, 19, 24, 64, 4096} {
		for deaf, want := range map[bool]string{false: all.String(), true: without.String()} {
			g := &lineGuard{Conn: &piecemeal{r: strings.NewReader(all.String()), size: size}}
			g.limit.Store(1000)
			g.deaf.Store(deaf)
			got, err := io.ReadAll(g)
			if err != nil || string(got) != want {
				t.Errorf("in pieces of %d, deaf %v: %v, %d bytes instead of %d: %.300q", size, deaf, err, len(got), len(want), got)
			}
		}
	}
}

// A guard that was deaf for a while has cut nothing in half.
func TestGuardHearsAgain(t *testing.T) {
	t.Parallel()
	const line, answer = "* 1 EXISTS\r\n", "* 3 FETCH (FLAGS (\\Seen))\r\n"
	for from := range len(line + answer) {
		for to := from; to < len(line+answer); to++ {
			g := &lineGuard{Conn: &piecemeal{r: strings.NewReader(line + answer + line), size: 1}}
			g.limit.Store(1000)
			var got bytes.Buffer
			one := make([]byte, 1)
			for n := 0; ; n++ {
				g.deaf.Store(n >= from && n < to)
				k, err := g.Read(one)
				got.Write(one[:k])
				if err != nil {
					break
				}
			}
			if s := got.String(); s != line+answer+line && s != line+line {
				t.Fatalf("deaf from %d to %d: %q", from, to, s)
			}
		}
	}
}

// Some servers answer STORE although they are asked not to, and in a way that nobody can read. Their mails are marked, once, and the
// connection goes on.
func TestAnswersToStoreThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	s := &oddServer{lineless: func(int) bool { return false }, stored: "* 1 FETCH (UID 1 FLAGS (\\Seen \"what is this\" {4}\r\n)\r\n( MODSEQ (x)))\r\n"}
	s.add(many(1, 4)...)
	o := newOffice(t, &mailhost.Host{})
	o.box.IMAP.Host, o.box.IMAP.Port, o.box.IMAP.Security = "127.0.0.1", canned(t, s.serve), None
	o.box.Poll, o.box.After = 1, "seen"
	o.save()
	o.start()
	o.awaitRows("filed", 4)
	o.until("all of them marked", func() bool { return o.count("select count(*) from mail_ledger where after <> ''") == 0 })
	s.add(many(5, 6)...)
	o.awaitRows("filed", 6)
	o.until("these too", func() bool { return o.count("select count(*) from mail_ledger where after <> ''") == 0 })
	if n := s.logins.Load(); n != 1 {
		t.Errorf("it took %d connections", n)
	}
	if got := fmt.Sprint(s.marked.Load()); got != "6" {
		t.Errorf("%s mails are marked", got)
	}
	if !o.up() {
		t.Errorf("the mailbox is %+v", o.state())
	}
}
