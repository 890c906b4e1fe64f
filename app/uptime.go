package app

import (
	"os"
	"strings"
	"time"

	"deskbell/app/desk"

	"golang.org/x/sys/unix"
)

// uptime is how long this machine has run, sleep included: a clock that nobody sets.
func uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Since(began) // a system without it
	}
	return time.Duration(t.Nano())
}

var began = time.Now()

// thisMachine says how long it has run since which start.
func thisMachine() desk.Machine {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return desk.Machine{}
	}
	return desk.Machine{Boot: strings.TrimSpace(string(boot)), Up: uptime()}
}
