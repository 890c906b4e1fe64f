package mailhost

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	gosmtp "github.com/emersion/go-smtp"

	"deskbell/app/apptest/bounded"
)

// Mail is one message of a mailbox.
type Mail struct {
	UID uint32
	Raw []byte
}

// Has reports whether the raw message contains text.
func (m Mail) Has(text string) bool { return bytes.Contains(m.Raw, []byte(text)) }

// Header returns the first header field of that name, unfolded, or "".
func (m Mail) Header(name string) string {
	head, _, _ := strings.Cut(strings.ReplaceAll(string(m.Raw), "\r\n", "\n"), "\n\n")
	head = strings.NewReplacer("\n ", " ", "\n\t", " ").Replace(head)
	for line := range strings.SplitSeq(head, "\n") {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(k, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// Deliver sends a raw message to an account, through Exim's MX port, as the outside world does. Line ends may be
// bare LF. It returns when Exim has accepted; Dovecot shows the message a moment later.
func (h *Host) Deliver(from, to, raw string) {
	h.t.Helper()
	if err := h.deliver(from, to, crlf(raw)); err != nil {
		h.t.Fatalf("deliver to %s: %v\n%s", to, err, h.logs())
	}
}

func (h *Host) deliver(from, to string, raw []byte) error {
	h.settle(to)
	c, err := speak(h.MX)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Mail(from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// patience is how long one of these servers may take over one thing that a test wants of it; then the test fails.
const patience = time.Minute

// dial opens a connection that ends when the servers have had their time.
func dial(port int) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", local(port), patience)
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(patience))
	}
	return conn, err
}

// speak opens such a connection to an SMTP server.
func speak(port int) (*smtp.Client, error) {
	conn, err := dial(port)
	if err != nil {
		return nil, err
	}
	return smtp.NewClient(conn, "127.0.0.1")
}

// Fill puts many raw messages into one mailbox, in order, over one LMTP connection; they are there when it returns.
func (h *Host) Fill(to string, raws ...string) {
	h.t.Helper()
	if err := h.TryFill(to, raws...); err != nil {
		h.t.Fatalf("%v\n%s", err, h.logs())
	}
}

// TryFill is Fill where the mailbox may refuse.
func (h *Host) TryFill(to string, raws ...string) error {
	h.settle(to)
	conn, err := dial(h.LMTP)
	if err != nil {
		return fmt.Errorf("fill the mailbox of %s: %w", to, err)
	}
	c := gosmtp.NewClientLMTP(conn)
	defer c.Close()
	for i, raw := range raws {
		conn.SetDeadline(time.Now().Add(patience))
		if err := lmtpSend(c, to, crlf(raw)); err != nil {
			return fmt.Errorf("fill the mailbox of %s, message %d: %w", to, i, err)
		}
	}
	return nil
}

// Mailbox reads all messages of an account's INBOX, oldest first, without marking them.
func (h *Host) Mailbox(user string) []Mail {
	h.t.Helper()
	return h.Folder(user, "INBOX")
}

// Folder reads all messages of one of an account's folders as Mailbox does.
func (h *Host) Folder(user, name string) []Mail {
	h.t.Helper()
	c := h.open(user)
	defer c.Close()
	data, err := c.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		h.t.Fatalf("open %s of %s: %v", name, user, err)
	}
	if data.NumMessages == 0 {
		return nil
	}
	all := imap.SeqSet{}
	all.AddRange(1, 0)
	section := &imap.FetchItemBodySection{Peek: true}
	found, err := c.Fetch(all, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		h.t.Fatalf("read the mailbox of %s: %v", user, err)
	}
	mails := make([]Mail, 0, len(found))
	for _, m := range found {
		mails = append(mails, Mail{UID: uint32(m.UID), Raw: m.FindBodySection(section)})
	}
	return mails
}

// Await returns the first message of the mailbox for which ok holds, and fails the test after a minute.
func (h *Host) Await(user string, ok func(Mail) bool) Mail {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		mails := h.Mailbox(user)
		for _, m := range mails {
			if ok(m) {
				return m
			}
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("the mail for %s did not come (%d others did)\n%s", user, len(mails), h.logs())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Expunge deletes messages from an account's INBOX, as another mail program would.
func (h *Host) Expunge(user string, uids ...uint32) {
	h.t.Helper()
	c := h.open(user)
	defer c.Close()
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		h.t.Fatalf("open the mailbox of %s: %v", user, err)
	}
	set := imap.UIDSet{}
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	if err := c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}, nil).Close(); err != nil {
		h.t.Fatalf("delete mail of %s: %v", user, err)
	}
	if _, err := c.Expunge().Collect(); err != nil {
		h.t.Fatalf("delete mail of %s: %v", user, err)
	}
}

// Flags tells of each message of an account's INBOX, oldest first, "seen" or "-".
func (h *Host) Flags(user string) (list []string) {
	h.t.Helper()
	c := h.open(user)
	defer c.Close()
	data, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil || data.NumMessages == 0 {
		return nil
	}
	all := imap.SeqSet{}
	all.AddRange(1, 0)
	found, err := c.Fetch(all, &imap.FetchOptions{Flags: true}).Collect()
	if err != nil {
		h.t.Fatalf("read the flags of %s: %v", user, err)
	}
	for _, m := range found {
		flag := "-"
		for _, f := range m.Flags {
			if f == imap.FlagSeen {
				flag = "seen"
			}
		}
		list = append(list, flag)
	}
	return list
}

// MoveAll moves every message of one folder to another, as a filter or a colleague would.
func (h *Host) MoveAll(user, from, to string) {
	h.t.Helper()
	c := h.open(user)
	defer c.Close()
	if _, err := c.Select(from, nil).Wait(); err != nil {
		h.t.Fatalf("open %s of %s: %v", from, user, err)
	}
	all := imap.SeqSet{}
	all.AddRange(1, 0)
	if _, err := c.Move(all, to).Wait(); err != nil {
		h.t.Fatalf("move the mails of %s: %v", user, err)
	}
}

// Put appends a raw message to one of an account's folders.
func (h *Host) Put(user, folder, raw string) {
	h.t.Helper()
	c := h.open(user)
	defer c.Close()
	cmd := c.Append(folder, int64(len(crlf(raw))), nil)
	_, err := cmd.Write(crlf(raw))
	if err == nil {
		err = cmd.Close()
	}
	if err == nil {
		_, err = cmd.Wait()
	}
	if err != nil {
		h.t.Fatalf("put a mail into %s of %s: %v", folder, user, err)
	}
}

// SetUIDValidity gives an account's INBOX another UIDVALIDITY, as a restore of the server would.
func (h *Host) SetUIDValidity(user string, validity uint32) {
	h.t.Helper()
	path := find("doveadm")
	cmd := bounded.Command(h.t, path, "-c", filepath.Join(h.Dir, "dovecot.conf"), "mailbox", "update", "--uid-validity", fmt.Sprint(validity), "-u", user, "INBOX")
	cmd.Dir = h.Dir
	if h.account.switched {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: h.account.uid, Gid: h.account.gid}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("change the UIDVALIDITY of %s: %v\n%s", user, err, out)
	}
}

// settle makes the folders of accounts that have none yet, one account after the other: where one program reads a folder while a mail
// makes it, Dovecot now and then refuses one of them (once in a hundred times, measured on two cores).
func (h *Host) settle(users ...string) {
	h.t.Helper()
	h.settling.Lock()
	defer h.settling.Unlock()
	for _, user := range users {
		local, domain, _ := strings.Cut(strings.ToLower(user), "@")
		if h.settled[user] || domain != Domain || local == "" {
			continue
		}
		h.settled[user] = true
		c := h.login(user)
		for _, folder := range []string{"INBOX", "Sent", "Done"} {
			if _, err := c.Select(folder, nil).Wait(); err != nil {
				h.t.Fatalf("make %s of %s: %v\n%s", folder, user, err, h.logs())
			}
		}
		c.Close()
	}
}

func (h *Host) open(user string) *imapclient.Client {
	h.t.Helper()
	h.settle(user)
	return h.login(user)
}

func (h *Host) login(user string) *imapclient.Client {
	h.t.Helper()
	conn, err := dial(h.IMAPS)
	if err != nil {
		h.t.Fatalf("connect to Dovecot: %v\n%s", err, h.logs())
	}
	c := imapclient.New(tls.Client(conn, h.TLS()), nil)
	if err := c.Login(user, Password).Wait(); err != nil {
		h.t.Fatalf("log in to Dovecot as %s: %v\n%s", user, err, h.logs())
	}
	return c
}

func lmtpSend(c *gosmtp.Client, to string, raw []byte) error {
	if err := c.Mail("sender@"+Domain, nil); err != nil { // an empty sender is that of a delivery report
		return err
	}
	if err := c.Rcpt(to, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, bytes.NewReader(raw)); err != nil {
		return err
	}
	return w.Close()
}

// crlf writes every line end as CRLF.
func crlf(raw string) []byte {
	return []byte(strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n"))
}
