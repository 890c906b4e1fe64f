package web_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest"
	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// The key that signs is taken, checked and never shown; the record to add to DNS is.
func TestTheKeyThatSigns(t *testing.T) {
	s := apptest.Open(t)
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	form := func(more ...string) []string {
		return append([]string{"address", "support@tea.example", "name", "Tea", "enabled", "false", "after", "keep", "imap.host", "imap.tea.example", "imap.port", "993", "imap.security", "tls", "imap.username", "support", "imap.auth", "password", "imap.password", "secret",
			"smtp.host", "smtp.tea.example", "smtp.port", "465", "smtp.security", "tls", "smtp.username", "support", "smtp.auth", "password"}, more...)
	}
	s.Alice.Post("/admin/mailboxes/new", form("dkim.selector", "tea", "dkim.key", "secret")...).Status(http.StatusUnprocessableEntity).Has(".fault", "private key as PEM")
	s.Alice.Post("/admin/mailboxes/new", form("dkim.key", key)...).Status(http.StatusUnprocessableEntity).Has(".fault", "selector")
	s.Alice.Post("/admin/mailboxes/new", form("dkim.selector", "tea", "dkim.key", key)...).LeadsTo("/admin/mailboxes")
	boxes, err := s.Desk.Inboxes(t.Context(), desk.System, desk.Email)
	if err != nil || len(boxes) == 0 {
		t.Fatalf("%d mailboxes, %v", len(boxes), err)
	}
	in := boxes[len(boxes)-1]
	page := "/admin/mailboxes/" + in.ID.String()
	secrets := func() (m desk.MailboxSecrets) {
		if err := s.Desk.InboxSecrets(t.Context(), desk.System, in.ID, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	s.Alice.Get(page).Has(".snippet", "tea._domainkey.tea.example").Has("#mailbox-form", "v=DKIM1; k=ed25519; p=")
	s.Alice.Post(page, form("dkim.selector", "tea")...).LeadsTo("/admin/mailboxes")
	if got := secrets().DKIM; got != strings.TrimSpace(key) {
		t.Errorf("saved without a key, the stored one is %q", got)
	}
	s.Alice.Post(page, form()...).LeadsTo("/admin/mailboxes")
	if got := secrets().DKIM; got != "" {
		t.Errorf("without a selector the key is still there: %q", got)
	}
}

// What the single checks come to.
func TestLevelsOfVerdicts(t *testing.T) {
	for verdict, want := range map[string]string{
		`{"dmarc":"pass"}`: "proved", `{"dmarc":"pass","spf":"fail"}`: "proved", `{"dmarc":"fail","spf":"pass"}`: "doubtful",
		`{"spf":"softfail"}`: "doubtful", `{"dkim":"fail"}`: "doubtful", `{"spf":"fail","dkim":"pass"}`: "unsure", `{"spf":"pass","dkim":"pass"}`: "unsure", `{"dmarc":"none","spf":"fail"}`: "unsure",
	} {
		var v desk.MailVerdict
		if err := json.Unmarshal([]byte(verdict), &v); err != nil {
			t.Fatal(err)
		}
		if got := v.Level(); got != want {
			t.Errorf("%s comes to %s, want %s", verdict, got, want)
		}
	}
}

// The page says what is in DNS, what should be, and how to mend it, in the reader's language.
func TestTheDNSPage(t *testing.T) {
	s := apptest.Open(t)
	dns := mailhost.StartDNS(t, map[string][]string{"MX tea.example": {"10 mx.tea.example"}, "A mx.tea.example": {"192.0.2.1"}, "TXT tea.example": {"v=spf1 mx -all"}})
	s.App.Mail.Resolver = dns.Resolver()
	page := "/admin/mailboxes/" + s.Mailbox.ID.String()
	s.Alice.Get(page).Has("header a", "DNS check")
	got := s.Alice.Get(page+"/dns").Has("#mx.ok", "10 mx.tea.example").Has("#spf.warn", "smtp.tea.example does not appear").Has("#spf.warn code", "v=spf1 a:smtp.tea.example mx -all")
	got.Has("#dkim.warn", "no key was found").Has("#dmarc.warn code", "v=DMARC1; p=none; rua=mailto:support@tea.example").HasNot("#mx", "What should be there")
	s.Bo.Get(page + "/dns").Status(http.StatusForbidden)
	s.Alice.Get("/admin/mailboxes/" + s.Widget.ID.String() + "/dns").Status(http.StatusNotFound)
	s.Alice.Get("/admin/mailboxes/new/dns").Status(http.StatusNotFound)
}

// Whoever asks for signatures without a key is given one.
func TestAKeyIsMade(t *testing.T) {
	s := apptest.Open(t)
	page := "/admin/mailboxes/" + s.Mailbox.ID.String()
	s.Alice.Post(page, "address", "support@tea.example", "name", "Tea", "after", "keep", "imap.host", "imap.tea.example", "imap.port", "993", "imap.security", "tls",
		"smtp.host", "smtp.tea.example", "smtp.port", "465", "smtp.security", "tls", "dkim.selector", "tea").LeadsTo("/admin/mailboxes")
	s.Alice.Get(page).Has("#dkim-name", "tea._domainkey.tea.example").Has("#dkim-value", "v=DKIM1; k=rsa; p=MII")
}

// Several signatures, of which one is the usual one; an agent chooses another where the mailbox lets him.
func TestSignaturesOfAMailbox(t *testing.T) {
	s := apptest.Open(t)
	page := "/admin/mailboxes/" + s.Mailbox.ID.String()
	form := func(more ...string) []string {
		return append([]string{"address", "support@tea.example", "name", "Support", "after", "keep", "team_id", s.Sales.String(), "imap.host", "imap.tea.example", "imap.port", "993", "imap.security", "tls",
			"smtp.host", "smtp.tea.example", "smtp.port", "465", "smtp.security", "tls"}, more...)
	}
	c := s.Mail("mei@example.com", "Tea", "Hello", "")
	composer := "/tickets/" + c.Ticket.ID.String()
	s.Alice.Get(page).Has(".signatures", "No signature by default")
	s.Alice.Post(page, form("signature.name", "Shop", "signature.text", "West Lake Tea", "signature.name", "shop", "signature.text", "Orders", "signature.active", "0")...).Status(http.StatusUnprocessableEntity).Has(".signatures .fault", "called “shop”")
	s.Alice.Post(page, form("signature.name", "Shop", "signature.text", "West Lake Tea", "signature.name", "", "signature.text", "Order desk", "signature.active", "1")...).LeadsTo("/admin/mailboxes")
	s.Bo.Get(composer).HasNot("#composer", "Order desk")
	s.Alice.Post(page, form("signature.name", "Shop", "signature.text", "West Lake Tea", "signature.name", "Order desk", "signature.text", "Order desk", "signature.active", "1", "signature_choice", "true")...).LeadsTo("/admin/mailboxes")
	if got := s.Bo.Get(composer).All(".copies option"); !strings.Contains(strings.Join(got, "|"), "Default|Order desk|Shop|None") {
		t.Errorf("offered are %q", got)
	}
	s.Bo.Post("/conversations/"+c.ID.String()+"/messages", "text", "Yes", "signature", "Nobody").Status(http.StatusUnprocessableEntity)
	s.Bo.Post("/conversations/"+c.ID.String()+"/messages", "text", "Yes", "signature", "Shop").Status(http.StatusSeeOther)
}

// The message of an answer says how each attempt to deliver it went.
func TestTheAttemptsOnAMessage(t *testing.T) {
	s := apptest.Open(t)
	c := s.Mail("mei@example.com", "Tea", "Hello", "")
	m, err := s.Desk.Reply(t.Context(), s.Bo.Actor(), c.ID, desk.Draft{Text: "Yes"})
	s.Must(err)
	page := "/messages/" + m.ID.String() + "/deliveries"
	s.Bo.Get("/tickets/"+c.Ticket.ID.String()).Has(".roads", "Delivery details")
	s.Bo.Get(page).Has(".road", "mei@example.com").Has(".road", "Not tried yet")
	s.Must(s.Desk.Attempted(t.Context(), desk.System, m.Deliveries[0].ID, desk.Attempt{State: "queued", Code: 451, Answer: "4.2.1 <b>busy</b>", Retry: time.Minute}))
	s.Bo.Get(page).Has(".road p", "451 4.2.1 <b>busy</b>").Has(".road", "Next attempt")
	s.Chen.Get(page).Status(http.StatusNotFound)
}
