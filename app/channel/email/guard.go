package email

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
)

// lineGuard bounds what a server can make the IMAP library hold in memory: the length of a line, and the size
// of a literal ({N} at a line's end, then N bytes).
type lineGuard struct {
	net.Conn
	limit   atomic.Int64 // bytes of the largest literal at present
	before  []byte       // read before what comes from the connection
	line    int          // bytes of the present line
	tail    []byte       // its last bytes
	literal int64        // bytes of the present literal that are to come
	bad     atomic.Pointer[protocolError]
}

func (g *lineGuard) Read(p []byte) (int, error) {
	if len(g.before) > 0 {
		n := copy(p, g.before)
		g.before = g.before[n:]
		return n, nil
	}
	n, err := g.Conn.Read(p)
	if bad := g.watch(p[:n]); bad != nil {
		g.bad.Store(bad)
		g.Conn.Close() // the library would read on after an error
		return 0, bad
	}
	return n, err
}

func (g *lineGuard) watch(p []byte) *protocolError {
	for len(p) > 0 {
		if g.literal > 0 {
			n := min(g.literal, int64(len(p)))
			g.literal -= n
			p = p[n:]
			continue
		}
		end := bytes.IndexByte(p, '\n')
		part := p
		if end >= 0 {
			part = p[:end+1]
		}
		g.line += len(part)
		if g.line > maxLine {
			return &protocolError{said: fmt.Sprintf("a line of more than %d bytes", maxLine)}
		}
		g.tail = append(g.tail, part...)
		if over := len(g.tail) - 24; over > 0 {
			g.tail = append(g.tail[:0], g.tail[over:]...)
		}
		p = p[len(part):]
		if end < 0 {
			continue
		}
		g.literal = literalSize(g.tail)
		if g.literal > g.limit.Load() {
			return &protocolError{said: fmt.Sprintf("a literal of %d bytes where %d are the most", g.literal, g.limit.Load())}
		}
		g.line, g.tail = 0, g.tail[:0]
	}
	return nil
}

// literalSize reads the {N} at the end of a line; 0 when there is none.
func literalSize(tail []byte) int64 {
	s := strings.TrimRight(string(tail), "\r\n")
	open := strings.LastIndexByte(s, '{')
	if open < 0 || !strings.HasSuffix(s, "}") {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s[open+1:len(s)-1], "+"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
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
