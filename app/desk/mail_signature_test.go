package desk

import (
	"strings"
	"testing"
)

func boxWith(list ...MailSignature) Mailbox {
	return Mailbox{Address: "support@tea.example", IMAP: MailServer{Host: "h.example"}, SMTP: MailServer{Host: "h.example"}, Signatures: list}
}

func TestSignaturesOfAMailbox(t *testing.T) {
	long := strings.Repeat("茶", 41)
	many := make([]MailSignature, 21)
	for i := range many {
		many[i] = MailSignature{Name: strings.Repeat("x", i+1), Text: "x"}
	}
	for name, c := range map[string]struct {
		list  []MailSignature
		wrong string // the fault's key
		names string
		text  string // of the active one
	}{
		"none":                {nil, "", "", ""},
		"one":                 {[]MailSignature{{"Shop", "Tea\r\nshop", true}}, "", "Shop", "Tea\nshop"},
		"none is active":      {[]MailSignature{{"Shop", "Tea", false}, {"Order", "Orders", false}}, "", "Shop Order", ""},
		"two are active":      {[]MailSignature{{"Shop", "Tea", true}, {"Order", "Orders", true}}, "", "Shop Order", "Tea"},
		"without a name":      {[]MailSignature{{"", "Tea shop\nHangzhou", true}, {"", "  ", false}}, "", "Tea shop", "Tea shop\nHangzhou"},
		"without a text":      {[]MailSignature{{"Shop", " ", true}}, "fault.signature_empty", "", ""},
		"twice":               {[]MailSignature{{"Shop", "Tea", true}, {"shop", "Orders", false}}, "fault.signature_twice", "", ""},
		"called like none":    {[]MailSignature{{"-", "Tea", true}}, "fault.signature_twice", "", ""},
		"a long name":         {[]MailSignature{{long, "Tea", true}}, "fault.too_long", "", ""},
		"a long first line":   {[]MailSignature{{"", long, true}}, "", strings.Repeat("茶", 40), long},
		"a long text":         {[]MailSignature{{"Shop", strings.Repeat("x", 2001), true}}, "fault.too_long", "", ""},
		"too many signatures": {many, "fault.too_many_signatures", "", ""},
	} {
		m := boxWith(c.list...)
		err := m.Check()
		if c.wrong != "" {
			if e, ok := err.(*Error); !ok || e.Fields[0].Key != c.wrong || e.Fields[0].Name != "signatures" {
				t.Errorf("%s: %v, want %s", name, err, c.wrong)
			}
			continue
		}
		var names []string
		for _, s := range m.Signatures {
			names = append(names, s.Name)
		}
		if err != nil || strings.Join(names, " ") != c.names || m.Signature != c.text {
			t.Errorf("%s: %v; %q, active %q", name, err, names, m.Signature)
		}
	}
}

// A mailbox of an older version has one signature without a name; whoever sets the text sets that of the active one.
func TestTheSignatureOfAnOlderVersion(t *testing.T) {
	m := boxWith()
	m.Signature = "Tea shop"
	if err := m.Check(); err != nil || len(m.Signatures) != 1 || !m.Signatures[0].Active || m.Signatures[0].Name != "Tea shop" || m.SignatureOf("") != "Tea shop" {
		t.Errorf("%+v %v", m.Signatures, err)
	}
	for _, c := range []struct{ text, want string }{{"West Lake", "West Lake"}, {"", ""}, {"Again", "Again"}} {
		m.Sign(c.text)
		if err := m.Check(); err != nil || m.SignatureOf("") != c.want || m.SignatureOf("gone") != c.want || m.SignatureOf(NoSignature) != "" {
			t.Errorf("set to %q: %+v %v", c.text, m.Signatures, err)
		}
	}
}
