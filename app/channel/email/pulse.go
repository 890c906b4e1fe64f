package email

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"
)

// pulse keeps a watch from striking while bytes come.
type pulse struct {
	timer *time.Timer
	// broken says that the connection ended within a mail. The library's own reader goes on from there by itself: reading
	// the rest of that mail, as its Close does, would be reading beside it.
	broken bool
}

func (p *pulse) beat() { p.timer.Reset(fetchWait) }

// steady reads a mail's contents and keeps the watch quiet. A connection that ends in the middle is an error, never a shorter mail.
type steady struct {
	r    io.Reader
	p    *pulse
	left int64
}

func (s *steady) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	s.left -= int64(n)
	if n > 0 {
		s.p.beat()
	}
	s.p.broken = s.p.broken || err != nil && s.left > 0
	if err == io.EOF && s.left > 0 {
		return n, fmt.Errorf("the server stopped in the middle of a mail: %w", io.ErrUnexpectedEOF)
	}
	return n, err
}

func newReader(b []byte) io.Reader { return bytes.NewReader(b) }

// sortListings puts mails into the order of their UIDs, whatever order the server chose.
func sortListings(list []listing) {
	slices.SortFunc(list, func(a, b listing) int {
		switch {
		case a.uid < b.uid:
			return -1
		case a.uid > b.uid:
			return 1
		}
		return 0
	})
}
