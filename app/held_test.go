package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskbell/app/desk"
)

// A restored copy neither reads the demo's two waiting mails nor says that all is well, until somebody releases it.
func TestARestoredCopyIsHeld(t *testing.T) {
	dir := t.TempDir()
	mark := filepath.Join(dir, "restored.json")
	if err := os.WriteFile(mark, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := beginIn(t, dir, true)
	tickets := func() int {
		n, err := a.Desk.Counts(t.Context(), desk.System, "ticket")
		if err != nil {
			t.Fatal(err)
		}
		return n.All
	}
	if w := a.get("/readyz", nil); !strings.Contains(w.Body.String(), `"name":"copy"`) {
		t.Errorf("nothing is said of the copy: %s", w.Body)
	}
	told := tickets() // those of the demo's story
	if len(a.Channels.States()) > 0 {
		t.Error("a held copy reads its mailboxes")
	}
	agents, err := a.Desk.Agents(t.Context(), desk.System)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range agents {
		if err := a.Release(t.Context(), one.Actor()); one.Role == desk.Crew && err == nil {
			t.Errorf("%s is no admin and released it", one.Name)
		}
	}
	for until := time.Now().Add(time.Minute); tickets() < told+2 && time.Now().Before(until); {
		time.Sleep(10 * time.Millisecond)
	}
	if tickets() != told+2 {
		t.Errorf("%d tickets after the release, want 2 more than %d", tickets(), told)
	}
	if _, err := os.Stat(mark); !os.IsNotExist(err) {
		t.Errorf("the mark is still there: %v", err)
	}
}
