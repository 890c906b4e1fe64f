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

// A flood of names and addresses fills what is remembered, and gives nobody back the tries that he has spent.
func TestAFloodGivesNoTriesBack(t *testing.T) {
	var th throttle
	th.init()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	guess := func() bool { return th.allowCode(now, 7, "198.51.100.1", false) }
	th.succeeded(now, "alice@tea.example", "192.0.2.7")
	for guess() {
	}
	for i := range 2 * throttled {
		th.allow(now, fmt.Sprint(i), fmt.Sprintf("2001:db8:%x:%x::1", i>>16, i&0xffff))
		if len(th.per) > throttled {
			t.Fatalf("%d are remembered, at most %d should be", len(th.per), throttled)
		}
	}
	if guess() {
		t.Error("the guesser has tries again")
	}
	if th.stranger("alice@tea.example", "192.0.2.7") {
		t.Error("the owner's place is forgotten")
	}
}

// Codes of the second step are few: they are slowed down by the day, wherever the tries come from, and the owner still gets in where he was.
func TestCodesAreSlowedDownByTheDay(t *testing.T) {
	var th throttle
	th.init()
	begun := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	let := 0
	for minute := range 24 * 60 {
		for i := range 10 {
			if th.allowCode(begun.Add(time.Duration(minute)*time.Minute), 7, fmt.Sprintf("10.0.0.%d", i), false) {
				let++
			}
		}
	}
	if let < 20 || let > 20+24*4 {
		t.Errorf("%d codes in a day from ten places, expected 116 at most", let)
	}
	now := begun.Add(24*time.Hour - time.Minute)
	if !th.allowCode(now, 7, "192.0.2.7", true) {
		t.Error("the owner does not get in where he has been before")
	}
	th.renewed(7)
	if !th.allowCode(now, 7, "203.0.113.5", false) {
		t.Error("a new password did not give the tries back")
	}
}

// One place fills no disk, however many visitors it makes of itself; others send what they have.
func TestVolumeIsCountedByPlace(t *testing.T) {
	var th throttle
	th.init()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	sends := func(n int, ip func(int) string) (let int) {
		for i := range n {
			if th.allowVolume(now, ip(i), 10) {
				let += 10
			}
		}
		return let
	}
	if n := sends(100, func(int) string { return "198.51.100.1" }); n != 300 {
		t.Errorf("one address sends %d MB at once, want 300", n)
	}
	if n := sends(1000, func(i int) string { return fmt.Sprintf("198.51.100.%d", 2+i%200) }); n != 900 {
		t.Errorf("its neighbours send %d MB, want 900", n)
	}
	if n := sends(10, func(int) string { return "203.0.113.5" }); n != 100 {
		t.Errorf("somebody else sends %d MB of 100", n)
	}
	now = now.Add(100 * time.Second)
	if n := sends(100, func(int) string { return "198.51.100.1" }); n != 10 {
		t.Errorf("after 100 seconds the first sends %d MB, want 10", n)
	}
}
