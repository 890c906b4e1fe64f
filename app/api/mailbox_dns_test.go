package api

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// The key that signs is made or taken, its record told, and the key itself never.
func TestTheKeyOfAMailbox(t *testing.T) {
	s := openShop(t, Limits{})
	path := "/mailboxes/" + s.mailbox.ID.String()
	secret := func() string {
		t.Helper()
		var m desk.MailboxSecrets
		must(t, s.InboxSecrets(t.Context(), desk.System, s.mailbox.ID, &m))
		return m.DKIM
	}
	var box Mailbox
	if s.into(&box, "GET", path, s.alice, ""); box.DKIM != nil || box.Authserv != "" {
		t.Errorf("before: %+v", box)
	}
	s.into(&box, "PATCH", path, s.alice, `{"dkim":{"selector":"tea"},"authserv":"MX.tea.example"}`)
	if d := box.DKIM; d == nil || d.Selector != "tea" || !strings.HasPrefix(d.Name, "tea._domainkey.") || !strings.HasPrefix(d.Value, "v=DKIM1; k=rsa; p=") || box.Authserv != "mx.tea.example" {
		t.Errorf("with a key that was made: %+v %s", box.DKIM, box.Authserv)
	}
	made := secret()
	if _, err := desk.DKIMKey(made); err != nil {
		t.Errorf("made %q: %v", made, err)
	}
	if s.into(&box, "PATCH", path, s.alice, `{"dkim":{"selector":"tee"}}`); secret() != made || !strings.HasPrefix(box.DKIM.Name, "tee.") {
		t.Errorf("under another selector the key is another, or its record %+v", box.DKIM)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	must(t, err)
	own := strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "\n", `\n`)
	a := s.call("PATCH", path, s.alice, `{"dkim":{"key":"`+own+`"}}`)
	if a.StatusCode != 200 || !strings.Contains(string(a.body), "k=ed25519") || strings.Contains(string(a.body), "PRIVATE") {
		t.Errorf("with one's own: %s %s", a.Status, a.body)
	}
	s.problem("no key", s.call("PATCH", path, s.alice, `{"dkim":{"key":"secret"}}`), 422, "error.invalid")
	s.problem("no server's name", s.call("PATCH", path, s.alice, `{"authserv":"a b"}`), 422, "error.invalid")
	if s.into(&box, "PATCH", path, s.alice, `{"dkim":{"selector":""}}`); box.DKIM != nil || secret() != "" {
		t.Errorf("afterwards: %+v, key %q", box.DKIM, secret())
	}
}

func TestWhatDNSSaysOfAMailbox(t *testing.T) {
	s := openShop(t, Limits{})
	s.mail.Resolver = mailhost.StartDNS(t, map[string][]string{
		"MX tea.example": {"10 mx.tea.example"}, "A mx.tea.example": {"192.0.2.1"}, "TXT tea.example": {"v=spf1 mx -all", "v=spf1 -all"},
	}).Resolver()
	var got MailboxDNS
	s.into(&got, "GET", "/mailboxes/"+s.mailbox.ID.String()+"/dns", s.alice, "")
	if len(got.Records) != 4 || got.OK {
		t.Fatalf("%+v", got)
	}
	if mx := got.Records[0]; mx.State != "ok" || len(mx.Want) != 0 || mx.Found[0] != "10 mx.tea.example" {
		t.Errorf("%+v", mx)
	}
	spf := got.Records[1]
	if spf.State != "failed" || spf.Codes[0] != "dns.spf.many" || len(spf.Want) != 1 || !strings.HasPrefix(spf.Want[0], "v=spf1 ") || spf.Texts[0] != "dns.spf.many2" {
		t.Errorf("%+v", spf)
	}
	s.problem("a widget has no records", s.call("GET", "/mailboxes/"+s.widget.ID.String()+"/dns", s.alice, ""), 404, "")
}

// All signatures, or the text of the active one alone.
func TestSignaturesByProgram(t *testing.T) {
	s := openShop(t, Limits{})
	path := "/mailboxes/" + s.mailbox.ID.String()
	var box Mailbox
	s.into(&box, "PATCH", path, s.alice, `{"signatures":[{"name":"Shop","text":"West Lake Tea","active":true},{"name":"","text":"Order desk","active":false}],"signature_choice":true}`)
	if len(box.Signatures) != 2 || box.Signatures[1].Name != "Order desk" || box.Signature != "West Lake Tea" || !box.SignatureChoice {
		t.Errorf("%+v", box)
	}
	s.into(&box, "PATCH", path, s.alice, `{"signature":"Longjing"}`)
	if len(box.Signatures) != 2 || box.Signatures[0] != (MailSignature{"Shop", "Longjing", true}) || box.Signature != "Longjing" {
		t.Errorf("%+v", box)
	}
	s.problem("two of one name", s.call("PATCH", path, s.alice, `{"signatures":[{"name":"A","text":"a","active":true},{"name":"a","text":"b","active":true}]}`), 422, "error.invalid")
	posts := "/conversations/" + s.mails("Tea", "").ConversationID.String() + "/messages"
	s.problem("one that is not there", s.call("POST", posts, s.alice, `{"text":"Yes","signature":"Nobody"}`), 422, "error.invalid")
	if a := s.call("POST", posts, s.alice, `{"text":"Yes","signature":"Order desk"}`); a.StatusCode != 201 {
		t.Errorf("%s %s", a.Status, a.body)
	}
}
