package email

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// oddServer is an IMAP server whose list has lines that nobody can read, and which breaks off at the contents of some mails.
type oddServer struct {
	mu       sync.Mutex
	mails    []string       // UIDs are numbers from 1 on
	lineless func(int) bool // its line in the list cannot be read
	withheld map[int]bool   // it hangs up when it is to give it
	stored   string         // what it answers to STORE
	marked   atomic.Int32   // mails that STORE named
	logins   atomic.Int32
}

func (s *oddServer) add(mails ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range mails {
		s.mails = append(s.mails, strings.ReplaceAll(m, "\n", "\r\n"))
	}
}

func (s *oddServer) serve(c net.Conn, r *bufio.Reader) {
	fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1] odd\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		s.mu.Lock()
		mails := slices.Clone(s.mails)
		s.mu.Unlock()
		word, rest, _ := strings.Cut(command, " ")
		if word == "UID" {
			word, rest, _ = strings.Cut(rest, " ")
		}
		switch word {
		case "LOGIN":
			s.logins.Add(1)
			fmt.Fprintf(c, "%s OK [CAPABILITY IMAP4rev1] welcome\r\n", tag)
			continue
		case "EXAMINE", "SELECT":
			fmt.Fprintf(c, "* %d EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n", len(mails))
		case "NOOP":
			fmt.Fprintf(c, "* %d EXISTS\r\n", len(mails))
		case "STORE":
			set, _, _ := strings.Cut(rest, " ")
			for uid := range mails {
				if within(set, uid+1, len(mails)) {
					s.marked.Add(1)
				}
			}
			fmt.Fprint(c, s.stored)
		case "FETCH":
			set, what, _ := strings.Cut(rest, " ")
			for uid := range mails {
				if uid++; within(set, uid, len(mails)) && !s.give(c, uid, mails[uid-1], what) {
					return
				}
			}
		}
		fmt.Fprintf(c, "%s OK done\r\n", tag)
	}
}

func (s *oddServer) give(c net.Conn, uid int, raw, what string) bool {
	switch {
	case strings.Contains(what, "BODY"):
		if s.withheld[uid] {
			return false
		}
		fmt.Fprintf(c, "* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", uid, uid, len(raw), raw)
	case strings.Contains(what, "INTERNALDATE"):
		date := "20-Nov-2026 10:00:00 +0000"
		if s.lineless(uid) {
			date = "00-Foo-0000 25:00:00 +0000"
		}
		fmt.Fprintf(c, "* %d FETCH (UID %d INTERNALDATE \"%s\" RFC822.SIZE %d)\r\n", uid, uid, date, len(raw))
	default:
		fmt.Fprintf(c, "* %d FETCH (UID %d)\r\n", uid, uid)
	}
	return true
}

// within says whether a number is in a set such as 1:4,7,9:*.
func within(set string, n, last int) bool {
	number := func(s string) int {
		if v, err := strconv.Atoi(s); err == nil {
			return v
		}
		return last
	}
	for part := range strings.SplitSeq(set, ",") {
		from, to, span := strings.Cut(part, ":")
		if !span {
			to = from
		}
		if a, b := number(from), number(to); n >= min(a, b) && n <= max(a, b) {
			return true
		}
	}
	return false
}

func oddOffice(t *testing.T, s *oddServer) *office {
	t.Helper()
	o := newOffice(t, &mailhost.Host{})
	o.box.IMAP.Host, o.box.IMAP.Port, o.box.IMAP.Security = "127.0.0.1", canned(t, s.serve), None
	o.box.Poll = 1
	o.save()
	return o
}

// Mails whose lines in the server's list cannot be read come all the same, and so do all the others; only the one that the server does
// not give at all is set aside.
func TestAroundLinesThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	bad := map[int]bool{7: true, 8: true, 300: true, 601: true}
	s := &oddServer{lineless: func(uid int) bool { return bad[uid] }, withheld: map[int]bool{8: true}}
	s.add(many(1, 700)...)
	o := oddOffice(t, s)
	o.start()
	o.awaitRows("filed", 699)
	if want := "8 set_aside withheld"; o.ledger() != want {
		t.Errorf("ledger: %s\nwant:   %s", o.ledger(), want)
	}
	if n := o.count("select count(*) from messages where direction = 'in'"); n != 699 {
		t.Errorf("%d messages of 699 mails", n)
	}
	if n := s.logins.Load(); n > 60 {
		t.Errorf("it took %d connections", n)
	}
	s.add(many(701, 702)...)
	o.awaitRows("filed", 701)
	o.until("the mailbox is well", func() bool { return o.state().Well() })

	// What a comparison misses may stand behind such a line, too.
	o.must(o.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("delete from mail_ledger where uid in (299, 300)")
		return err
	}))
	o.must(o.ch.ledger.Compare(t.Context(), o.alice, o.inbox.ID))
	o.until("what was missing", func() bool {
		return o.count("select count(*) from mail_ledger where uid in (299, 300) and cause = 'duplicate' and size > 0 and raw is not null") == 2
	})
}

// A server whose list can never be read is asked for every mail without one.
func TestAServerWithoutAList(t *testing.T) {
	t.Parallel()
	s := &oddServer{lineless: func(int) bool { return true }}
	s.add(many(1, 200)...)
	o := oddOffice(t, s)
	o.start()
	o.awaitRows("filed", 200)
	o.wantAll(200)
	if n := s.logins.Load(); n > 40 {
		t.Errorf("it took %d connections", n)
	}
}

// A server that says less about a mail's size than is true cannot make the desk hold it in memory.
func TestSizesThatLie(t *testing.T) {
	t.Parallel()
	o := newOffice(t, &mailhost.Host{})
	k := o.ch.intake(o.inbox, mailbox{Mailbox: o.box}, "INBOX")
	for size, held := range map[int]bool{10: true, small: true, small + 1: false, 3 * small: false} {
		var puts sync.WaitGroup
		a, err := k.content(t.Context(), listing{uid: 1, size: 10}, strings.NewReader(strings.Repeat("x", size)), &puts)
		puts.Wait()
		o.must(err)
		if (a.raw != nil) != held || a.row.Size != int64(size) || a.row.Raw == nil {
			t.Errorf("of %d bytes %d are held in memory; the row says %d", size, len(a.raw), a.row.Size)
		}
	}
}

// However far apart the UIDs of a folder are, no command is longer than servers have to read.
func TestCommandsAreShort(t *testing.T) {
	t.Parallel()
	var longest, fetches atomic.Int32
	port := canned(t, func(c net.Conn, r *bufio.Reader) {
		fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1 UIDPLUS MOVE] hi\r\n")
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			longest.Store(max(longest.Load(), int32(len(line))))
			if strings.Contains(line, "UID FETCH") {
				fetches.Add(1)
			}
			tag, _, _ := strings.Cut(line, " ")
			fmt.Fprintf(c, "%s OK done\r\n", tag)
		}
	})
	c, err := connect(t.Context(), anywhere, server("127.0.0.1", port, None, "p"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var uids []uint32
	for i := range uint32(2 * named) {
		uids = append(uids, 4_000_000_000+2*i)
	}
	if _, err := c.these(uids); err != nil {
		t.Fatal(err)
	}
	if n := longest.Load(); n > 8000 || n < 1000 || fetches.Load() != 2 {
		t.Errorf("%d commands, the longest of %d bytes", fetches.Load(), n)
	}
}
