package mail

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"strings"
)

// transfer undoes the Content-Transfer-Encoding of a part (RFC 2045 section 6), leniently.
func (w *walk) transfer(h Header, kind string, r io.Reader) io.Reader {
	enc := strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding")))
	enc, _, _ = strings.Cut(enc, ";")
	enc = strings.Trim(enc, `"' `)
	switch enc {
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "8 bit", "7 bit", "none":
		return r
	case "base64", "b", "base-64":
		return &base64Reader{r: bufio.NewReaderSize(r, 16<<10), w: w}
	case "quoted-printable", "q", "quoted-print", "qp":
		return &qpReader{r: bufio.NewReaderSize(r, 16<<10)}
	case "x-uuencode", "uuencode", "x-uue", "uue":
		return &uuReader{r: bufio.NewReaderSize(r, 16<<10)}
	}
	w.m.fault(FaultEncoding, "unknown transfer encoding %.40q", enc)
	return r
}

// base64Reader skips what is not base64 (blanks, "!"), takes padding in the middle as the end of one run and the
// start of the next, stops at words behind the padding (the footers of mailing lists), and decodes a last group
// that was cut off.
type base64Reader struct {
	r      *bufio.Reader
	w      *walk
	four   [4]byte
	n      int
	out    []byte
	room   []byte // where out lies, used again for each line
	padded bool   // a run has ended
	err    error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	for len(b.out) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		b.fill()
	}
	n := copy(p, b.out)
	b.out = b.out[n:]
	return n, nil
}

// fill decodes the next line, or a piece of a very long one.
func (b *base64Reader) fill() {
	line, err := b.r.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		b.err = err
	}
	foreign := 0
	for _, c := range line {
		if c > ' ' && base64Letter(c) == 0 {
			foreign++
		}
	}
	if foreign > 0 {
		b.w.m.fault(FaultEncoding, "foreign characters in base64")
	}
	switch {
	case foreign > 0 && b.padded:
		b.err = io.EOF
	case foreign*4 > len(line):
	default:
		b.decode(line)
	}
	if b.err != nil {
		b.flush()
	}
}

func (b *base64Reader) decode(line []byte) {
	b.out = b.room[:0]
	for _, c := range line {
		switch l := base64Letter(c); {
		case l == '=':
			b.flush()
			b.padded = true
		case l != 0:
			b.four[b.n] = l
			if b.n++; b.n == 4 {
				b.flush()
			}
		}
	}
	b.room = b.out
}

func (b *base64Reader) flush() {
	if b.n > 1 {
		var dst [3]byte
		n, _ := base64.RawStdEncoding.Decode(dst[:], b.four[:b.n])
		b.out = append(b.out, dst[:n]...)
	}
	b.n = 0
}

// base64Letter returns c as a letter of the standard alphabet, '=' as it is, and 0 for anything else.
func base64Letter(c byte) byte {
	switch {
	case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '=':
		return c
	}
	return 0
}

// qpReader decodes quoted-printable. Unlike mime/quotedprintable it never fails: what is no valid escape stays
// as it is.
type qpReader struct{ r *bufio.Reader }

func (q *qpReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c, err := q.r.ReadByte()
		if err != nil {
			if n > 0 && errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		if c == '=' {
			if c, err = q.escape(); err != nil {
				continue
			}
		}
		p[n] = c
		n++
		if n > 0 && q.r.Buffered() == 0 {
			break
		}
	}
	return n, nil
}

var errSoftBreak = errors.New("soft line break")

func (q *qpReader) escape() (byte, error) {
	two, _ := q.r.Peek(2)
	if len(two) == 2 && isHex(two[0]) && isHex(two[1]) {
		q.r.Discard(2)
		return unhex(two[0])<<4 | unhex(two[1]), nil
	}
	// "=", blanks, line end: a soft break, RFC 2045 section 6.7 (3) and (5).
	line, _ := q.r.Peek(80)
	for i, c := range line {
		if c == '\n' {
			q.r.Discard(i + 1)
			return 0, errSoftBreak
		}
		if c != ' ' && c != '\t' && c != '\r' {
			return '=', nil
		}
	}
	if len(line) < 80 { // the end of the part
		q.r.Discard(len(line))
		return 0, errSoftBreak
	}
	return '=', nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// uuReader decodes uuencode, which some programs still send.
type uuReader struct {
	r     *bufio.Reader
	out   []byte
	began bool
	done  bool
}

func (u *uuReader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		line, err := u.r.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return 0, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case u.done:
		case !u.began:
			u.began = strings.HasPrefix(text, "begin ")
		case text == "end":
			u.done = true
		default:
			u.out = uuLine(text)
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// uuLine decodes one line: its length, then four characters for three bytes.
func uuLine(s string) []byte {
	if s == "" {
		return nil
	}
	n := int(s[0]-' ') & 63
	var out []byte
	for i := 1; i+3 < len(s)+3 && len(out) < n; i += 4 {
		var v [4]byte
		for j := range v {
			if i+j < len(s) {
				v[j] = (s[i+j] - ' ') & 63
			}
		}
		out = append(out, v[0]<<2|v[1]>>4, v[1]<<4|v[2]>>2, v[2]<<6|v[3])
	}
	return out[:min(n, len(out))]
}
