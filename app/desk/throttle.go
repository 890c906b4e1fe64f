package desk

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
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

// allowCode takes one try at the second step of somebody who has the password. Three of a million codes are right at a time, so that they are
// slowed down far more than passwords: some hundred tries a day, wherever they come from. Where the account's owner has logged in
// before, others do not use up his.
func (t *throttle) allowCode(now time.Time, id AgentID, ip string, known bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.of(now, pair(codeOf(id), network(ip)), rate.Every(time.Minute), 10).limit.AllowN(now, 1) {
		return false
	}
	return known || t.of(now, "account "+codeOf(id), rate.Every(15*time.Minute), 20).limit.AllowN(now, 1)
}

// renewed gives an account the tries at its second step back: nobody has the new password but its owner.
func (t *throttle) renewed(id AgentID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.per, "account "+codeOf(id))
}

func codeOf(id AgentID) string { return "code of " + id.String() }

// allowVolume takes the megabytes of a file from what one place may send that nobody knows: new visitors cost nothing, and a disk is full
// soon.
func (t *throttle) allowVolume(now time.Time, ip string, megabytes int) bool {
	return t.allowBounds(now, megabytes,
		bound{"volume at " + network(ip), 10 * time.Second, 300},
		bound{"volume around " + around(ip), 2500 * time.Millisecond, 1200})
}

// allowStranger takes one try of somebody whom nothing is known of, at something that has no owner: the public form. What he may do
// goes by where he is, so that nobody with a few addresses keeps others waiting; the total is so generous that only a flood reaches it.
func (t *throttle) allowStranger(now time.Time, what, ip string) bool {
	return t.allowBounds(now, 1,
		bound{what + " at " + network(ip), 6 * time.Second, 10},
		bound{what + " around " + around(ip), 2 * time.Second, 60},
		bound{what + " everywhere", time.Second / 2, 600})
}

// allowSignOn takes one answer of the company's login page. Nothing is guessed there, since a guess would be one of 256 bits: it bounds the
// work alone, and leaves room for a whole office behind one address.
func (t *throttle) allowSignOn(now time.Time, ip string) bool {
	return t.allowBounds(now, 1, bound{"sign-on at " + network(ip), time.Second, 120})
}

// bound is how much one key may take: burst at once, and one more in every.
type bound struct {
	key   string
	every time.Duration
	burst int
}

// allowBounds takes n of each bound in turn, up to the first that has not so many.
func (t *throttle) allowBounds(now time.Time, n int, bounds ...bound) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range bounds {
		if !t.of(now, b.key, rate.Every(b.every), b.burst).limit.AllowN(now, n) {
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
	return g
}

// forget makes room by those who have spent least of their allowance: a flood of names and addresses gives nobody back the tries that he
// has spent. The owners' places go last.
func (t *throttle) forget(now time.Time) {
	spent := map[string]float64{}
	for key, g := range t.per {
		spent[key] = 1 - g.limit.TokensAt(now)/float64(g.limit.Burst())
		if g.known {
			spent[key] += 2
		}
	}
	keys := slices.SortedFunc(maps.Keys(spent), func(a, b string) int { return cmp.Compare(spent[a], spent[b]) })
	for _, key := range keys[:len(keys)/2] {
		delete(t.per, key)
	}
}
