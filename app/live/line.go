package live

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// line is a connection that was taken over from net/http, which would keep 10 kB
// of buffers and a deep stack for as long as a stream is open: most of what an
// idle visitor costs. It is what the stream's answer is written to. The answer
// has no length and no chunks, so it ends with the connection (RFC 9112, section 6.3).
type line struct {
	net.Conn
	header http.Header
	head   []byte // to go out with the first event
}

// sendBuffer is how much the kernel keeps for a reader who does not read, in bytes. By itself it would keep megabytes for each.
const sendBuffer = 64 << 10

// take takes the connection over. It cannot where there is more than one stream
// on a connection (HTTP/2), or none (tests).
func take(w http.ResponseWriter) (*line, bool) {
	header := w.Header().Clone()
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, false
	}
	under := c
	if secure, ok := c.(*tls.Conn); ok {
		under = secure.NetConn()
	}
	if tcp, ok := under.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // where it cannot be set, it stays as it was
	}
	return &line{Conn: c, header: header}, true
}

// Header is the answer's header before WriteHeader.
func (l *line) Header() http.Header { return l.header }

// WriteHeader prepares the answer's head.
func (l *line) WriteHeader(status int) {
	l.header.Set("Connection", "close")
	l.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\n") // a stream that is served is never anything else
	_ = l.header.Write(&b)               // into memory
	b.WriteString("\r\n")
	l.head, l.header = b.Bytes(), nil
}

func (l *line) Write(p []byte) (int, error) {
	if l.head == nil {
		return l.Conn.Write(p)
	}
	whole := append(l.head, p...)
	l.head = nil
	if _, err := l.Conn.Write(whole); err != nil {
		return 0, err
	}
	return len(p), nil
}

// FlushError is there for http.ResponseController: nothing is held back.
func (l *line) FlushError() error { return nil }

// watch calls gone when the reader has closed the connection, or it was closed
// here. A client has nothing to say: after its first byte nobody listens any more
// (net/http does the same), so that none can keep us busy; that it went is then
// noticed by a heartbeat.
func (l *line) watch(gone func()) {
	var b [1]byte
	if n, _ := l.Read(b[:]); n == 0 {
		gone()
	}
}
