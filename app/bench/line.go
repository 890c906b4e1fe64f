package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// line is one connection to a server: one after the other it posts, or it carries a stream. net/http's own client would take
// as much of the processor as the server that is measured.
type line struct {
	net.Conn
	r *bufio.Reader
}

// dial connects from a loopback address of the n-th person's own, as every visitor comes from somewhere else: the server's
// limits per address then hold as they do in the world, and ports do not run short.
func dial(ctx context.Context, addr string, n int) (*line, error) {
	from := &net.TCPAddr{IP: net.IPv4(127, byte(1+n/60000), byte(n/250%240), byte(1+n%250))}
	c, err := (&net.Dialer{LocalAddr: from, Timeout: 10 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &line{c, bufio.NewReaderSize(c, 1<<10)}, nil
}

func (l *line) ask(method, path, token, body string) (*http.Response, error) {
	b := make([]byte, 0, 512)
	b = fmt.Appendf(b, "%s %s HTTP/1.1\r\nHost: desk.example\r\nAuthorization: Bearer %s\r\n", method, path, token)
	if body != "" {
		b = fmt.Appendf(b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b = append(append(b, "\r\n"...), body...)
	if _, err := l.Write(b); err != nil {
		return nil, err
	}
	return http.ReadResponse(l.r, nil)
}

// post sends JSON and wants a 2xx.
func (l *line) post(path, token, body string) error {
	l.SetDeadline(time.Now().Add(30 * time.Second))
	res, err := l.ask(http.MethodPost, path, token, body)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("POST %s: %s %s", path, res.Status, answer)
	}
	return err
}

// listen opens a stream.
func (l *line) listen(path, token string) (*bufio.Reader, error) {
	l.SetDeadline(time.Now().Add(30 * time.Second))
	res, err := l.ask(http.MethodGet, path, token, "")
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		answer, _ := io.ReadAll(res.Body)
		return nil, fmt.Errorf("GET %s: %s %s", path, res.Status, answer)
	}
	l.SetDeadline(time.Time{})
	return bufio.NewReaderSize(res.Body, 1<<10), nil
}

// messages notes when each message that came by a stream was read. Their texts are "m-" and a number.
type messages struct {
	mu   sync.Mutex
	at   map[int]time.Time
	news chan struct{} // has something after each one
}

func newMessages() *messages {
	return &messages{at: map[int]time.Time{}, news: make(chan struct{}, 1)}
}

// read takes a stream's lines until it ends.
func (m *messages) read(stream *bufio.Reader) error {
	mark := []byte(`"text":"m-`)
	for {
		text, err := stream.ReadSlice('\n')
		if err == bufio.ErrBufferFull { // longer than our messages are: something else, unless the mark comes in it
			err = nil
		}
		if err != nil {
			return err
		}
		_, rest, ok := bytes.Cut(text, mark)
		if !ok {
			continue
		}
		digits, _, _ := bytes.Cut(rest, []byte(`"`))
		n, err := strconv.Atoi(string(digits))
		if err != nil {
			continue
		}
		now := time.Now()
		m.mu.Lock()
		if _, twice := m.at[n]; !twice {
			m.at[n] = now
		}
		m.mu.Unlock()
		select {
		case m.news <- struct{}{}:
		default:
		}
	}
}

func (m *messages) has(n int) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.at[n]
	return at, ok
}

func (m *messages) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.at)
}

// wait returns when done says so, or with an error after the time.
func (m *messages) wait(ctx context.Context, limit time.Duration, done func() bool) error {
	timeout := time.After(limit)
	for !done() {
		select {
		case <-m.news:
		case <-timeout:
			return fmt.Errorf("only %d messages came by the stream", m.count())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
