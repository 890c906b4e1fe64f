package email

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"deskbell/app/apptest/bounded"
	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// program finds a mail program; a test that needs one fails where it is missing, as all tests do that need a server.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("this test needs %s: install Debian's package %s (.ci/needs does)", name, name)
	}
	return path
}

// run lets a mail program do its work.
func run(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	cmd := bounded.Command(t, program(t, name), args...)
	cmd.Env = append(os.Environ(), env...)
	if _, err := cmd.StdinPipe(); err != nil { // never closed before it ends: script(1) types the end of its input into its terminal
		t.Fatal(err)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// Two mail programs that people use hold a conversation with a ticket: swaks writes the first mail through Exim, the agent's answer
// comes into the customer's mailbox on Dovecot, mutt reads it there and answers it as it does for people, and so on.
func TestRealMailProgramsTalkWithATicket(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	o := newOffice(t, h).start()
	customer, colleague := "mei@example.test", "li@example.test"
	port := strconv.Itoa(h.MX)
	run(t, nil, "swaks", "--server", "127.0.0.1", "--port", port, "--from", customer, "--to", support, "--h-From", "王梅 <"+customer+">", "--add-header", "Cc: "+colleague,
		"--header", "Subject: Broken lid", "--attach-type", "text/plain; charset=utf-8", "--attach-body", "The lid of my pot is broken. 盖子碎了。", "--attach-type", "text/plain", "--attach-name", "order.txt", "--attach", "order 4711")
	o.awaitRows("filed", 1)
	o.wantTickets("Broken lid: 1 waiting")
	if c := o.conversation(1); c.CustomerName != "王梅" || len(c.Ticket.CC) != 1 || c.Ticket.CC[0] != colleague {
		t.Errorf("the ticket is of %q with copies to %v", c.CustomerName, c.Ticket.CC)
	}
	first := o.messages(1)[0]
	if !strings.Contains(first.Text, "盖子碎了") || len(first.Files) != 1 || first.Files[0].Name != "order.txt" {
		t.Errorf("swaks's mail reads %q with %d files", first.Text, len(first.Files))
	}

	o.reply(1, "We send a new one. 我们会寄一个新的。")
	h.Await(customer, func(m mailhost.Mail) bool { return m.Header("In-Reply-To") != "" })
	h.Await(colleague, func(m mailhost.Mail) bool { return m.Header("In-Reply-To") != "" })
	answerWithMutt(t, h, customer, "Thank you! 谢谢！")
	o.awaitRows("filed", 2)
	o.wantTickets("Broken lid: 3 open")
	last := o.messages(1)[2]
	if last.AuthorName != "王梅" || strings.TrimSpace(last.Text) != "Thank you! 谢谢！" || !strings.Contains(last.Meta.Quoted, "We send a new one") {
		t.Errorf("mutt's answer is kept as %q by %q, quoted %q", last.Text, last.AuthorName, last.Meta.Quoted)
	}

	// The colleague, who got a copy, answers too; and swaks by nothing but the References of the last mail.
	answerWithMutt(t, h, colleague, "I am Li, and I would like one as well.")
	o.awaitRows("filed", 3)
	sent := o.reply(1, "Two, then.")
	h.Await(customer, func(m mailhost.Mail) bool { return m.Header("Message-ID") == "<"+sent.ExternalID+">" })
	run(t, nil, "swaks", "--server", "127.0.0.1", "--port", port, "--from", customer, "--to", support, "--header", "Subject: no such subject",
		"--add-header", "References: <"+sent.ExternalID+">", "--body", "Perfect.")
	o.awaitRows("filed", 4)
	o.wantTickets("Broken lid: 6 open")
}

func (o *office) messages(ticket int) (list []*desk.Message) {
	o.t.Helper()
	all, _, err := o.Messages(o.t.Context(), desk.System, o.conversation(ticket).ID, desk.MessageList{Limit: 50})
	o.must(err)
	for _, m := range all {
		if !m.IsEvent() {
			list = append(list, m)
		}
	}
	return list
}

// answerWithMutt opens a mailbox over IMAP in mutt, answers its newest mail with the words above what mutt quotes, and sends by SMTP.
// The words stand in what mutt writes above a quote: an editor's work it did not always wait for when the machine was busy.
func answerWithMutt(t *testing.T, h *mailhost.Host, user, words string) {
	t.Helper()
	dir := t.TempDir()
	rc := filepath.Join(dir, "muttrc")
	settings := `
set folder="imap://127.0.0.1:` + strconv.Itoa(h.IMAP) + `/"
set spoolfile="+INBOX"
set imap_user="` + user + `"
set imap_pass="` + mailhost.Password + `"
set smtp_url="smtp://127.0.0.1:` + strconv.Itoa(h.MX) + `/"
set ssl_starttls=no
set ssl_force_tls=no
set from="` + user + `"
set use_from=yes
set realname=""
set envelope_from=yes
set editor=true
set attribution="` + words + `\n\nOn %d, %n wrote:"
set include=yes
set fast_reply=yes
set autoedit=yes
set copy=no
set record=""
set postponed="` + filepath.Join(dir, "postponed") + `"
set sleep_time=0
set sort=date-received
set charset=utf-8
set send_charset="us-ascii:utf-8"
set header_cache=""
set message_cachedir=""
set abort_unmodified=no
set wait_key=no
push "<last-entry><reply><send-message><exit>"
`
	if err := os.WriteFile(rc, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=" + dir, "TERM=xterm", "SHELL=/bin/sh", "LANG=C.UTF-8", "LC_ALL=C.UTF-8"}
	// mutt wants a terminal and to be in its foreground; script gives it one, whatever shell that asks to start it. Both servers are on
	// this machine, where Dovecot takes a password without TLS.
	run(t, env, "script", "-q", "-e", "-c", "exec "+program(t, "mutt")+" -n -F "+rc, filepath.Join(dir, "screen"))
	if screen, err := os.ReadFile(filepath.Join(dir, "screen")); err == nil && testing.Verbose() {
		t.Logf("mutt's screen:\n%q", screen)
	}
}
