package mail

import (
	"encoding/binary"
	"strings"
	"testing"
)

// FuzzTNEF: never a panic, not more than there is, and clean names.
func FuzzTNEF(f *testing.F) {
	attribute := func(level byte, id uint32, v string) string {
		b := binary.LittleEndian.AppendUint32([]byte{level}, id)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
		return string(append(append(b, v...), 0, 0))
	}
	head := "\x78\x9f\x3e\x22\x01\x00"
	f.Add([]byte(head + attribute(1, tnefBody, "Hello") + attribute(2, tnefNewFile, "") + attribute(2, tnefFileTitle, "tea.pdf\x00") + attribute(2, tnefFileData, "%PDF")))
	f.Add([]byte(head + attribute(1, tnefCodepage, "\xe4\x04\x00\x00") + attribute(1, tnefProps, "\x01\x00\x00\x00\x1e\x00\x00\x10\x01\x00\x00\x00\x03\x00\x00\x00hi\x00\x00")))
	f.Add([]byte(head + attribute(2, tnefFileProps, "\xff\xff\xff\xff")))
	f.Add([]byte(head))
	f.Fuzz(func(t *testing.T, raw []byte) {
		found, ok := parseTNEF(raw)
		if !ok {
			return
		}
		total := 0
		for _, one := range found.files {
			total += len(one.data)
		}
		if len(found.files) > maxTNEFFiles || total > 2*len(raw) {
			t.Errorf("%d files of %d bytes out of %d", len(found.files), total, len(raw))
		}
		m := Parse([]byte("From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: 8bit\n\n" + string(raw)))
		for _, a := range m.Attachments {
			if SafeName(a.Name) != a.Name {
				t.Errorf("the name %q", a.Name)
			}
		}
	})
}

// FuzzVerdict: only known words come out of what a server wrote, and nothing out of what is not the trusted one's.
func FuzzVerdict(f *testing.F) {
	for _, s := range []string{
		"mx.example.com; spf=pass smtp.mailfrom=a@b; dkim=pass header.d=b; dmarc=pass (p=reject)", "mx.example.com 1; none", "evil.example; dmarc=pass",
		`"mx.example.com"; dkim/1 = fail (a ; comment \) here)`, "mx.example.com; spf=pass; spf=fail", "; dmarc=pass", "spf=pass", "mx.example.com;dkim=pass\n\tdmarc=none;;;=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, field string) {
		m := Parse([]byte("Authentication-Results: " + field + "\nFrom: a@b.example\n\nx"))
		v := m.Header.Verdict(func(server string) bool { return server == "mx.example.com" })
		for _, word := range []string{v.SPF, v.DKIM, v.DMARC} {
			if _, known := resultWords[word]; word != "" && !known {
				t.Errorf("%q says %q", field, word)
			}
		}
		if v != (Verdict{}) && !strings.Contains(strings.ToLower(field), "mx.example.com") {
			t.Errorf("%q is believed", field)
		}
	})
}
