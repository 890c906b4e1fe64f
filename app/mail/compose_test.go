package mail

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var shanghai = time.FixedZone("CST", 8*3600)

func outgoing() Outgoing {
	return Outgoing{
		From: Address{"茶铺客服", "support@example.com"}, To: []Address{{"王小明", "wang@example.net"}},
		Subject: "Re: 退款问题 [#12]", Text: "您好，\n\n已为您退款。请看 https://example.com/r?a=1&b=2 。\n",
		MessageID: NewMessageIDWith("example.com", "tok12"), InReplyTo: "q1@example.net", References: []string{"q0@example.net"},
		Date:  time.Date(2026, 11, 2, 15, 4, 0, 0, shanghai),
		Quote: &Quote{At: time.Date(2026, 11, 2, 14, 0, 0, 0, shanghai), Name: "王小明", Text: "我要退款", Language: "zh-CN"},
		Files: []File{{Name: "发票 一.pdf", Type: "application/pdf", Data: []byte("%PDF")}, {Name: "logo.png", CID: "logo@example.com", Data: []byte("png")}},
	}
}

func compose(t *testing.T, o Outgoing) ([]byte, *Message) {
	t.Helper()
	msg, err := Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Bytes(msg)
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(raw)
	if len(m.Faults) > 0 {
		t.Errorf("faults %v in\n%s", m.Faults, raw)
	}
	for _, l := range bytes.Split(raw, []byte("\r\n")) {
		if len(l) > 998 || bytes.ContainsAny(l, "\r\n") || !isASCII(l) {
			t.Errorf("line %.100q breaks RFC 5322 section 2.1.1", l)
		}
	}
	return raw, m
}

// TestComposeAndRead: what we write we read back as it was.
func TestComposeAndRead(t *testing.T) {
	o := outgoing()
	_, m := compose(t, o)
	if m.ID != o.MessageID || m.Subject != o.Subject || m.From[0] != o.From || m.To[0] != o.To[0] || !m.Date.Equal(o.Date) {
		t.Errorf("head: %q %q %v %v %v", m.ID, m.Subject, m.From, m.To, m.Date)
	}
	if strings.Join(m.Ancestors, " ") != "q1@example.net q0@example.net" {
		t.Errorf("ancestors %q", m.Ancestors)
	}
	if v, q := m.Words(); v != "您好，\n\n已为您退款。请看 https://example.com/r?a=1&b=2 。" || q != "在 2026年11月2日 14:00，王小明 写道：\n> 我要退款" {
		t.Errorf("text %q, quoted %q", v, q)
	}
	if v, q := m.Page(); !strings.Contains(v, `<a href="https://example.com/r?a=1&amp;b=2">`) || strings.Contains(v, "我要退款") || !strings.Contains(q, "我要退款") {
		t.Errorf("html %q, quoted %q", v, q)
	}
	if len(m.Attachments) != 2 || m.Attachments[1].Name != "发票 一.pdf" || m.Attachments[0].CID != "logo@example.com" || m.Attachments[0].Type != "image/png" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if m.Auto.Kind != AutoOwn || IDToken(m.ID) != "tok12" {
		t.Errorf("auto %v, token %q", m.Auto, IDToken(m.ID))
	}
}

func TestComposeEnglishQuote(t *testing.T) {
	o := outgoing()
	o.Quote.Language, o.Quote.Name, o.Quote.Text = "en", "Li Lei", "one\n> two\n\nthree"
	_, m := compose(t, o)
	if _, q := m.Words(); q != "On Mon, 2 Nov 2026 at 14:00, Li Lei wrote:\n> one\n>> two\n>\n> three" {
		t.Errorf("quoted %q", q)
	}
}

// TestComposeInjection: whatever a field holds, no header appears that was not asked for, and no recipient.
func TestComposeInjection(t *testing.T) {
	fields := map[string]func(o *Outgoing, s string){
		"subject":      func(o *Outgoing, s string) { o.Subject = s },
		"from name":    func(o *Outgoing, s string) { o.From.Name = s },
		"from":         func(o *Outgoing, s string) { o.From.Addr = s },
		"to name":      func(o *Outgoing, s string) { o.To[0].Name = s },
		"to":           func(o *Outgoing, s string) { o.To[0].Addr = s },
		"cc":           func(o *Outgoing, s string) { o.Cc = []Address{{"", s}} },
		"bcc":          func(o *Outgoing, s string) { o.Bcc = []Address{{"", s}} },
		"reply-to":     func(o *Outgoing, s string) { o.ReplyTo = []Address{{s, "a@example.com"}, {"", s}} },
		"envelope":     func(o *Outgoing, s string) { o.Envelope = s },
		"id":           func(o *Outgoing, s string) { o.MessageID = s },
		"in-reply-to":  func(o *Outgoing, s string) { o.InReplyTo = s },
		"references":   func(o *Outgoing, s string) { o.References = []string{s} },
		"file name":    func(o *Outgoing, s string) { o.Files[0].Name = s },
		"file type":    func(o *Outgoing, s string) { o.Files[0].Type = s },
		"file cid":     func(o *Outgoing, s string) { o.Files[0].CID = s },
		"quote name":   func(o *Outgoing, s string) { o.Quote.Name = s },
		"text":         func(o *Outgoing, s string) { o.Text = s },
		"automatic":    func(o *Outgoing, s string) { o.Automatic = AutoKind(s) },
		"html":         func(o *Outgoing, s string) { o.HTML = s },
		"quote html":   func(o *Outgoing, s string) { o.Quote.HTML = s },
		"quote locale": func(o *Outgoing, s string) { o.Quote.Language = s },
	}
	for name, set := range fields {
		for _, eol := range []string{"\r\n", "\n", "\r", "\u2028", "\x00", "\x0b", "\r\n\r\n"} {
			for _, prefix := range []string{"a@example.com", "x", "a@example.com>", "\"a\" <a@example.com>"} {
				o := outgoing()
				set(&o, prefix+eol+"Bcc: evil@evil.example"+eol+" X-Evil: 1")
				msg, err := Compose(o)
				if err != nil {
					if errors.Is(err, ErrHeader) == (name == "automatic") {
						t.Errorf("%s: %v", name, err)
					}
					continue
				}
				raw, err := Bytes(msg)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\r' || r == '\n' }) {
					if (strings.HasPrefix(l, "Bcc:") || strings.HasPrefix(l, "X-Evil:")) && name != "text" && name != "html" && name != "quote html" {
						t.Errorf("%s with %q: header %q", name, eol, l)
					}
				}
				m := Parse(raw)
				if m.Header.Get("Bcc") != "" || m.Header.Get("X-Evil") != "" {
					t.Errorf("%s with %q: header injected", name, eol)
				}
				if to, _ := msg.GetRecipients(); strings.Contains(fmt.Sprint(to), "evil") {
					t.Errorf("%s with %q: recipients %v", name, eol, to)
				}
			}
		}
	}
}

// TestComposeRefuses: a mail that could not be answered or delivered is not made.
func TestComposeRefuses(t *testing.T) {
	for name, spoil := range map[string]func(o *Outgoing){
		"no id":          func(o *Outgoing) { o.MessageID = "" },
		"no date":        func(o *Outgoing) { o.Date = time.Time{} },
		"no recipient":   func(o *Outgoing) { o.To = nil },
		"no sender":      func(o *Outgoing) { o.From.Addr = "" },
		"no address":     func(o *Outgoing) { o.To[0].Addr = "wang" },
		"two addresses":  func(o *Outgoing) { o.To[0].Addr = "a@b.example, c@d.example" },
		"sent as list":   func(o *Outgoing) { o.Automatic = AutoList },
		"a bare route":   func(o *Outgoing) { o.To[0].Addr = "a@b@c d.example" },
		"id with blanks": func(o *Outgoing) { o.MessageID = "a b@c" },
	} {
		o := outgoing()
		spoil(&o)
		if _, err := Compose(o); err == nil {
			t.Errorf("%s: composed", name)
		}
	}
}

// Customers whose addresses and ids break the rules get answers like all others.
func TestComposeToThoseWhoBreakTheRules(t *testing.T) {
	for addr, want := range map[string]string{
		"wang..mei@docomo.example": `"wang..mei"@docomo.example`, "mei.@docomo.example": `"mei."@docomo.example`, ".mei@docomo.example": `".mei"@docomo.example`,
		"mei@my_host.example": "mei@my_host.example", "mei@ab--cd.example": "mei@ab--cd.example", "mei@茶.example": "mei@xn--cl1a.example", "梅@home.example": "梅@home.example",
		"mei@[192.0.2.1]": "mei@[192.0.2.1]", "mei": "", "a@b.example, c@d.example": "", "mei@home.exa mple": "", "mei@home.example>": "", "a b@c.example": "", "@c.example": "", "mei@": "",
	} {
		if got := Wireable(addr); got != want {
			t.Errorf("%s is written %q, want %q", addr, got, want)
		}
		o := outgoing()
		o.To[0].Addr = addr
		if _, err := Compose(o); (err == nil) != (want != "") {
			t.Errorf("to %s: %v", addr, err)
		}
	}
	for _, id := range []string{"日本@example.net", strings.Repeat("x", maxID+1) + "@example.net"} {
		o := outgoing()
		o.References, o.InReplyTo = []string{"q0@example.net", id}, id
		if _, m := compose(t, o); len(m.Ancestors) != 1 || m.Ancestors[0] != "q0@example.net" {
			t.Errorf("the answer to <%.20s> names %q", id, m.Ancestors)
		}
	}
}

func TestComposeThread(t *testing.T) {
	o := outgoing()
	o.References = nil
	for i := range 300 {
		o.References = append(o.References, fmt.Sprintf("%d@example.net", i))
	}
	raw, m := compose(t, o)
	if len(m.Ancestors) != maxReferences || m.Ancestors[0] != "q1@example.net" || m.Ancestors[1] != "299@example.net" || m.Ancestors[maxReferences-1] != "0@example.net" {
		t.Errorf("ancestors %q", m.Ancestors)
	}
	if !bytes.Contains(raw, []byte("References: <0@example.net>\r\n <282@example.net>")) {
		t.Errorf("references not folded:\n%.1500s", raw)
	}
}

func TestComposeAutomatic(t *testing.T) {
	o := outgoing()
	o.Automatic, o.MessageID = AutoReply, "plain@example.com"
	raw, m := compose(t, o)
	if m.Auto.Kind != AutoReply || m.Header.Get("Auto-Submitted") != "auto-replied" {
		t.Errorf("%+v in\n%.800s", m.Auto, raw)
	}
	o.Automatic = AutoNone
	if _, m = compose(t, o); m.Auto.Kind != AutoNone {
		t.Errorf("an agent's answer is taken for automatic: %+v", m.Auto)
	}
}

// TestComposeLeaksNothing: neither the library, the host nor a hidden recipient is named.
func TestComposeLeaksNothing(t *testing.T) {
	o := outgoing()
	o.MessageID = "1@example.com" // in a random one may stand any word
	o.Bcc = []Address{{"Boss", "boss@example.com"}}
	o.Cc = []Address{{"", "käthe@bücher.example"}}
	o.Cc[0].Addr = "kaethe@bücher.example"
	msg, err := Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := Bytes(msg)
	low := strings.ToLower(string(raw))
	for _, word := range []string{"boss", "go-mail", "user-agent", "x-mailer", "localhost"} {
		if strings.Contains(low, word) {
			t.Errorf("%q in\n%s", word, raw)
		}
	}
	if to, _ := msg.GetRecipients(); fmt.Sprint(to) != "[wang@example.net kaethe@xn--bcher-kva.example boss@example.com]" && len(to) != 3 {
		t.Errorf("recipients %v", to)
	}
}

func TestHTMLFromText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a < b & \"c\"", "<p>a &lt; b &amp; &#34;c&#34;</p>\n"},
		{"one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>\n"},
		{"see www.example.com/a_(b).", `<p>see <a href="https://www.example.com/a_(b)">www.example.com/a_(b)</a>.</p>` + "\n"},
		{"请看https://example.com/a?b=c&d，谢谢", `<p>请看<a href="https://example.com/a?b=c&amp;d">https://example.com/a?b=c&amp;d</a>，谢谢</p>` + "\n"},
		{"write a.b+c@example.com!", `<p>write <a href="mailto:a.b+c@example.com">a.b+c@example.com</a>!</p>` + "\n"},
		{`https://x.example/"onmouseover=alert(1)`, `<p><a href="https://x.example/">https://x.example/</a>&#34;onmouseover=alert(1)</p>` + "\n"},
		{"javascript:alert(1)", "<p>javascript:alert(1)</p>\n"},
		{"", ""},
	} {
		if got := HTMLFromText(c.text); got != c.want {
			t.Errorf("%q\n got  %s\n want %s", c.text, got, c.want)
		}
	}
}
