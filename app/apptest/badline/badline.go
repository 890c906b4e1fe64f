// Package badline is a TCP line that a test makes bad: between browser and desk, and between the desk and its mail servers and
// buckets. It delays, breaks in the middle of what is said, and falls silent after half of it.
package badline

import (
	"bytes"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

// Line carries bytes both ways between whoever connects and a server. It is good at first.
type Line struct {
	listener net.Listener
	to       string

	mu     sync.Mutex
	random *rand.Rand
	bad    bool
	most   int    // bytes that go through a bad line one way before it fails, at most
	word   []byte // at which it breaks when the server says it
	asked  []byte // before the server hears this, do is done
	do     func()
	open   map[net.Conn]bool
	fails  int
}

// silence is how long a line that has fallen silent stays open: what was sent half is then cut.
const silence = 100 * time.Millisecond

// New opens a line to host:port until the test ends. The same seed makes it fail after the same bytes.
func New(t testing.TB, to string, seed uint64) *Line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Line{listener: listener, to: to, most: 6000, random: rand.New(rand.NewPCG(seed, seed)), open: map[net.Conn]bool{}}
	go l.accept()
	t.Cleanup(func() {
		listener.Close()
		l.Mend()
	})
	return l
}

// Addr is the near end as host:port.
func (l *Line) Addr() string { return l.listener.Addr().String() }

// Port is that of the near end.
func (l *Line) Port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// Break cuts what is open and makes the line bad: each way of each connection is slow, and fails after some bytes, most at most.
// Half of the failures cut it, half fall silent first.
func (l *Line) Break(most int) { l.set(true, most) }

// Mend cuts what is open and makes the line good again.
func (l *Line) Mend() { l.set(false, 0) }

// BreakAt cuts the line, from now on, whenever the server is about to say a word.
func (l *Line) BreakAt(word string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.word = []byte(word)
}

// Before does something once, before the server hears a word for the first time.
func (l *Line) Before(word string, do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked, l.do = []byte(word), sync.OnceFunc(do)
}

// Fails is how many connections failed in the middle.
func (l *Line) Fails() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fails
}

func (l *Line) set(bad bool, most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bad, l.most = bad, most
	for c := range l.open {
		c.Close()
	}
	clear(l.open)
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.carry(near)
	}
}

func (l *Line) carry(near net.Conn) {
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		near.Close()
		return
	}
	l.mu.Lock()
	l.open[near], l.open[far] = true, true
	l.mu.Unlock()
	go l.copy(far, near, false)
	l.copy(near, far, true)
}

// copy carries bytes one way until either end is gone or the line fails; then both ends are gone.
func (l *Line) copy(to, from net.Conn, said bool) {
	l.mu.Lock()
	left, delay, mute := 1<<40, time.Duration(0), false
	if l.bad {
		left, delay, mute = l.random.IntN(l.most), time.Duration(l.random.IntN(3000))*time.Microsecond, l.random.IntN(2) == 0
	}
	var word, asked []byte
	if said {
		word = l.word
	} else {
		asked = l.asked
	}
	do := l.do
	l.mu.Unlock()
	buf := make([]byte, 32<<10)
	if delay > 0 {
		buf = buf[:512]
	}
	var before []byte // the end of what went through, in which a word may have begun
	for failed := left <= 0; !failed; {
		n, err := from.Read(buf[:min(left, len(buf))])
		heard := append(before, buf[:n]...)
		if i := bytes.Index(heard, word); len(word) > 0 && i >= 0 {
			n = max(0, i-len(before))
			left = n
		}
		if len(asked) > 0 && bytes.Contains(heard, asked) {
			do()
		}
		before = bytes.Clone(heard[max(0, len(heard)-max(len(word), len(asked), 1)+1):])
		if err == nil {
			time.Sleep(delay) // a slow line, not a wait for something
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			break
		}
		if left -= n; left == 0 {
			failed = true
			l.mu.Lock()
			l.fails++
			l.mu.Unlock()
			if mute {
				time.Sleep(silence) // likewise
			}
		}
	}
	l.mu.Lock()
	delete(l.open, to)
	delete(l.open, from)
	l.mu.Unlock()
	to.Close()
	from.Close()
}
