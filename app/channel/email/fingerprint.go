package email

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"deskbell/app/mail"
)

// bodySum sums up what stands below a mail's head while it is read: servers on the way add to the head, each its own, and leave the
// body alone but for its line ends.
type bodySum struct {
	h     hash.Hash
	body  bool   // the head is over
	start bool   // at the beginning of a line
	ends  int    // line ends that may be the last ones
	buf   []byte // of what is summed up
}

func newBodySum() *bodySum { return &bodySum{h: sha256.New(), start: true} }

func (s *bodySum) Write(p []byte) (int, error) {
	s.buf = s.buf[:0]
	for _, c := range p {
		switch {
		case c == '\r':
		case !s.body:
			s.body = c == '\n' && s.start
			s.start = c == '\n'
		case c == '\n':
			s.ends++
		default:
			for ; s.ends > 0; s.ends-- {
				s.buf = append(s.buf, '\n')
			}
			s.buf = append(s.buf, c)
		}
	}
	s.h.Write(s.buf)
	return len(p), nil
}

// read wraps a reader, so that whoever reads it sums it up.
func (s *bodySum) read(r io.Reader) io.Reader { return io.TeeReader(r, s) }

// fingerprint says which mail it is without regard to the way it took: its body with who wrote it, when, and about what. Empty
// without a date: programs that send no date may well send the same again and mean it.
func (s *bodySum) fingerprint(m *mail.Message) string {
	date := m.Header.Get("Date")
	if date == "" {
		return ""
	}
	for _, v := range []string{m.Writer().Addr, date, m.Subject} {
		io.WriteString(s.h, "\x00"+v)
	}
	return hex.EncodeToString(s.h.Sum(nil))
}
