package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// scanner hands out a mail line by line and knows the boundaries that are open. One pass serves all levels:
// a boundary of an outer level closes the inner ones, as RFC 2046 section 5.1.2 asks, and a part whose inner
// closing line is missing harms only itself.
type scanner struct {
	br    *bufio.Reader
	open  []string // delimiters "--boundary", outermost first
	queue [][]byte // lines put back, first out first
	cont  bool     // the next piece continues a line that was longer than the buffer
	twoCR bool     // lines end in \r\r\n (a text-mode copy of a CRLF file)
	err   error    // why the source ended, nil for EOF
	work  int64    // bytes looked at, for tests of the bounds
	eof   bool
}

// mark is a boundary line that was met.
type mark struct {
	level int  // index in scanner.open; -1: end of the mail
	final bool // the closing line, "--boundary--"
}

const lineBuffer = 64 << 10

func newScanner(r io.Reader) *scanner {
	br := bufio.NewReaderSize(r, lineBuffer)
	head, _ := br.Peek(lineBuffer)
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		br = bufio.NewReaderSize(&crReader{r: br}, lineBuffer)
	}
	s := &scanner{br: br}
	if b, _ := br.Peek(3); string(b) == "\xef\xbb\xbf" {
		br.Discard(3)
	}
	if i := bytes.IndexByte(head, '\n'); i >= 2 && head[i-1] == '\r' && head[i-2] == '\r' {
		s.twoCR = true
	}
	return s
}

// piece returns the next line with its line end, or a part of a very long one. start tells whether it begins
// a line. The bytes are good until the next call. ok is false at the end.
func (s *scanner) piece() (line []byte, start, ok bool) {
	if len(s.queue) > 0 {
		line, s.queue = s.queue[0], s.queue[1:]
		return line, true, true
	}
	if s.eof {
		return nil, false, false
	}
	line, err := s.br.ReadSlice('\n')
	start = !s.cont
	s.cont = errors.Is(err, bufio.ErrBufferFull)
	s.work += int64(len(line))
	if err != nil && !s.cont {
		s.eof = true
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
		if len(line) == 0 {
			return nil, false, false
		}
	}
	if s.twoCR && bytes.HasSuffix(line, []byte("\r\r\n")) {
		line = append(line[:len(line)-3], '\r', '\n')
	}
	return line, start, true
}

// unread puts lines back to be read again, the first first.
func (s *scanner) unread(lines [][]byte) { s.queue = append(lines[:len(lines):len(lines)], s.queue...) }

// boundary tells whether the line is a delimiter of an open level, the innermost first.
func (s *scanner) boundary(line []byte) (mark, bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' {
		return mark{}, false
	}
	line = bytes.TrimRight(line, " \t\r\n")
	for i := len(s.open) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(line, []byte(s.open[i]))
		if !ok {
			continue
		}
		if len(rest) == 0 {
			return mark{i, false}, true
		}
		if bytes.HasPrefix(rest, []byte("--")) {
			return mark{i, true}, true
		}
	}
	return mark{}, false
}

// body reads the bytes of one part up to the next boundary of any open level. The line end before a boundary
// belongs to the boundary (RFC 2046 section 5.1.1).
type body struct {
	s    *scanner
	held []byte // line end not yet handed out
	buf  []byte // bytes to hand out
	room []byte // where buf lies, used again for each line
	done bool
	end  mark
}

func (b *body) Read(p []byte) (int, error) {
	for len(b.buf) == 0 {
		if b.done {
			return 0, io.EOF
		}
		b.fill()
	}
	n := copy(p, b.buf)
	b.buf = b.buf[n:]
	return n, nil
}

func (b *body) fill() {
	line, start, ok := b.s.piece()
	if !ok {
		b.buf, b.done, b.end = b.held, true, mark{level: -1}
		return
	}
	if start {
		if m, ok := b.s.boundary(line); ok {
			b.done, b.end = true, m
			return
		}
	}
	n := len(line)
	if n > 0 && line[n-1] == '\n' {
		n--
		if n > 0 && line[n-1] == '\r' {
			n--
		}
	}
	b.room = append(append(b.room[:0], b.held...), line[:n]...)
	b.buf = b.room
	b.held = append(b.held[:0], line[n:]...)
}

// finish skips what was not read and returns the boundary that ended the part.
func (b *body) finish() mark {
	for !b.done {
		b.buf = nil
		b.fill()
	}
	return b.end
}

// crReader turns lone CRs into LFs, for mails saved by very old programs.
type crReader struct{ r io.Reader }

func (c *crReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}
