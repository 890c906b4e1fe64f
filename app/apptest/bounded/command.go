// Package bounded starts programs that end.
package bounded

import (
	"context"
	"os/exec"
	"testing"
	"time"
)

// Command is a program that a test runs to its end: killed after two minutes, and not waited for when something that it
// left behind keeps its output open.
func Command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = 10 * time.Second
	return cmd
}
