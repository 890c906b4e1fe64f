package email

import (
	"bytes"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
)

// lineGuard bounds what a server can make the IMAP library hold in memory, response by response (RFC 3501 section 7): the length of
// a line, the size of a literal ({N} at a line's end, then N bytes), and both together. The library reads strings of any length, and as
// many as there come; quoted ones it reads on behind the end of their line, where none may go on (section 4.3).
type lineGuard struct {
	net.Conn
	limit   atomic.Int64 // bytes of the largest mail at present
	deaf    atomic.Bool  // what FETCH answers is kept from the library
	before  []byte       // to be read before what comes from the connection
	present response
	bad     atomic.Pointer[protocolError]
}

// response is what is known of the one that is being read.
type response struct {
	head    []byte // its first bytes
	size    int64  // bytes of its lines and literals until now
	line    int    // bytes of its present line
	tail    []byte // the last of them
	literal int64  // bytes of its present literal that are to come
	quoted  bool   // the present line is within a quoted string
	escaped bool   // behind a backslash there
	way     way
	held    []byte // bytes that wait until it is known which way it goes
}

// way is what becomes of a response.
type way int

const (
	unknown way = iota
	heard
	leftOut
)

func (g *lineGuard) Read(p []byte) (int, error) {
	for len(g.before) == 0 {
		n, err := g.Conn.Read(p)
		rest, bad := g.watch(p[:n])
		if bad != nil {
			g.bad.Store(bad)
			g.Conn.Close() // the library would read on after an error
			return 0, bad
		}
		if err != nil || len(rest) == n {
			return copy(p, rest), err
		}
		g.before = rest
	}
	n := copy(p, g.before)
	g.before = g.before[n:]
	return n, nil
}

// watch looks at what came, and answers what of it the library is to hear.
func (g *lineGuard) watch(p []byte) (rest []byte, bad *protocolError) {
	all, r := p, &g.present
	whole := !g.deaf.Load() && r.way != leftOut && len(r.held) == 0
	for len(p) > 0 {
		if r.way == unknown && whole {
			r.way = heard
		}
		part := r.part(p)
		p = p[len(part):]
		ended, bad := r.take(part, g.limit.Load())
		if bad != nil {
			return nil, bad
		}
		if !whole {
			rest = append(rest, r.pass(part, ended)...)
		}
		if ended {
			*r = response{head: r.head[:0], tail: r.tail[:0]}
		}
	}
	if whole {
		return all, nil
	}
	return rest, nil
}

// part is the next stretch of what came: of a literal, or up to the end of a line.
func (r *response) part(p []byte) []byte {
	if r.literal > 0 {
		return p[:min(r.literal, int64(len(p)))]
	}
	if end := bytes.IndexByte(p, '\n'); end >= 0 {
		return p[:end+1]
	}
	return p
}

// take reads a stretch and says whether the response ends with it.
func (r *response) take(part []byte, limit int64) (ended bool, bad *protocolError) {
	if r.literal > 0 {
		r.literal -= int64(len(part))
		return false, nil
	}
	r.head = append(r.head, part[:min(len(part), headSize-len(r.head))]...)
	r.tail = append(r.tail, part...)
	if over := len(r.tail) - tailSize; over > 0 {
		r.tail = append(r.tail[:0], r.tail[over:]...)
	}
	if r.line += len(part); r.line > maxLine {
		return false, &protocolError{said: fmt.Sprintf("a line of more than %d bytes", maxLine)}
	}
	words := r.inWords()
	if !words {
		r.quotes(part)
	}
	if part[len(part)-1] != '\n' {
		return false, nil
	}
	size, is := literalSize(r.tail)
	switch {
	case words:
		return true, nil
	case r.quoted:
		return false, &protocolError{said: "a quoted string without an end"}
	case !is:
		return true, nil
	}
	most := int64(smallString)
	if is, _ := r.ofFetch(); is {
		most = limit
	}
	if size > most {
		return false, &protocolError{said: fmt.Sprintf("a literal of %d bytes where %d are the most", size, most)}
	}
	if r.size += int64(r.line) + size; r.size > most+maxLine {
		return false, &protocolError{said: fmt.Sprintf("a response of more than %d bytes", most+maxLine)}
	}
	r.literal, r.line, r.tail = size, 0, r.tail[:0]
	return false, nil
}

const (
	headSize = 24 // bytes that tell what a response is: "* 4294967295 FETCH"
	tailSize = 64 // bytes of a line's end that hold the size of a literal
)

// quotes follows where quoted strings begin and end.
func (r *response) quotes(part []byte) {
	for _, c := range part {
		switch {
		case r.escaped:
			r.escaped = false
		case r.quoted && c == '\\':
			r.escaped = true
		case c == '"':
			r.quoted = !r.quoted
		}
	}
}

// inWords says whether the response is a status with words for people (RFC 3501 section 7.1): they may look like anything.
func (r *response) inWords() bool {
	tag, rest, _ := bytes.Cut(r.head, []byte(" "))
	if len(tag) == 0 || tag[0] != '*' { // "+", or the answer to a command
		return true
	}
	word, _, _ := bytes.Cut(rest, []byte(" "))
	switch strings.ToUpper(string(bytes.TrimRight(word, "\r\n"))) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		return true
	}
	return false
}

// ofFetch says whether the response is what FETCH answers, if that can be known yet.
func (r *response) ofFetch() (is, known bool) {
	words := bytes.SplitN(r.head, []byte(" "), 4)
	if len(words) == 4 {
		return string(words[0]) == "*" && bytes.EqualFold(words[2], []byte("FETCH")), true
	}
	return false, len(r.head) == headSize
}

// pass answers what the library is to hear of a response after this stretch of it.
func (r *response) pass(part []byte, ended bool) []byte {
	if r.way == unknown {
		switch is, known := r.ofFetch(); {
		case is:
			r.way, r.held = leftOut, nil
		case known || ended:
			r.way, part, r.held = heard, append(r.held, part...), nil
		default:
			r.held = append(r.held, part...)
		}
	}
	if r.way == heard {
		return part
	}
	return nil
}

// literalSize reads the {N} at the end of a line, if there is one. Blanks behind it, and zeros before the number, change nothing.
func literalSize(tail []byte) (size int64, is bool) {
	s, closed := strings.CutSuffix(strings.TrimRight(string(tail), " \r\n"), "}")
	if !closed {
		return 0, false
	}
	s = strings.TrimSuffix(s, "+")
	before := strings.TrimRight(s, "0123456789")
	if before != "" && !strings.HasSuffix(before, "{") || before == s {
		return 0, false
	}
	size, err := strconv.ParseInt(s[len(before):], 10, 64)
	if before == "" || err != nil { // more digits than any size has
		return math.MaxInt64, true
	}
	return size, true
}

// thrift bounds what an SMTP server may say between two of our commands.
type thrift struct {
	net.Conn
	before []byte // read before what comes from the connection
	left   atomic.Int64
}

func (t *thrift) Read(p []byte) (int, error) {
	if len(t.before) > 0 {
		n := copy(p, t.before)
		t.before = t.before[n:]
		return n, nil
	}
	n, err := t.Conn.Read(p)
	if t.left.Add(-int64(n)) < 0 {
		return 0, &protocolError{said: fmt.Sprintf("more than %d bytes", maxLine)}
	}
	return n, err
}

func (t *thrift) refill() { t.left.Store(maxLine) }
