package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// bigMail writes a mail with an attachment of about size bytes without ever holding it.
func bigMail(size int) io.Reader {
	head := "From: li@example.net\r\nTo: support@example.com\r\nSubject: big\r\nMessage-ID: <big@example.net>\r\nDate: Mon, 2 Nov 2026 15:04:05 +0800\r\n" +
		"Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain\r\n\r\nSee the film.\r\n--bb\r\n" +
		"Content-Type: video/mp4; name=film.mp4\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("tea"), 19)) + "\r\n"
	return io.MultiReader(strings.NewReader(head), &repeat{line: line, n: size / len(line)}, strings.NewReader("--bb--\r\n"))
}

type repeat struct {
	line string
	n    int
	rest string
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.n == 0 {
			return 0, io.EOF
		}
		r.n--
		r.rest = r.line
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// TestBigMail: a mail of 50 MB allocates no more than a small one, all counted, when its attachment is streamed.
func TestBigMail(t *testing.T) {
	const size = 50 << 20
	sum := sha256.New()
	keep := func(a *Attachment, body io.Reader) error {
		_, err := io.Copy(sum, body)
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	m := Read(bigMail(size), Options{Keep: keep})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("%d bytes allocated in all", used)
	}
	if m.Text != "See the film." || len(m.Faults) > 0 || len(m.Attachments) != 1 {
		t.Fatalf("text %q, faults %v", m.Text, m.Faults)
	}
	a := m.Attachments[0]
	if want := int64(size / 78 * 57); a.Size < want-100 || a.Size > want+60000 || a.SHA256 != hex.EncodeToString(sum.Sum(nil)) || a.Data != nil {
		t.Errorf("attachment %+v", a)
	}
}

// TestKeepFails: a full disk costs the attachment and not the mail.
func TestKeepFails(t *testing.T) {
	m := Read(bigMail(1<<20), Options{Keep: func(*Attachment, io.Reader) error { return fmt.Errorf("disk full") }})
	if m.Text != "See the film." || len(m.Attachments) != 1 || m.Attachments[0].Size == 0 {
		t.Errorf("%q %+v", m.Text, m.Attachments)
	}
	if len(m.Faults) != 1 || m.Faults[0].Kind != FaultAttachment || !strings.Contains(m.Faults[0].Text, "disk full") {
		t.Errorf("faults %v", m.Faults)
	}
}

// TestSourceFails: what came before the line went dead is shown.
func TestSourceFails(t *testing.T) {
	r := io.MultiReader(strings.NewReader("Subject: half\r\n\r\nfirst words"), &broken{})
	m := Read(r, Options{})
	if m.Subject != "half" || m.Text != "first words" || m.Faults[0].Kind != FaultRead {
		t.Errorf("%q %q %v", m.Subject, m.Text, m.Faults)
	}
}

type broken struct{}

func (*broken) Read([]byte) (int, error) { return 0, fmt.Errorf("connection reset") }

func pathological() map[string]string {
	nest := func(n int, boundary func(int) string) string {
		var b strings.Builder
		b.WriteString("Content-Type: multipart/mixed; boundary=" + boundary(0) + "\r\n\r\n")
		for i := range n {
			fmt.Fprintf(&b, "--%s\r\nContent-Type: multipart/mixed; boundary=%s\r\n\r\n", boundary(i), boundary(i+1))
		}
		return b.String()
	}
	return map[string]string{
		"nested boundaries":   nest(2000, func(i int) string { return fmt.Sprint("b", i) }),
		"one boundary nested": nest(2000, func(int) string { return "same" }),
		"prefix boundaries":   nest(300, func(i int) string { return strings.Repeat("x", i+1) }),
		"many parts":          "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", 20000),
		"boundary lines only": "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n", 40000),
		"dashes":              "Content-Type: multipart/mixed; boundary=" + strings.Repeat("-", 60) + "\r\n\r\n" + strings.Repeat("-", 100000),
		"long head":           "Subject: " + strings.Repeat("x", 1<<20) + "\r\n\r\nbody",
		"many head lines":     strings.Repeat("X-A: b\r\n", 100000) + "\r\nbody",
		"broken head lines":   "A: b\r\n" + strings.Repeat("broken\r\n", 100000),
		"folded head":         "Subject: a\r\n" + strings.Repeat(" b\r\n", 100000) + "\r\nbody",
		"encoded words":       "Subject: " + strings.Repeat("=?utf-8?B?5L2g?= ", 15000) + "\r\n\r\nbody",
		"half encoded words":  "Subject: " + strings.Repeat("=?", 100000) + "\r\n\r\nbody",
		"empty encoded words": "Subject: " + strings.Repeat("=?utf-8?Q??=", 20000) + "\r\n\r\nbody",
		"endless words":       "Subject: " + strings.Repeat("=?a?q?x", 35000) + "\r\n\r\nbody",
		"words of names":      "To: " + strings.Repeat("=?a?q?x", 35000) + "\r\n\r\nbody",
		"empty brackets":      "To: " + strings.Repeat("<,", 125000) + "\r\n\r\nbody",
		"addresses":           "To: " + strings.Repeat("a@b.c,", 40000) + "\r\n\r\nbody",
		"quotes":              "To: " + strings.Repeat("\"", 100001) + "\r\n\r\nbody",
		"comments":            "To: " + strings.Repeat("(", 100000) + "\r\n\r\nbody",
		"brackets":            "To: " + strings.Repeat("<", 100000) + "\r\n\r\nbody",
		"references":          "References: " + strings.Repeat("<a@b>", 40000) + "\r\n\r\nbody",
		"parameters":          "Content-Type: text/plain" + strings.Repeat("; a*1*=b", 20000) + "\r\n\r\nbody",
		"many less-than":      "Content-Type: text/html\r\n\r\n" + strings.Repeat("<", 100000),
		"deep html":           "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 100000),
		"deep formatting":     "Content-Type: text/html\r\n\r\n" + strings.Repeat("<b><i><a href=x>", 30000),
		"deep quotes":         "Content-Type: text/html\r\n\r\n" + strings.Repeat("<blockquote>a<br>", 20000),
		"tables":              "Content-Type: text/html\r\n\r\n" + strings.Repeat("<table><tr><td>", 30000),
		"many attributes":     "Content-Type: text/html\r\n\r\n<p " + strings.Repeat("a=b ", 100000) + ">",
		"many links":          "Content-Type: text/html\r\n\r\n" + strings.Repeat("<a href=http://a.b>", 50000),
		"links and breaks":    "Content-Type: text/html\r\n\r\n" + strings.Repeat("<a href=http://a.b>x<br>", 50000),
		"lone attributes":     "Content-Type: text/html\r\n\r\n<p " + strings.Repeat("a ", 500000) + ">",
		"cids":                "Content-Type: text/html\r\n\r\n" + strings.Repeat("cid:", 100000),
		"quoted lines":        "\r\n" + strings.Repeat("> a\r\n", 100000),
		"attributions":        "\r\n" + strings.Repeat("On a wrote\r\n", 50000),
		"colons":              "\r\n" + strings.Repeat("On a wrote b:\r\n", 200000),
		"many heads":          "\r\n" + strings.Repeat("From: a\r\nx\r\n", 200000),
		"signatures":          "\r\n" + strings.Repeat("Sent from my iPhone\r\n", 50000),
		"heads":               "\r\n" + strings.Repeat("From: a\r\n", 50000),
		"uuencode":            "\r\n" + strings.Repeat("begin 644 a\r\n", 50000),
		"flowed":              "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n" + strings.Repeat("a \r\n", 100000),
		"broken base64":       "Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("=!=!", 100000),
		"broken qp":           "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat("=  ", 100000),
		"utf7":                "Content-Type: text/plain; charset=utf-7\r\n\r\n" + strings.Repeat("+", 200000),
		"delivery reports":    "Content-Type: message/delivery-status\r\n\r\n" + strings.Repeat("Action: failed\r\n\r\n", 20000),
		"bounce":              "From: mailer-daemon@a.b\r\nSubject: failure notice\r\n\r\nThis is the qmail-send program" + strings.Repeat("\r\n<a@b.c>:", 20000),
		"known recipients":    "From: mailer-daemon@a.b\r\nX-Failed-Recipients: " + strings.Repeat("a@b.c,", 20000) + "\r\nSubject: failure notice\r\n\r\n" + strings.Repeat("x\r\n", 50000),
		"nul":                 "\r\n" + strings.Repeat("\x00", 200000),
		"carriage returns":    strings.Repeat("\r", 200000),
		"blanks in the head":  "\n" + strings.Repeat("\r", lineBuffer) + "\r\nSubject: x\r\n\r\nbody",
		"a long boundary":     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b" + strings.Repeat(" ", lineBuffer) + "x\r\n\r\nbody\r\n--b--\r\n",
		"boundary in a head":  "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: y\r\n--b" + strings.Repeat(" ", 3*lineBuffer) + "x\r\n\r\nbody\r\n--b--\r\n",
		"a boundary of all":   "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b" + strings.Repeat(" ", 3*lineBuffer),
		"a mail of blanks in": "Content-Type: message/rfc822\r\n\r\n\n" + strings.Repeat("\r", lineBuffer) + "\r\nSubject: x\r\n\r\nbody",
	}
}

// TestPathological: hostile mails keep within the limits, and each byte is looked at once to find the parts. The
// test's own time limit catches work that grows with the square of the size.
func TestPathological(t *testing.T) {
	for name, raw := range pathological() {
		t.Run(name, func(t *testing.T) {
			m := &Message{}
			w := newWalk(m, strings.NewReader(raw), Options{Limits: Limits{}.withDefaults()})
			w.run()
			if w.s.work > int64(len(raw)) {
				t.Errorf("%d bytes looked at of %d", w.s.work, len(raw))
			}
			if w.parts > w.opts.Limits.Parts+1 && len(m.Attachments)+len(w.segments) > w.opts.Limits.Parts+1 {
				t.Errorf("%d parts", w.parts)
			}
			m = Parse([]byte(raw))
			v, q := m.Words()
			if len(v)+len(q) > 6*len(raw)+1000 {
				t.Errorf("%d bytes became %d", len(raw), len(v)+len(q))
			}
			hv, hq := m.Page()
			checkSanitized(t, hv, SanitizeOptions{})
			checkSanitized(t, hq, SanitizeOptions{})
		})
	}
}

// TestSlowSource: what is read does not depend on how the bytes come.
func TestSlowSource(t *testing.T) {
	for _, raw := range corpus(t) {
		whole := Parse(raw)
		slow := Read(iotest.OneByteReader(bytes.NewReader(raw)), Options{})
		whole.Header, slow.Header = Header{}, Header{}
		if !reflect.DeepEqual(whole, slow) {
			t.Errorf("%.60q: read differently byte by byte", raw)
		}
	}
}

// TestLongLines: boundaries are found behind lines longer than any buffer, and not within them.
func TestLongLines(t *testing.T) {
	for _, n := range []int{lineBuffer - 9, lineBuffer - 2, lineBuffer - 1, lineBuffer, lineBuffer + 1, 3 * lineBuffer} {
		line := strings.Repeat("x", n) + "--b"
		for _, eol := range []string{"\n", "\r\n"} {
			m := Parse([]byte("Content-Type: multipart/mixed; boundary=b" + eol + eol + "--b" + eol + eol + line + eol + "--b" + eol + "Content-Type: a/b" + eol + eol + line + eol + line + eol + "--b--" + eol))
			if m.Text != line || len(m.Attachments) != 1 || string(m.Attachments[0].Data) != line+eol+line {
				t.Errorf("line of %d with %q: text of %d bytes, %d attachments, faults %v", n, eol, len(m.Text), len(m.Attachments), m.Faults)
			}
		}
	}
}

// TestLineEnds: a mail that lost its CRs, as many stores write them, says the same.
func TestLineEnds(t *testing.T) {
	for _, raw := range corpus(t) {
		if !bytes.Contains(raw, []byte("\r\n")) || bytes.Contains(raw, []byte("\r\r\n")) {
			continue
		}
		a, b := Parse(raw), Parse(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
		if a.Subject != b.Subject || a.Text != b.Text || a.HTML != b.HTML || len(a.Attachments) != len(b.Attachments) || !reflect.DeepEqual(a.From, b.From) ||
			!reflect.DeepEqual(a.Bounce, b.Bounce) || !reflect.DeepEqual(a.Faults, b.Faults) {
			t.Errorf("%.60q: %q and %q", raw, a.Text, b.Text)
		}
	}
}

// TestTextOfManyLines: no more of a long text is taken apart than is searched for marks: lines cost far more than their letters.
func TestTextOfManyLines(t *testing.T) {
	for what, text := range map[string]string{
		"words":    strings.Repeat("a\n", 8<<20),
		"quoted":   "yes\n\nOn Monday, Li wrote:\n" + strings.Repeat("> a\n", 4<<20),
		"one line": strings.Repeat("tea ", 4<<20),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		visible, quoted := Trim(text)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 2*uint64(len(text)) {
			t.Errorf("%s: %d bytes for %d", what, used, len(text))
		}
		if have := len(visible) + len(quoted); have < len(text)-4 || what == "quoted" != (visible == "yes") {
			t.Errorf("%s: %d of %d bytes are left, %d of them visible", what, have, len(text), len(visible))
		}
	}
}

func BenchmarkParse(b *testing.B) {
	mails := corpus(b)
	for i := 0; b.Loop(); i++ {
		m := Parse(mails[i%len(mails)])
		m.Words()
	}
}

func BenchmarkSanitize(b *testing.B) {
	page := strings.Repeat(`<table><tr><td style="color:red;padding:2px"><a href="https://a.example/x?y=1">Tea</a> <img src="https://a.example/p.png"> and more words about it</td></tr></table>`+"\n", 500)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		Sanitize(page, SanitizeOptions{})
	}
}

func BenchmarkSanitizePastedPicture(b *testing.B) {
	page := `<p>See</p><img src="data:image/png;base64,` + strings.Repeat("AAAA", 1<<20) + `"><p>end</p>`
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		Sanitize(page, SanitizeOptions{})
	}
}
