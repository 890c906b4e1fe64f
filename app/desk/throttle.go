package desk

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// throttle slows guessing down, per account and per source address. Both are bounded in memory; nobody is locked out for
// ever: after a minute of quiet the owner has some tries again.
type throttle struct {
	mu  sync.Mutex
	per map[string]*guesses
}

type guesses struct {
	limit *rate.Limiter
	seen  time.Time
}

const throttled = 20000 // accounts and sources remembered at most

func (t *throttle) init() { t.per = map[string]*guesses{} }

// allow takes one try from the account and one from its source address.
func (t *throttle) allow(now time.Time, email, ip string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	account := t.of(now, "account "+strings.ToLower(email), rate.Every(6*time.Second), 10)
	source := t.of(now, "source "+ip, rate.Every(2*time.Second), 30)
	return account.AllowN(now, 1) && source.AllowN(now, 1)
}

// succeeded gives the account its tries back.
func (t *throttle) succeeded(email string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.per, "account "+strings.ToLower(email))
}

func (t *throttle) of(now time.Time, key string, every rate.Limit, burst int) *rate.Limiter {
	g := t.per[key]
	if g == nil {
		if len(t.per) >= throttled {
			t.forget(now)
		}
		g = &guesses{limit: rate.NewLimiter(every, burst)}
		t.per[key] = g
	}
	g.seen = now
	return g.limit
}

// forget drops what was quiet for five minutes, and everything when that is not enough.
func (t *throttle) forget(now time.Time) {
	for key, g := range t.per {
		if now.Sub(g.seen) > 5*time.Minute {
			delete(t.per, key)
		}
	}
	if len(t.per) >= throttled {
		clear(t.per)
	}
}
