package rest

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter bounds how often each key may do a thing. It remembers at most its
// size of keys: those not seen for long are forgotten first.
type Limiter struct {
	every rate.Limit
	burst int
	half  int

	mu       sync.Mutex
	now, old map[string]*rate.Limiter
}

// NewLimiter lets each key do n things at once and then one every interval.
func NewLimiter(n int, interval time.Duration, size int) *Limiter {
	return &Limiter{every: rate.Every(interval), burst: n, half: size / 2, now: map[string]*rate.Limiter{}}
}

// Allow takes one from the key's allowance; when there is none it answers how
// long to wait.
func (l *Limiter) Allow(at time.Time, key string) (wait time.Duration, ok bool) {
	r := l.of(key).ReserveN(at, 1)
	if wait = r.DelayFrom(at); wait > 0 {
		r.CancelAt(at)
		return wait, false
	}
	return 0, true
}

// of finds a key's limiter. Two generations make a bounded memory without a
// list: what is used moves to the new one, the old one is dropped as a whole.
func (l *Limiter) of(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.now[key]; ok {
		return one
	}
	one, ok := l.old[key]
	if !ok {
		one = rate.NewLimiter(l.every, l.burst)
	}
	if len(l.now) >= l.half {
		l.now, l.old = map[string]*rate.Limiter{}, l.now
	}
	l.now[key] = one
	return one
}

// Source is the key of a network address: an IPv6 customer has a /64, so that
// is one source.
func Source(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.String()
}
