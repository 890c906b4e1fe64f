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

// Whoever has many addresses slows down himself and his neighbours, not everybody.
func TestStrangersDoNotWaitForEachOther(t *testing.T) {
	var th throttle
	th.init()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	tries := func(n int, ip func(int) string) (let int) {
		for i := range n {
			if th.allowStranger(now, "request", ip(i)) {
				let++
			}
		}
		return let
	}
	if n := tries(50, func(int) string { return "198.51.100.1" }); n != 10 {
		t.Errorf("50 from one address: %d were let through, expected 10", n)
	}
	if n := tries(500, func(i int) string { return fmt.Sprintf("198.51.100.%d", 2+i%250) }); n != 50 {
		t.Errorf("500 from its neighbours: %d were let through, expected 50", n)
	}
	if n := tries(500, func(i int) string { return fmt.Sprintf("2001:db8:7:%x::1", i) }); n != 60 {
		t.Errorf("500 networks of one site: %d were let through, expected 60", n)
	}
	if !th.allowStranger(now, "request", "203.0.113.5") {
		t.Error("somebody else has to wait")
	}
	if n := tries(5000, func(i int) string { return fmt.Sprintf("10.%d.%d.1", i/250, i%250) }); n > 600 {
		t.Errorf("5,000 neighbourhoods: %d were let through, expected 600 at most", n)
	}
	now = now.Add(6 * time.Second)
	if !th.allowStranger(now, "request", "198.51.100.1") {
		t.Error("after six seconds he still has to wait")
	}
}
