package app

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// comers is a listener at which connections come from where the test says.
type comers struct {
	net.Listener
	come chan net.Conn
}

func (c comers) Accept() (net.Conn, error) {
	select {
	case one := <-c.come:
		return one, nil
	default:
		return nil, io.EOF
	}
}

type from struct {
	net.Conn
	address string
	closed  *int
}

func (f from) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.address))
}
func (f from) Close() error { *f.closed++; return nil }

// One source gets its share and no more, and less when it is crowded; others still get in; a proxy that is trusted speaks for many;
// there is an end in all; and what is closed, twice too, makes room once.
func TestConnectionsHaveAnEnd(t *testing.T) {
	var said strings.Builder
	l := comers{come: make(chan net.Conn, 1000)}
	k := newConnections(l, 400, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.NewTextHandler(&said, nil)))
	refused := 0
	var open []net.Conn
	// come lets n connections come from a place, and answers how many were taken.
	come := func(n int, address string) (taken int) {
		before := refused
		for range n {
			l.come <- from{address: address, closed: &refused}
		}
		for c, err := k.Accept(); err == nil; c, err = k.Accept() {
			open = append(open, c)
			taken++
		}
		if refused-before != n-taken {
			t.Errorf("%d of %d were taken, and %d closed", taken, n, refused-before)
		}
		return taken
	}
	if n := come(100, "192.0.2.1:1000"); n != 40 {
		t.Errorf("one source has %d of 400", n)
	}
	if n := come(50, "[2001:db8::1]:1000") + come(50, "[2001:db8::2]:1000"); n != 40 {
		t.Errorf("one network of IPv6 has %d", n)
	}
	if n := come(220, "10.1.2.3:1000"); n != 220 {
		t.Errorf("a proxy has %d", n)
	}
	if n := come(10, "192.0.2.2:1000"); n != 2 { // 300 of 400 are taken
		t.Errorf("one source has %d in a crowd", n)
	}
	if n := come(1, "192.0.2.3:1000"); n != 1 {
		t.Error("a newcomer was kept out of a crowd")
	}
	if n := come(200, "10.1.2.3:1000"); n != 97 {
		t.Errorf("a proxy has %d more of 97", n)
	}
	if got := strings.Count(said.String(), "connections are refused"); got != 1 {
		t.Errorf("said %d times: %s", got, &said)
	}
	for _, c := range open {
		c.Close()
		c.Close()
	}
	if k.open != 0 || len(k.of) != 0 {
		t.Errorf("when all are gone %d are open, of %v", k.open, k.of)
	}
}
