// Package mailhost is a whole mail provider for tests: a real Dovecot (IMAP) and a real Exim (SMTP) on free
// loopback ports, in a folder of their own, as an ordinary user, plus Faulty, an SMTP server that misbehaves to order.
//
// It promises that the servers answer when Start returns and are gone when the test ends, even when the test process
// is killed: they hang on a pipe whose other end the test holds. Nothing outside the folder is touched.
//
// Accounts need no setting up: every address @example.test is one, with the password Password; its folders are made before the first
// mail goes to it or is read from it (see settle). Scripted by
// address: tempfail@example.test answers 451 to RCPT, nouser@example.test 550, and mail to anybody@bounce.test is
// accepted from authenticated senders and comes back as a delivery report. More than MaxMessage bytes are refused with 552.
//
// dovecot.go and exim.go hold the configurations, process.go starts and stops them, certificate.go makes the CA, mailbox.go
// delivers and reads mail as the outside world would, faulty.go is the scriptable server.
package mailhost

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	// Domain is the domain whose every address is an account.
	Domain = "example.test"
	// Password is the password of every account.
	Password = "secret"
	// MaxMessage is the size in bytes above which Exim refuses a message (552).
	MaxMessage = 5 << 20
)

// Host is a running pair of servers. Every port is on 127.0.0.1; the certificate is for "localhost".
type Host struct {
	IMAP       int // STARTTLS, no login without it
	IMAPS      int // TLS at once
	MX         int // SMTP without authentication, for mail to example.test
	Submission int // SMTP with STARTTLS, then AUTH PLAIN or LOGIN
	SMTPS      int // the same with TLS at once
	LMTP       int // straight into the mailboxes

	// CA trusts the servers' certificate.
	CA *x509.CertPool
	// Dir holds configuration, logs and mail.
	Dir string

	most    int    // mails that a mailbox holds; 0: any number
	oauth   string // where Dovecot asks whose a token is; empty: nobody logs in by token
	t       testing.TB
	account account
	dovecot *process
	exim    *process

	settling sync.Mutex
	settled  map[string]bool // the accounts whose folders are there
}

// wellKnown are the accounts that a desk under test reads and writes to before the test itself does.
var wellKnown = []string{"support@" + Domain, "mei@" + Domain}

// Start starts both servers and stops them when the test ends. A missing Debian package fails the test in a sentence.
func Start(t testing.TB) *Host {
	t.Helper()
	h := prepare(t)
	h.StartIMAP()
	h.settle(wellKnown...)
	h.StartSMTP()
	return h
}

// StartOAuth is Start with servers that take tokens (XOAUTH2) besides passwords. Dovecot asks the identity provider at introspect, to
// which it appends the token (RFC 7662); Exim takes those of SetTokens.
func StartOAuth(t testing.TB, introspect string) *Host {
	t.Helper()
	h := prepareWith(t, introspect)
	h.StartIMAP()
	h.settle(wellKnown...)
	h.StartSMTP()
	return h
}

// SetTokens says which access tokens Exim takes.
func (h *Host) SetTokens(tokens ...string) {
	h.t.Helper()
	h.write("tokens", strings.Join(tokens, ": yes\n")+": yes\n")
}

// SetNobody says what becomes of mail to no-such-address-…@example.test: refuse (at once), report (a delivery report comes back), keep
// (it is support's), or lose, as at first.
func (h *Host) SetNobody(mode string) {
	h.t.Helper()
	h.write("nobody", "mode: "+mode+"\n")
}

// StartIMAPOnly starts Dovecot alone, for tests that read mail and send none.
func StartIMAPOnly(t testing.TB) *Host {
	t.Helper()
	h := prepare(t)
	h.StartIMAP()
	h.settle(wellKnown...)
	return h
}

// StartSmall is StartIMAPOnly with mailboxes that hold no more than so many mails.
func StartSmall(t testing.TB, most int) *Host {
	t.Helper()
	h := prepare(t)
	h.most = most
	h.write("dovecot.conf", h.dovecotConf())
	h.StartIMAP()
	h.settle(wellKnown...)
	return h
}

// StopIMAP stops Dovecot, as an outage would. StartIMAP brings it back on the same ports.
func (h *Host) StopIMAP() {
	h.t.Helper()
	h.dovecot.stop()
}

// StartIMAP starts Dovecot, first or again.
func (h *Host) StartIMAP() {
	h.t.Helper()
	os.Remove(filepath.Join(h.Dir, "run", "master.pid")) // one that was killed leaves it, and as long as nobody takes note of its end it counts as running
	h.dovecot = h.start("dovecot", "dovecot-imapd", []string{"-F", "-c", filepath.Join(h.Dir, "dovecot.conf")}, h.IMAP, h.IMAPS, h.LMTP)
}

// StartSMTP starts Exim, first or again.
func (h *Host) StartSMTP() {
	h.t.Helper()
	h.exim = h.start("exim4", "exim4-daemon-light", []string{"-C", filepath.Join(h.Dir, "exim.conf"), "-bdf", "-q2s"}, h.MX, h.Submission, h.SMTPS)
}

// StopSMTP stops Exim.
func (h *Host) StopSMTP() {
	h.t.Helper()
	h.exim.stop()
}

// TLS is a client configuration that trusts the servers.
func (h *Host) TLS() *tls.Config {
	return &tls.Config{RootCAs: h.CA, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

// RefuseLogins makes Dovecot refuse the account from now on, as after a change of its password.
func (h *Host) RefuseLogins(user string) {
	h.t.Helper()
	h.write("deny", user+":{PLAIN}x\n")
}

// AllowLogins ends RefuseLogins.
func (h *Host) AllowLogins() {
	h.t.Helper()
	h.write("deny", "")
}

// prepare makes the folder, the certificate and both configurations.
func prepare(t testing.TB) *Host {
	t.Helper()
	return prepareWith(t, "")
}

func prepareWith(t testing.TB, introspect string) *Host {
	t.Helper()
	// Not t.TempDir: its parent is closed to other users, and the path must be short for Unix sockets.
	dir, err := os.MkdirTemp("", "mh")
	if err != nil {
		t.Fatalf("make a folder for the mail servers: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &Host{t: t, Dir: dir, account: ordinaryAccount(t), oauth: introspect, settled: map[string]bool{}}
	freePorts(t, &h.IMAP, &h.IMAPS, &h.LMTP, &h.MX, &h.Submission, &h.SMTPS)
	for _, sub := range []string{"", "run", "mail", "spool", "log"} {
		h.mkdir(sub)
	}
	cert, key, pool := certificate(t)
	h.CA = pool
	h.write("tls.crt", cert)
	h.write("tls.key", key)
	h.write("deny", "")
	h.write("tokens", "none: no\n")
	h.write("nobody", "mode: lose\n")
	h.write("oauth2.conf", h.oauthConf())
	h.write("dovecot.conf", h.dovecotConf())
	h.write("exim.conf", h.eximConf())
	return h
}

// mkdir makes a folder that belongs to the servers' account.
func (h *Host) mkdir(name string) {
	h.t.Helper()
	path := filepath.Join(h.Dir, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		h.t.Fatalf("make %s: %v", path, err)
	}
	h.give(path)
}

// write puts a file into Dir, in one step, so that a running server never reads half of it.
func (h *Host) write(name, content string) {
	h.t.Helper()
	path := filepath.Join(h.Dir, name)
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		h.t.Fatalf("write %s: %v", path, err)
	}
	h.give(path + ".new")
	if err := os.Rename(path+".new", path); err != nil {
		h.t.Fatalf("write %s: %v", path, err)
	}
}

func (h *Host) give(path string) {
	h.t.Helper()
	if !h.account.switched {
		return
	}
	if err := os.Chown(path, int(h.account.uid), int(h.account.gid)); err != nil {
		h.t.Fatalf("give %s to %s: %v", path, h.account.user, err)
	}
}

// found is how many ports this process has looked at.
var found atomic.Int64

// freePorts finds ports that nobody listens on, none twice. They lie below those that the system gives to whoever asks for any (from
// 32768 on), and each process begins elsewhere and keeps what it has found: nobody takes one before its server does, or while that is down.
func freePorts(t testing.TB, ports ...*int) {
	t.Helper()
	const first, many = 12_000, 20_000
	for _, port := range ports {
		for *port = 0; *port == 0; {
			n := int(found.Add(1))
			if n > many {
				t.Fatal("no port is free")
			}
			if at := first + (os.Getpid()*151+n)%many; keep(at) && free(at) {
				*port = at
			}
		}
	}
}

// keep takes a port among the processes that look for some here, until this one ends: by a socket in Linux's abstract names, of which
// each is there once and goes with who has it.
func keep(port int) bool {
	kept, err := net.ListenPacket("unixgram", fmt.Sprint("@deskbell-mailhost-", port))
	if err == nil {
		held.Store(port, kept) // a listener that nobody holds is closed with the garbage
	}
	return err == nil
}

var held sync.Map // port to listener

func free(port int) bool {
	l, err := net.Listen("tcp", local(port))
	return err == nil && l.Close() == nil
}

// Refusing is a port on 127.0.0.1 on which nobody listens, and which nobody is given while the test runs.
func Refusing(t testing.TB) (port int) {
	t.Helper()
	freePorts(t, &port)
	return port
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
