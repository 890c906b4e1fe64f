package email

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"deskbell/app/desk"
)

// With a key, what goes out is signed so that another's program believes it by our record in DNS, and no longer once a word is changed.
func TestSignedMail(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"rsa", "ed25519"} {
		o, f := faultyOffice(t)
		o.secrets.DKIM = newKey(t, kind)
		o.box.DKIM = "tea2026." + strings.Repeat("x", 55) // as long as one may be
		o.must(o.box.CheckDKIM(o.secrets.DKIM))
		o.save()
		up, err := o.Upload(t.Context(), o.alice, "leaf.txt", strings.NewReader("a leaf"))
		o.must(err)
		o.awaitDelivery(o.reply(1, "Yes, picked today.\n.\n您好！ ", up.ID), "sent")
		raw := f.Await(1)[0].Raw
		if err := verify(t, o, raw); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, raw)
		}
		for _, change := range [][2]string{{"Subject: ", "Subject: Not "}, {"leaf.txt", "loaf.txt"}, {"From: ", "Reply-To: eve@example.test\r\nFrom: "}} {
			if err := verify(t, o, bytes.Replace(raw, []byte(change[0]), []byte(change[1]), 1)); err == nil {
				t.Errorf("%s: a mail with %q instead of %q is still believed", kind, change[1], change[0])
			}
		}
	}
}

func newKey(t *testing.T, kind string) string {
	t.Helper()
	var key any
	var err error
	if kind == "rsa" {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// verify checks a mail's only signature against the record that the desk tells its admin to make.
func verify(t *testing.T, o *office, raw []byte) error {
	t.Helper()
	key, err := desk.DKIMKey(o.secrets.DKIM)
	o.must(err)
	name, value, err := o.box.DKIMRecord(key)
	o.must(err)
	list, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
		if domain != name {
			t.Errorf("the key was looked for at %s, the record is %s", domain, name)
		}
		return []string{value}, nil
	}})
	o.must(err)
	if len(list) != 1 || list[0].Domain != "example.test" {
		t.Fatalf("signatures: %+v", list)
	}
	return list[0].Err
}

func TestKeysThatSignNothing(t *testing.T) {
	t.Parallel()
	good := newKey(t, "ed25519")
	for _, c := range []struct{ selector, key, wrong string }{
		{"", "", ""}, {"tea", good, ""}, {"2026.tea-shop", good, ""},
		{"", good, "dkim.selector"}, {"tea shop", good, "dkim.selector"}, {"-tea", good, "dkim.selector"}, {"far", good, "dkim.selector"}, {strings.Repeat("t", 64), good, "dkim.selector"},
		{"tea", "", "dkim.key"}, {"tea", "secret", "dkim.key"}, {"tea", strings.Replace(good, "M", "!", 1), "dkim.key"},
	} {
		address := support
		if c.selector == "far" {
			address = "tea@" + strings.Repeat("tea.", 16) + "example.test"
		}
		box := desk.Mailbox{Address: address, DKIM: c.selector}
		got := ""
		if err := box.CheckDKIM(c.key); err != nil {
			got = err.(*desk.Error).Fields[0].Name
		}
		if got != c.wrong {
			t.Errorf("selector %q, key %.20q: fault at %q, want %q", c.selector, c.key, got, c.wrong)
		}
	}
}

// Below an answer stands the signature that its writer chose where he may choose, and else the active one; below an automatic one too.
func TestTheChosenSignature(t *testing.T) {
	t.Parallel()
	o, f := faultyOffice(t)
	o.box.Signatures = []desk.MailSignature{{Name: "Shop", Text: "West Lake Tea", Active: true}, {Name: "Orders", Text: "Order desk\nHangzhou"}}
	o.box.SignatureChoice = true
	o.must(o.box.Check())
	o.save()
	o.must(o.ChangeProfile(t.Context(), o.alice, desk.Profile{Name: "Alice", Locale: "en", TimeZone: "UTC", Preferences: desk.Preferences{Signature: "Alice Li"}}))
	id := o.conversation(1).ID
	for i, c := range []struct{ chosen, want string }{{"", "Alice Li\r\n\r\nWest Lake Tea\r\n"}, {"Orders", "Alice Li\r\n\r\nOrder desk\r\nHangzhou\r\n"}, {"-", "Alice Li\r\n"}} {
		m, err := o.Reply(t.Context(), o.alice, id, desk.Draft{Text: "Yes", Signature: c.chosen})
		o.must(err)
		o.awaitDelivery(m, "sent")
		raw := string(f.Await(i + 1)[i].Raw)
		if !strings.Contains(raw, c.want) || c.chosen != "" && strings.Contains(raw, "West Lake Tea") {
			t.Errorf("with %q:\n%s", c.chosen, raw)
		}
	}
	for _, wrong := range []string{"orders", "Nobody's"} {
		if _, err := o.Reply(t.Context(), o.alice, id, desk.Draft{Text: "Yes", Signature: wrong}); err == nil {
			t.Errorf("the signature %q was taken", wrong)
		}
	}
	o.box.SignatureChoice = false
	o.save()
	if _, err := o.Reply(t.Context(), o.alice, id, desk.Draft{Text: "Yes", Signature: "Orders"}); err == nil {
		t.Error("a signature was chosen where there is no choice")
	}
	if names, err := o.Signatures(t.Context(), o.alice, id); err != nil || len(names) != 0 {
		t.Errorf("%q %v", names, err)
	}
}
