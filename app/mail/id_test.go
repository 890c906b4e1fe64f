package mail

import (
	"strings"
	"testing"
)

func TestMessageID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewMessageID("Example.COM")
		if seen[id] || !IsOwnID(id) || IDToken(id) != "" || !strings.HasSuffix(id, "@example.com") {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
	if id := NewMessageIDWith("support@example.com", "Ab-1_\r\n>x"); IDToken(id) != "Ab-1_x" || !strings.HasSuffix(id, "@example.com") {
		t.Errorf("id %q carries %q", id, IDToken(id))
	}
	for _, domain := range []string{"", "茶", "a b>\r\n.example", "..", strings.Repeat("x", 500)} {
		if id := NewMessageID(domain); !IsOwnID(id) || len(id) > 300 {
			t.Errorf("id %q for %q", id, domain)
		}
	}
	for _, id := range []string{"", "x@example.com", "deskbell.short@example.com", "deskbell.abcdefghijklmnopqrstuvwxy2", "x.deskbell.abcdefghijklmnopqrstuvwxy2@e.x"} {
		if IsOwnID(id) || IDToken(id) != "" {
			t.Errorf("%q taken for ours", id)
		}
	}
}

func TestSafeName(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"invoice.pdf", "invoice.pdf"},
		{"发票 2026.pdf", "发票 2026.pdf"},
		{"../../etc/passwd", "passwd"},
		{`..\..\windows\win.ini`, "win.ini"},
		{"/", "file"},
		{"", "file"},
		{"...", "file"},
		{" . ", "file"},
		{".bashrc", "bashrc"},
		{"a\r\nSet-Cookie: x.txt", "a Set-Cookie_ x.txt"},
		{"a\x00b.exe", "a b.exe"},
		{"con", "_con"},
		{"COM1.txt", "_COM1.txt"},
		{"lpt9.tar.gz", "_lpt9.tar.gz"},
		{"comma.txt", "comma.txt"},
		{"invoice\u202Efdp.exe", "invoicefdp.exe"},
		{"a\xff\xfe.txt", "a_.txt"},
		{"name.txt. . .", "name.txt"},
		{strings.Repeat("茶", 300) + ".pdf", strings.Repeat("茶", 65) + ".pdf"},
		{"x." + strings.Repeat("y", 300), "x." + strings.Repeat("y", 198)},
	} {
		got := SafeName(c.in)
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
		if SafeName(got) != got {
			t.Errorf("%q: %q is not settled", c.in, got)
		}
	}
}
