package email

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
	"deskbell/app/netguard"
)

var anywhere = (&netguard.Guard{AllowPrivate: true}).DialContext

func imapServer(h *mailhost.Host) Server {
	return server("localhost", h.IMAPS, TLS, mailhost.Password)
}

func server(host string, port int, security, password string) Server {
	return Server{desk.MailServer{Host: host, Port: port, Security: security, Username: "support@example.test", Folder: "INBOX"}, password}
}

func mailN(n int, body string) string {
	return fmt.Sprintf("From: Mei <mei@example.test>\nTo: support@example.test\nSubject: Tea %d\nMessage-ID: <%d@example.test>\nDate: Fri, 20 Nov 2026 10:00:00 +0000\n\n%s\n", n, n, body)
}

func dialIt(t *testing.T, h *mailhost.Host) *connection {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // the desk itself gives servers longer
	c, err := connect(ctx, anywhere, imapServer(h), h.TLS())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.close(); cancel() })
	return c
}

func TestReadMailbox(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	h.Fill("support@example.test", mailN(1, "one"), mailN(2, strings.Repeat("x", 300_000)), mailN(3, "three"))
	c := dialIt(t, h)
	validity, err := c.open("INBOX", false)
	if err != nil || validity == 0 {
		t.Fatalf("validity %d, %v", validity, err)
	}
	list, err := c.list(0)
	if err != nil || len(list) != 3 || list[0].uid != 1 || list[1].size < 300_000 || time.Since(list[2].at) > time.Hour {
		t.Fatalf("list %+v, %v", list, err)
	}
	if rest, err := c.list(3); err != nil || len(rest) != 0 {
		t.Errorf("behind the last mail there is %+v, %v", rest, err)
	}
	h.Expunge("support@example.test", 1) // deleted by another program between listing and fetching
	var got []string
	err = c.fetch(list, 1<<20, func(l listing, content io.Reader) error {
		b, err := io.ReadAll(content)
		if int64(len(b)) != l.size {
			t.Errorf("mail %d: %d bytes, listed %d", l.uid, len(b), l.size)
		}
		got = append(got, fmt.Sprint(l.uid))
		return err
	})
	if err != nil || strings.Join(got, " ") != "2 3" {
		t.Errorf("fetched %v, %v", got, err)
	}
	if err := c.fetch(list[1:2], 1000, func(_ listing, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }); err == nil {
		t.Error("a mail above the limit was read")
	}
}

// A full disk of ours ends the fetch, and leaves nothing hanging behind.
func TestFetchEndsWhenWeCannotStore(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	h.Fill("support@example.test", mailN(1, strings.Repeat("x", 100_000)), mailN(2, "two"), mailN(3, "three"))
	for _, read := range []int64{0, 10, 1 << 20} {
		c := dialIt(t, h)
		if _, err := c.open("INBOX", false); err != nil {
			t.Fatal(err)
		}
		list, err := c.list(0)
		if err != nil {
			t.Fatal(err)
		}
		full := errors.New("disk full")
		done := make(chan error, 1)
		go func() {
			done <- c.fetch(list, 1<<20, func(_ listing, r io.Reader) error {
				io.CopyN(io.Discard, r, read)
				return full
			})
		}()
		select {
		case err := <-done:
			if !errors.Is(err, full) {
				t.Errorf("after %d bytes: %v", read, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("after %d bytes: it hangs", read)
		}
	}
}

func TestIdleTellsNewMail(t *testing.T) {
	t.Parallel()
	h := mailhost.StartIMAPOnly(t)
	c := dialIt(t, h)
	if _, err := c.open("INBOX", false); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.wait(t.Context()) }()
	h.Fill("support@example.test", mailN(1, "one"))
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing was told")
	}
	if list, err := c.list(0); err != nil || len(list) != 1 {
		t.Errorf("after IDLE: %+v, %v", list, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- c.wait(ctx) }()
	cancel()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Error("a cancelled wait goes on")
	}
}

// canned is a server that says what it is told to, once per connection.
func canned(t *testing.T, serve func(c net.Conn, r *bufio.Reader)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(c, bufio.NewReader(c)) }()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// script answers each command line in turn; $TAG stands for the client's tag.
func script(greeting string, answers ...string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, r *bufio.Reader) {
		io.WriteString(c, greeting)
		for _, a := range answers {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			tag, _, _ := strings.Cut(line, " ")
			io.WriteString(c, strings.ReplaceAll(a, "$TAG", tag))
		}
		r.ReadString('\n')
	}
}

// A server may send a mail's contents before its UID; the library then cannot tell whose they are.
func TestContentsBeforeUID(t *testing.T) {
	listed := "* 1 FETCH (UID 7 RFC822.SIZE 5 FLAGS ())\r\n$TAG OK\r\n"
	fetched := "* 1 FETCH (BODY[] {5}\r\nhello UID 7)\r\n$TAG OK\r\n"
	port := canned(t, script("* OK [CAPABILITY IMAP4rev1] hi\r\n", "$TAG OK [CAPABILITY IMAP4rev1]\r\n",
		"* 1 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n$TAG OK\r\n", listed, fetched, listed, fetched, listed, fetched))
	c, err := connect(t.Context(), anywhere, server("127.0.0.1", port, None, "p"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := c.open("INBOX", false); err != nil {
		t.Fatal(err)
	}
	list, err := c.list(0)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	for range 2 { // the second time it asks by number at once
		var got string
		err = c.fetch(list, 100, func(_ listing, r io.Reader) error { b, err := io.ReadAll(r); got = string(b); return err })
		if err != nil || got != "hello" {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

// A list that does not end is given up before it fills the memory; what is listed in parts is each time as long as it may be.
func TestListsThatNeverEnd(t *testing.T) {
	t.Parallel()
	port := canned(t, func(conn net.Conn, r *bufio.Reader) {
		io.WriteString(conn, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			tag, command, _ := strings.Cut(line, " ")
			for n := 1; strings.HasPrefix(command, "UID FETCH") || strings.HasPrefix(command, "LIST"); n++ {
				said := fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE 5)\r\n", n, 2*n)
				if strings.HasPrefix(command, "LIST") {
					said = fmt.Sprintf("* LIST () \"/\" \"folder %d\"\r\n", n)
				}
				if _, err := io.WriteString(conn, said); err != nil {
					return
				}
			}
			fmt.Fprintf(conn, "%s OK [CAPABILITY IMAP4rev1] done\r\n", tag)
		}
	})
	for what, ask := range map[string]func(*connection) (int, error){
		"mails":   func(c *connection) (int, error) { list, err := c.list(0); return len(list), err },
		"folders": func(c *connection) (int, error) { _, err := c.sentFolder(); return mostFolders, err },
	} {
		c, err := connect(t.Context(), anywhere, server("127.0.0.1", port, None, "p"), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.most = mostFolders
		n, err := ask(c)
		var bad *protocolError
		if !errors.As(err, &bad) || n != mostFolders || !strings.Contains(bad.said, what) {
			t.Errorf("%d %s, %v", n, what, err)
		}
		c.close()
	}
}

// repeating is a server that greets, begins to say something and never ends.
func repeating(begin, more string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, _ *bufio.Reader) {
		io.WriteString(c, "* OK [CAPABILITY IMAP4rev1] hi\r\n"+begin)
		for {
			if _, err := io.WriteString(c, more); err != nil {
				return
			}
		}
	}
}

func TestHostileServers(t *testing.T) {
	for name, c := range map[string]struct {
		serve    func(net.Conn, *bufio.Reader)
		security string
		key      string
	}{
		"endless line":        {repeating("* OK ", strings.Repeat("more ", 4096)), None, "not_mail"},
		"huge literal":        {script("* OK [CAPABILITY IMAP4rev1] hi\r\n", "* ID ({1073741824}\r\n"), None, "not_mail"},
		"behind zeros":        {script("* OK [CAPABILITY IMAP4rev1] hi\r\n", "* ID ({"+strings.Repeat("0", 90)+"1073741824}\r\n"), None, "not_mail"},
		"beyond numbers":      {script("* OK [CAPABILITY IMAP4rev1] hi\r\n", "* ID ({"+strings.Repeat("9", 40)+"}\r\n"), None, "not_mail"},
		"before a blank":      {script("* OK [CAPABILITY IMAP4rev1] hi\r\n", "* ID ({1073741824} \r\n"), None, "not_mail"},
		"behind other words":  {script("* OK [CAPABILITY IMAP4rev1] hi {500}\r\n", "* OK {500}\r\n* ID ({1073741824}\r\n"), None, "not_mail"},
		"quoted for ever":     {repeating("* ID (\"", strings.Repeat("tea", 1000)+"\r\n"), None, "not_mail"},
		"quoted with escapes": {repeating("* ID (\"\\\"", strings.Repeat("\\\"", 1000)+"\r\n"), None, "not_mail"},
		"literals for ever":   {repeating("* ID (", "\"a\" {60000}\r\n"+strings.Repeat("x", 60000)+" "), None, "not_mail"},
		"stripped STARTTLS":   {script("* OK hi\r\n", "s BAD unknown command\r\n"), STARTTLS, "no_starttls"},
		"PREAUTH in clear":    {script("* PREAUTH hi\r\n"), STARTTLS, "not_mail"},
		"injected before TLS": {script("* OK hi\r\n", "s OK go\r\n* OK [ALERT] injected\r\n"), STARTTLS, "not_tls"},
		"SMTP on this port":   {script("220 mail.example ESMTP\r\n"), None, "is_smtp"},
		"POP3 on this port":   {script("+OK ready\r\n"), None, "is_pop3"},
		"web server":          {script("HTTP/1.1 400 Bad Request\r\n"), None, "not_mail"},
		"hangs up":            {func(net.Conn, *bufio.Reader) {}, None, "hung_up"},
		"plain behind TLS":    {script("* OK hi\r\n"), TLS, "not_tls"},
		"login disabled":      {script("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n"), None, "no_login"},
	} {
		t.Run(name, func(t *testing.T) {
			s := server("127.0.0.1", canned(t, c.serve), c.security, "p")
			p := checkIMAP(t.Context(), anywhere, s, nil)
			if p == nil || p.Key != "mailbox.problem."+c.key {
				t.Errorf("got %+v, want %s", p, c.key)
			}
		})
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	f, trust := mailhost.StartFaulty(t, mailhost.STARTTLS)
	s := server("localhost", f.Port, STARTTLS, mailhost.Password)
	raw := "Subject: x\r\n\r\nfirst\r\n.\r\n..dots\r\n\n.\n\r.\r\nend\r\n"
	f.Fail(
		mailhost.Fault{Step: mailhost.To, Code: 451, Text: "4.2.1 busy"},
		mailhost.Fault{Step: mailhost.To, Code: 550, Text: "5.1.1 no such user"},
		mailhost.Fault{Step: mailhost.Data, Code: 554, Text: "5.6.0 refused"},
		mailhost.Fault{Step: mailhost.AfterData},
	)
	for _, want := range []struct {
		code      int
		permanent bool
	}{{451, false}, {550, true}, {554, true}, {0, false}} {
		c, err := openSMTP(t.Context(), anywhere, s, "example.test", trust)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.send("support@example.test", "mei@example.test", strings.NewReader(raw))
		r, ok := err.(*refusal)
		if !ok || r.Code != want.code || r.permanent() != want.permanent {
			t.Errorf("got %v, want code %d", err, want.code)
		}
		c.close()
	}
	c, err := openSMTP(t.Context(), anywhere, s, "example.test", trust)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, to := range []string{"a@example.test>\r\nRCPT TO:<b@example.test", "a@example.test> NOTIFY=NEVER", "nobody"} {
		if _, err := c.send("support@example.test", to, strings.NewReader(raw)); err == nil || !err.(*refusal).permanent() {
			t.Errorf("recipient %q: %v", to, err)
		}
	}
	if _, err := c.send("support@example.test", "mei@example.test", strings.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
	kept := f.Await(2)
	if len(kept) != 2 || !bytes.Contains(kept[1].Raw, []byte("\r\n..dots")) || !bytes.Contains(kept[1].Raw, []byte("end")) {
		t.Errorf("kept %d, the last is %q", len(kept), kept[len(kept)-1].Raw)
	}
}
