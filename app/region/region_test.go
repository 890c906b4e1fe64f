package region

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// The MaxMind DB format 2.0, as much of it as a file for these tests needs.
func text(s string) []byte { return append([]byte{2<<5 | byte(len(s))}, s...) }

func number(kind byte, n uint32, size int) []byte {
	b := binary.BigEndian.AppendUint32(nil, n)[4-size:]
	if kind > 7 {
		return append([]byte{byte(size), kind - 7}, b...)
	}
	return append([]byte{kind<<5 | byte(size)}, b...)
}

func table(pairs ...[]byte) []byte {
	return append([]byte{7<<5 | byte(len(pairs)/2)}, bytes.Join(pairs, nil)...)
}

func list(items ...[]byte) []byte {
	return append([]byte{byte(len(items)), 11 - 7}, bytes.Join(items, nil)...)
}

func named(en, zh string) []byte {
	return table(text("names"), table(text("en"), text(en), text("zh-CN"), text(zh)))
}

// write makes a file that knows 128.0.0.0/1 and nothing else: a tree of one node.
func write(t *testing.T, place []byte) string {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{0, 0, 1, 0, 0, 1 + 16}) // left: nothing; right: the first bytes of the data
	b.Write(make([]byte, 16))
	b.Write(place)
	b.WriteString("\xab\xcd\xefMaxMind.com")
	b.Write(table(
		text("binary_format_major_version"), number(5, 2, 2), text("binary_format_minor_version"), number(5, 0, 2), text("build_epoch"), append([]byte{4, 9 - 7}, 0x65, 0, 0, 0),
		text("database_type"), text("Test-City"), text("description"), table(text("en"), text("test")), text("ip_version"), number(5, 4, 2), text("languages"), list(text("en"), text("zh-CN")),
		text("node_count"), number(6, 1, 4), text("record_size"), number(5, 24, 2)))
	file := filepath.Join(t.TempDir(), "city.mmdb")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestName(t *testing.T) {
	r, err := Open(write(t, table(text("country"), named("China", "中国"), text("subdivisions"), list(named("Zhejiang", "浙江")), text("city"), named("Hangzhou", "杭州"))))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct{ ip, lang, want string }{
		{"192.0.2.7", "en", "Hangzhou, Zhejiang, China"}, {"192.0.2.7", "zh-CN", "中国 浙江 杭州"}, {"::ffff:192.0.2.7", "de", "Hangzhou, Zhejiang, China"},
		{"10.0.0.1", "en", ""}, {"2001:db8::1", "en", ""}, {"", "en", ""}, {"nowhere", "en", ""},
	} {
		if got := r.Name(c.ip, c.lang); got != c.want {
			t.Errorf("%q in %s is %q, want %q", c.ip, c.lang, got, c.want)
		}
	}
}

// A city that is its own province is named once; without a file nobody knows; what is no such file is refused by its name.
func TestNameFaults(t *testing.T) {
	r, err := Open(write(t, table(text("country"), named("China", "中国"), text("subdivisions"), list(named("Beijing", "北京")), text("city"), named("Beijing", "北京"))))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.Name("192.0.2.7", "en"); got != "Beijing, China" {
		t.Errorf("named %q", got)
	}
	none, err := Open("")
	if err != nil || none.Name("192.0.2.7", "en") != "" || none.Close() != nil {
		t.Errorf("without a file: %v", err)
	}
	file := filepath.Join(t.TempDir(), "words.mmdb")
	if err := os.WriteFile(file, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil {
		t.Error("words were opened")
	}
}
