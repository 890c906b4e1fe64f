package mail

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func corpus(f testing.TB) [][]byte {
	files, _ := filepath.Glob("testdata/*.eml")
	var out [][]byte
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, raw)
	}
	return out
}

// FuzzParse: never a panic, always valid text, lists within their limits.
func FuzzParse(f *testing.F) {
	for _, raw := range corpus(f) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw)
		for what, s := range map[string]string{"subject": m.Subject, "text": m.Text, "html": m.HTML, "id": m.ID, "reason": m.Auto.Reason} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("%s is no clean text: %q", what, s)
			}
		}
		for _, a := range append(append(m.From, m.To...), m.Cc...) {
			if strings.ContainsAny(a.Name+a.Addr, "\r\n\x00") || !utf8.ValidString(a.Name+a.Addr) {
				t.Errorf("address %q", a)
			}
		}
		for _, a := range m.Attachments {
			if SafeName(a.Name) != a.Name || a.Name == "" {
				t.Errorf("name %q is not safe: %q", a.Name, SafeName(a.Name))
			}
			if int64(len(a.Data)) != a.Size {
				t.Errorf("size %d of %d bytes", a.Size, len(a.Data))
			}
		}
		if len(m.Attachments) > 600 || len(m.Faults) > maxFaults {
			t.Errorf("%d attachments, %d faults", len(m.Attachments), len(m.Faults))
		}
	})
}

// FuzzTrim: no word is lost, and something is always left to see.
func FuzzTrim(f *testing.F) {
	for _, c := range trims {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, q := Trim(text)
		if strings.TrimSpace(text) != "" && strings.TrimSpace(v) == "" {
			t.Errorf("nothing left of %q", text)
		}
		if a, b := letters(text), letters(v)+letters(q); len(a) != len(b) {
			t.Errorf("%d bytes of words became %d", len(a), len(b))
		}
		TrimHTML(text)
	})
}

func letters(s string) string { return strings.Join(strings.Fields(s), "") }

// FuzzSanitize: a fixed point, and nothing in it that acts.
func FuzzSanitize(f *testing.F) {
	for _, c := range hostile {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkSanitized(t, s, SanitizeOptions{})
		checkSanitized(t, s, SanitizeOptions{Remote: true, CID: func(string) string { return "/files/1" }})
		checkSanitized(t, s, SanitizeOptions{Leads: true})
	})
}
