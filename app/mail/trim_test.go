package mail

import "testing"

var trims = []struct{ name, text, visible string }{
	{"nothing to fold", "Hello\n\nTwo lines", "Hello\n\nTwo lines"},
	{"gmail", "Yes please.\n\nOn Mon, Nov 2, 2026 at 3:04 PM Shop <shop@example.com> wrote:\n\n> Do you want it?\n", "Yes please."},
	{"qq", "好的，谢谢\n\n\n------------------ 原始邮件 ------------------\n发件人: \"客服\" <support@example.com>;\n", "好的，谢谢"},
}

func TestTrim(t *testing.T) {
	for _, c := range trims {
		t.Run(c.name, func(t *testing.T) {
			v, q := Trim(c.text)
			if v != c.visible {
				t.Errorf("visible %q, want %q (quoted %q)", v, c.visible, q)
			}
			if a, b := letters(c.text), letters(v)+letters(q); len(a) != len(b) {
				t.Errorf("words lost: %q and %q", v, q)
			}
		})
	}
}
