package app

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"deskbell/app/rest"
)

const (
	maxConnections = 20_000 // in all; fewer where the system lets the program open fewer files
	filesKept      = 512    // for the databases, mailboxes and files that are sent
	sourceShare    = 10     // one source has at most a tenth of them
	crowdedShare   = 16     // and a sixteenth of that when three quarters are taken: what is left is for those who have few
	refusalsTold   = time.Minute
)

// connections is a listener that takes no more connections than there is room for, nor more of one source than its share, so that nobody
// keeps others out by merely opening them. What is too much is closed at once. A trusted proxy speaks for many, and so may what runs
// on this machine: they have no share.
type connections struct {
	net.Listener
	most   int
	exempt []netip.Prefix
	log    *slog.Logger

	mu      sync.Mutex
	open    int
	of      map[string]int
	refused int
	told    time.Time
}

func newConnections(l net.Listener, most int, exempt []netip.Prefix, log *slog.Logger) *connections {
	return &connections{Listener: l, most: most, exempt: exempt, log: log, of: map[string]int{}}
}

// roomForConnections is how many the system lets the program have.
func roomForConnections() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return maxConnections
	}
	return int(min(maxConnections, max(files.Cur, 2*filesKept)-filesKept))
}

// Accept implements net.Listener.
func (k *connections) Accept() (net.Conn, error) {
	for {
		c, err := k.Listener.Accept()
		if err != nil {
			return nil, err
		}
		source := k.sourceOf(c)
		if !k.take(source) {
			c.Close()
			continue
		}
		free := sync.OnceFunc(func() { k.give(source) })
		if tcp, ok := c.(*net.TCPConn); ok {
			return &tcpConnection{tcp, free}, nil
		}
		return &connection{c, free}, nil
	}
}

// sourceOf is whose share a connection belongs to; empty: nobody's.
func (k *connections) sourceOf(c net.Conn) string {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return ""
	}
	a := at.Addr().Unmap()
	if a.IsLoopback() || slices.ContainsFunc(k.exempt, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return ""
	}
	return rest.Source(a.String())
}

func (k *connections) take(source string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	share := max(1, k.most/sourceShare)
	if k.open >= k.most-k.most/4 {
		share = max(1, share/crowdedShare)
	}
	if k.open >= k.most || source != "" && k.of[source] >= share {
		k.refuse(source)
		return false
	}
	k.open++
	if source != "" {
		k.of[source]++
	}
	return true
}

// refuse says once in a while that connections are refused, and the last one's source.
func (k *connections) refuse(source string) {
	k.refused++
	if time.Since(k.told) < refusalsTold {
		return
	}
	k.log.Warn("connections are refused: there are too many, or too many from one place", "open", k.open, "most", k.most, "refused", k.refused, "source", source, "from_it", k.of[source])
	k.told, k.refused = time.Now(), 0
}

func (k *connections) give(source string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open--
	if source == "" {
		return
	}
	if k.of[source]--; k.of[source] == 0 {
		delete(k.of, source)
	}
}

type connection struct {
	net.Conn
	free func()
}

func (c *connection) Close() error {
	defer c.free()
	return c.Conn.Close()
}

// tcpConnection is one that net/http may still give files to without reading them.
type tcpConnection struct {
	*net.TCPConn
	free func()
}

func (c *tcpConnection) Close() error {
	defer c.free()
	return c.TCPConn.Close()
}
