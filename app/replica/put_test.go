package replica

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A restore that is killed while it puts the databases in their places, after any of its steps, is ended by whoever opens the
// data folder next: no desk ever starts without its messages, or with files of another time than they are.
func TestKilledRestoreIsEnded(t *testing.T) {
	for killed := 0; ; killed++ {
		old, desk, files := small(t, 3)
		good := filepath.Join(t.TempDir(), "good.tar")
		_, newer, newerFiles := small(t, 20)
		if err := Snapshot(context.Background(), newer.Readers(), newerFiles.DB().Readers(), good, "1"); err != nil {
			t.Fatal(err)
		}
		if err := desk.Close(); err != nil {
			t.Fatal(err)
		}
		if err := files.Close(); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(old, "blobs.db-journal"), "") // goes with its database
		work, done, err := workIn(old)
		if err != nil {
			t.Fatal(err)
		}
		if err := whole(context.Background(), good, work); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		if err := mark(old, work, now); err != nil {
			t.Fatal(err)
		}
		coming, aside := filepath.Join(old, comingName), aside(old, now)
		var steps [][2]string
		for _, name := range names {
			for _, file := range belongings(old, name) {
				steps = append(steps, [2]string{filepath.Join(old, file), filepath.Join(aside, file)})
			}
			steps = append(steps, [2]string{filepath.Join(coming, name), filepath.Join(old, name)})
		}
		for _, name := range []string{freshMark, restoredMark} {
			steps = append(steps, [2]string{filepath.Join(coming, name), filepath.Join(old, name)})
		}
		if len(steps) < 7 {
			t.Fatalf("%d steps: something is not where it was thought to be", len(steps))
		}
		if killed > len(steps) {
			return
		}
		for _, err := range []error{os.Rename(work, coming), os.Mkdir(aside, 0o700)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range steps[:killed] {
			if err := os.Rename(step[0], step[1]); err != nil {
				t.Fatal(err)
			}
		}
		done() // as the end of a process lets go of its lock

		if err := ClearWork(old); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing to do
			if err := Settled(context.Background(), old); err != nil {
				t.Fatalf("killed after %d steps: %v", killed, err)
			}
		}
		if ids := restored(t, old); len(ids) != 20 {
			t.Errorf("killed after %d steps: %d of 20 messages came back", killed, len(ids))
		}
		if ids := restored(t, aside); len(ids) != 3 {
			t.Errorf("killed after %d steps: %d of 3 messages that were there are aside", killed, len(ids))
		}
		if when, err := Restored(old); err != nil || when.IsZero() {
			t.Errorf("killed after %d steps: not marked as restored: %v", killed, err)
		}
		if _, err := os.Stat(filepath.Join(old, freshMark)); err != nil {
			t.Errorf("killed after %d steps: no new epoch will begin: %v", killed, err)
		}
		if _, err := os.Stat(coming); err == nil {
			t.Errorf("killed after %d steps: %s is left", killed, comingName)
		}
	}
}
