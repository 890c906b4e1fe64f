package desk

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// throttle slows guessing down: per source address, per account at one source, and per account wherever the tries come from.
// The last does not hold for a source at which the account's owner has logged in, so that guessers elsewhere, however many,
// never keep him out. All are bounded in memory.
type throttle struct {
	mu  sync.Mutex
	per map[string]*guesses
}

type guesses struct {
	limit *rate.Limiter
	seen  time.Time
	known bool // the account has logged in at this source
}

const (
	throttled  = 20000         // accounts and sources remembered at most
	ownSession = "own session" // the source of one who is logged in and says his password again
)

func (t *throttle) init() { t.per = map[string]*guesses{} }

// allow takes one try from the source, from the account at this source and from the account. A try that one of them refuses
// costs those after it nothing: a single source cannot use up the tries of an account.
func (t *throttle) allow(now time.Time, email, ip string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	ip = network(ip)
	if ip != ownSession && !t.of(now, "source "+ip, rate.Every(2*time.Second), 30).limit.AllowN(now, 1) {
		return false
	}
	there := t.of(now, pair(email, ip), rate.Every(6*time.Second), 10)
	if !there.limit.AllowN(now, 1) {
		return false
	}
	if there.known || ip == ownSession {
		return true
	}
	return t.of(now, "account "+strings.ToLower(email), rate.Every(6*time.Second), 30).limit.AllowN(now, 1)
}

// allowStranger takes one try of somebody whom nothing is known of, at something that has no owner: the public form. What he may do
// goes by where he is, so that nobody with a few addresses keeps others waiting; the total is so generous that only a flood reaches it.
func (t *throttle) allowStranger(now time.Time, what, ip string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range []struct {
		key   string
		every time.Duration
		burst int
	}{
		{"at " + network(ip), 6 * time.Second, 10},
		{"around " + around(ip), 2 * time.Second, 60},
		{"everywhere", time.Second / 2, 600},
	} {
		if !t.of(now, what+" "+l.key, rate.Every(l.every), l.burst).limit.AllowN(now, 1) {
			return false
		}
	}
	return true
}

// around is the key of an address's neighbourhood, which one holder of many addresses often has whole: a /24, and a /48 of IPv6.
func around(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits)
	return p.String()
}

// stranger says whether nothing is known of the account's owner at this source.
func (t *throttle) stranger(email, ip string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.per[pair(email, network(ip))]
	return g == nil
}

// succeeded gives the account at this source its tries back, and remembers that its owner is there.
func (t *throttle) succeeded(now time.Time, email, ip string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.per, pair(email, network(ip)))
	t.of(now, pair(email, network(ip)), rate.Every(6*time.Second), 10).known = true
}

func pair(email, network string) string { return "at " + network + " " + strings.ToLower(email) }

// network is the key of an address: an IPv6 customer has a /64 to himself, so that is one source.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Unmap().Is4() {
		return ip
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.String()
}

func (t *throttle) of(now time.Time, key string, every rate.Limit, burst int) *guesses {
	g := t.per[key]
	if g == nil {
		if len(t.per) >= throttled {
			t.forget(now)
		}
		g = &guesses{limit: rate.NewLimiter(every, burst)}
		t.per[key] = g
	}
	g.seen = now
	return g
}

// forget drops what was quiet for five minutes but the owners' places, and everything when that is not enough.
func (t *throttle) forget(now time.Time) {
	for key, g := range t.per {
		if !g.known && now.Sub(g.seen) > 5*time.Minute {
			delete(t.per, key)
		}
	}
	if len(t.per) >= throttled {
		clear(t.per)
	}
}
