package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
	"deskbell/app/health"
)

// examined is a list of parts in short: name, state, and the key of the words.
func examined(parts []health.Part) (list []string) {
	for _, p := range parts {
		list = append(list, fmt.Sprintf("%s %s %s", p.Name, p.State, p.Words.Key))
	}
	return list
}

func wantExamined(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The page and the terminal try a mailbox of a real mail provider, beside the desk that reads it.
func TestExamination(t *testing.T) {
	h := mailhost.Start(t)
	h.SetNobody("refuse")
	zone := map[string][]string{"MX example.test": {"10 localhost"}, "A localhost": {"127.0.0.1"}, "TXT example.test": {"v=spf1 mx -all"}, "TXT _dmarc.example.test": {"v=DMARC1; p=reject"}}
	dns := mailhost.StartDNS(t, zone).Resolver()
	a, err := New(t.Context(), Config{Data: t.TempDir(), URL: "http://127.0.0.1:8080", PrivateAllowed: true, AdminEmail: "alice@tea.example", AdminPassword: "longjing before rain"}, os.DirFS("../views"), os.DirFS("../static"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	a.Mail.Trust, a.Mail.Resolver = h.TLS(), dns
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	box := desk.Mailbox{Address: "support@example.test", IMAP: desk.MailServer{Host: "localhost", Port: h.IMAPS, Security: "tls", Username: "support@example.test", Folder: "INBOX"},
		SMTP: desk.MailServer{Host: "localhost", Port: h.SMTPS, Security: "tls", Username: "support@example.test"}}
	in, err := a.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: box, Secrets: desk.MailboxSecrets{IMAP: mailhost.Password, SMTP: mailhost.Password}})
	if err != nil {
		t.Fatal(err)
	}
	awhile(t, "the mailbox is read", func() bool { return a.readsMailbox(in.ID) })
	alice, err := a.Desk.AgentByEmail(t.Context(), desk.System, "alice@tea.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Examine(t.Context(), alice.Actor()); err != nil {
		t.Fatal(err)
	}
	awhile(t, "the examination is over", func() bool { return !a.Examined().Running })
	mail := []string{"mailboxes ok doctor.mailbox.ok", "roundtrip ok doctor.roundtrip.ok", "bounce ok doctor.bounce.refused", "mx ok dns.mx.ok", "spf ok dns.spf.ok", "dkim warn dns.dkim.unsigned", "dmarc ok dns.dmarc.by_spf"}
	found := examined(a.Examined().Parts)
	if len(found) < len(mail)+4 {
		t.Fatalf("found %q", found)
	}
	wantExamined(t, found[:len(mail)+2], append(mail, "push warn doctor.push.none", "address ok doctor.address.local")...)

	var out bytes.Buffer
	d := &Doctor{Config: a.Config, Views: a.Views, Lang: "zh-CN", Out: &out, Resolver: dns, Trust: h.TLS()}
	d.Config.Listen = "127.0.0.1:1"
	if _, err := d.Examine(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"发给自己的邮件 Support", "发往不存在地址的邮件会立即被拒", "DNS：SPF Support"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the terminal does not say %q:\n%s", want, out.String())
		}
	}
	list, _, err := a.Desk.Conversations(t.Context(), desk.System, desk.ConversationList{Limit: 10})
	if err != nil || len(list) != 0 || len(h.Mailbox("support@example.test")) != 0 {
		t.Errorf("%d conversations came of it, and mails are left: %v", len(list), err)
	}
}

// awhile polls until something is so, for a minute at most.
func awhile(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to this: %s", what)
		}
	}
}

// The doctor comes in by the public address, and sees who answers there.
func TestThePublicAddress(t *testing.T) {
	a := begin(t)
	other := begin(t)
	serve := func(h http.Handler) (port string, trust *tls.Config) {
		s := httptest.NewTLSServer(h) // its certificate is for example.com
		t.Cleanup(s.Close)
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		return s.URL[strings.LastIndex(s.URL, ":"):], &tls.Config{RootCAs: pool}
	}
	here, trust := serve(a.Handler())
	there, _ := serve(other.Handler())
	shop, _ := serve(http.NotFoundHandler())
	plain := httptest.NewServer(a.Handler())
	defer plain.Close()
	open := plain.URL[strings.LastIndex(plain.URL, ":"):]
	dns := mailhost.StartDNS(t, map[string][]string{"A example.com": {"127.0.0.1"}, "A other.example": {"127.0.0.1"}}).Resolver()
	const inside, unsafe = "address warn doctor.address.inside", "address warn doctor.address.plain"
	for url, want := range map[string][]string{
		"https://example.com" + here:     {"certificate ok health.certificate.ok", "address ok doctor.address.ok", inside},
		"https://other.example" + here:   {"certificate failed doctor.certificate.bad", inside},
		"https://example.com" + there:    {"certificate ok health.certificate.ok", "address failed doctor.address.another", inside},
		"https://example.com" + shop:     {"certificate ok health.certificate.ok", "address failed doctor.address.other", inside},
		"https://example.com" + open:     {"address warn doctor.address.silent", inside},
		"http://example.com" + open:      {"address ok doctor.address.ok", inside, unsafe},
		"https://nowhere.example" + here: {"address failed health.address.failed"},
		"http://127.0.0.1" + open:        {"address ok doctor.address.local"},
	} {
		x := &examiner{desk: a.Desk, config: Config{URL: url}, resolver: dns, trust: trust}
		if got := examined(x.address(context.Background())); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", url, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	for left, want := range map[time.Duration]health.State{100 * 24 * time.Hour: health.OK, 10 * 24 * time.Hour: health.Warn, time.Hour: health.Failed, -time.Hour: health.Failed} {
		if p := certificatePart("example.com", left); p.State != want || p.Of != "example.com" {
			t.Errorf("a certificate that is good for %v is %s, want %s", left, p.State, want)
		}
	}
	var said healthJSON
	if err := json.Unmarshal(a.get("/healthz", nil).Body.Bytes(), &said); err != nil || !said.OK || said.Desk == "" {
		t.Errorf("%+v %v", said, err)
	}
}
