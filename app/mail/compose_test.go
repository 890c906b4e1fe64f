package mail

import (
	"testing"
	"time"
)

func outgoing() Outgoing {
	return Outgoing{
		From: Address{"茶铺客服", "support@example.com"}, To: []Address{{"王小明", "wang@example.net"}},
		Subject: "Re: 退款问题 [#12]", Text: "您好，\n\n已为您退款。请看 https://example.com/r?a=1&b=2 。\n",
		MessageID: NewMessageIDWith("example.com", "tok12"), InReplyTo: "q1@example.net", References: []string{"q0@example.net"},
		Date:  time.Date(2026, 11, 2, 15, 4, 0, 0, time.FixedZone("", 8*3600)),
		Quote: &Quote{At: time.Date(2026, 11, 2, 14, 0, 0, 0, time.FixedZone("", 8*3600)), Name: "王小明", Text: "我要退款", Language: "zh-CN"},
		Files: []File{{Name: "发票 一.pdf", Type: "application/pdf", Data: []byte("%PDF")}, {Name: "logo.png", CID: "logo@example.com", Data: []byte("png")}},
	}
}

// TestComposeAndRead: what we write we read back as it was.
func TestComposeAndRead(t *testing.T) {
	o := outgoing()
	msg, err := Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Bytes(msg)
	if err != nil {
		t.Fatal(err)
	}
	m := Parse(raw)
	t.Logf("%s", raw)
	if m.ID != o.MessageID || m.Subject != o.Subject || m.From[0] != o.From || m.To[0] != o.To[0] || !m.Date.Equal(o.Date) {
		t.Errorf("head: %q %q %v %v %v", m.ID, m.Subject, m.From, m.To, m.Date)
	}
	if len(m.Ancestors) != 2 || m.Ancestors[0] != "q1@example.net" || m.Ancestors[1] != "q0@example.net" {
		t.Errorf("ancestors %q", m.Ancestors)
	}
	if v, q := Trim(m.Text); v != "您好，\n\n已为您退款。请看 https://example.com/r?a=1&b=2 。" || q != "在 2026年11月2日 14:00，王小明 写道：\n> 我要退款" {
		t.Errorf("text %q, quoted %q", v, q)
	}
	if len(m.Attachments) != 2 || m.Attachments[1].Name != "发票 一.pdf" || m.Attachments[0].CID != "logo@example.com" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if len(m.Faults) > 0 || m.Auto.Kind != AutoOwn || IDToken(m.ID) != "tok12" {
		t.Errorf("faults %v, auto %v, token %q", m.Faults, m.Auto, IDToken(m.ID))
	}
}
