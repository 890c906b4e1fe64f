package client

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Proxy is a line to a desk that delays, and breaks in the middle of what is said, in both directions, until it is mended.
type Proxy struct {
	URL string

	listener net.Listener
	to       string

	mu     sync.Mutex
	random *rand.Rand
	bad    bool
	open   map[net.Conn]bool
	cuts   int
}

// NewProxy opens a line to the desk at host:port, good at first. The same seed breaks it after the same bytes.
func NewProxy(to string, seed uint64) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{URL: "http://" + l.Addr().String(), listener: l, to: to, random: rand.New(rand.NewPCG(seed, seed)), open: map[net.Conn]bool{}}
	go p.accept()
	return p, nil
}

// Break makes the line bad from now on, Mend good again. Both cut what is open.
func (p *Proxy) Break() { p.set(true) }

// Mend makes the line good again.
func (p *Proxy) Mend() { p.set(false) }

// Cuts is how many connections broke in the middle.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// Close ends the line.
func (p *Proxy) Close() {
	p.listener.Close()
	p.set(false)
}

func (p *Proxy) set(bad bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bad = bad
	for c := range p.open {
		c.Close()
	}
	clear(p.open)
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.carry(c)
	}
}

func (p *Proxy) carry(near net.Conn) {
	far, err := net.Dial("tcp", p.to)
	if err != nil {
		near.Close()
		return
	}
	p.mu.Lock()
	p.open[near], p.open[far] = true, true
	p.mu.Unlock()
	go p.copy(far, near)
	p.copy(near, far)
}

// copy carries bytes one way, on a bad line so many and no more; then both ends are gone.
func (p *Proxy) copy(to, from net.Conn) {
	p.mu.Lock()
	left, delay := 1<<40, time.Duration(0)
	if p.bad {
		left, delay = p.random.IntN(6000), time.Duration(p.random.IntN(3000))*time.Microsecond
	}
	p.mu.Unlock()
	buf := make([]byte, 512)
	for left > 0 {
		n, err := from.Read(buf[:min(left, len(buf))])
		if err == nil {
			time.Sleep(delay) // a slow line, not a wait for something
			_, err = to.Write(buf[:n])
		}
		if err != nil {
			break
		}
		if left -= n; left == 0 {
			p.mu.Lock()
			p.cuts++
			p.mu.Unlock()
		}
	}
	p.mu.Lock()
	delete(p.open, to)
	delete(p.open, from)
	p.mu.Unlock()
	to.Close()
	from.Close()
}
