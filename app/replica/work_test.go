package replica

import (
	"os"
	"path/filepath"
	"testing"
)

// What a killed process left is cleared away; what somebody works on, and what is not ours, stays.
func TestWorkIsCleared(t *testing.T) {
	dir := t.TempDir()
	mine, done, err := workIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	left, end, err := workIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer end() // and with it the lock, which goes with its file
	killed := filepath.Join(dir, workPrefix+"killed")
	other := filepath.Join(dir, "aside-20261121T030000.000Z")
	for _, path := range []string{killed, other} {
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{mine, left, killed} {
		if err := os.WriteFile(filepath.Join(path, DeskName), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	is := func(when string, want map[string]bool) {
		t.Helper()
		if err := ClearWork(dir); err != nil {
			t.Fatal(err)
		}
		for path, there := range want {
			if _, err := os.Stat(path); (err == nil) != there {
				t.Errorf("%s, %s is there: %v", when, filepath.Base(path), err == nil)
			}
		}
	}
	is("while two work", map[string]bool{mine: true, left: true, killed: false, other: true})
	done()
	is("when one is done", map[string]bool{mine: false, left: true, other: true})
	if err := ClearWork(filepath.Join(dir, "none")); err != nil {
		t.Errorf("where there is no folder: %v", err)
	}
}
