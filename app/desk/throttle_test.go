package desk

import (
	"fmt"
	"testing"
	"time"
)

// Guessers are slowed down per source and per account; the owner gets in from where he has been before, while they go on.
func TestGuessersNeverKeepTheOwnerOut(t *testing.T) {
	var th throttle
	th.init()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	tries := func(n int, email func(int) string, ip func(int) string) (let int) {
		for i := range n {
			if th.allow(now, email(i), ip(i)) {
				let++
			}
		}
		return let
	}
	alice := func(int) string { return "alice@tea.example" }
	at := func(ip string) func(int) string { return func(int) string { return ip } }
	th.succeeded(now, "Alice@tea.example", "192.0.2.7")
	if n := tries(200, alice, at("198.51.100.1")); n != 10 {
		t.Errorf("200 tries from one source: %d were let through, expected 10", n)
	}
	if !th.allow(now, "alice@tea.example", "203.0.113.5") {
		t.Error("one guesser keeps the owner out at a new place")
	}
	if n := tries(500, alice, func(i int) string { return fmt.Sprintf("10.0.%d.%d", i/250, i%250) }); n > 30 {
		t.Errorf("500 sources: %d tries were let through, expected 30 at most", n)
	}
	if !th.allow(now, "alice@tea.example", "192.0.2.7") {
		t.Error("many guessers keep the owner out where he has been before")
	}
	if n := tries(50, func(i int) string { return fmt.Sprint(i) }, at("198.51.100.2")); n != 30 {
		t.Errorf("50 accounts from one source: %d were let through, expected 30", n)
	}
	if n := tries(50, func(i int) string { return fmt.Sprint(i) }, func(i int) string { return fmt.Sprintf("2001:db8::%x", i) }); n != 30 {
		t.Errorf("50 addresses of one IPv6 network: %d were let through, expected 30", n)
	}
	if n := tries(50, alice, at(ownSession)); n != 10 {
		t.Errorf("50 tries in one's own session: %d were let through, expected 10", n)
	}
	now = now.Add(time.Minute)
	if !th.allow(now, "alice@tea.example", "203.0.113.6") {
		t.Error("after a minute of quiet a new place is still refused")
	}
}
