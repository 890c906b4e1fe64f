package replica

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A -wal without its database must not be replayed into a restored one, nor into a new one.
func TestOrphanLogIsMovedAside(t *testing.T) {
	config, _ := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	d.up()
	d.more(50)
	d.sync()
	d.kill(data)
	if info, err := os.Stat(filepath.Join(data, "desk.db-wal")); err != nil || info.Size() == 0 {
		t.Fatalf("no log is left to be an orphan: %v", err)
	}
	if err := os.Remove(filepath.Join(data, DeskName)); err != nil {
		t.Fatal(err)
	}
	c := load(t, config, data)
	report, err := RestoreMissing(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(report.Aside, "desk.db-wal")); err != nil {
		t.Errorf("the orphan is not aside: %v", err)
	}
	mustHave(t, restored(t, data), d.acked())

	empty := t.TempDir()
	write(t, filepath.Join(empty, "desk.db-wal"), "orphan")
	if report, err = RestoreMissing(context.Background(), load(t, "", empty)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(report.Aside, "desk.db-wal")); err != nil {
		t.Errorf("the orphan of a first start is not aside: %v", err)
	}
}

func TestRestoreToAMoment(t *testing.T) {
	config, _ := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	d.up()
	d.more(50)
	first := d.sync()
	d.more(1)
	d.sync() // a transaction after the first sync ends what is restored to
	at := time.Now()
	until(t, func() bool { return time.Since(at) > 50*time.Millisecond })
	d.more(200)
	d.sync()
	d.stop()
	report, err := Restore(context.Background(), load(t, config, data), at)
	if err != nil {
		t.Fatal(err)
	}
	ids := restored(t, data)
	mustHave(t, ids, first)
	for _, a := range d.acked() {
		if a.begun.After(at.Add(50*time.Millisecond)) && ids[a.id] {
			t.Fatalf("message %d was written after the moment", a.id)
		}
	}
	// What was there is aside, whole.
	mustHave(t, restored(t, report.Aside), d.acked())
	// Life goes on from there, into the same replica.
	again := open(t, data, config)
	again.up()
	again.more(20)
	again.stop()
	wipe(t, data)
	if _, err := Restore(context.Background(), load(t, config, data), time.Time{}); err != nil {
		t.Fatal(err)
	}
	now := restored(t, data)
	mustHave(t, now, again.acked())
	if len(now) > len(ids)+len(again.acked()) {
		t.Errorf("%d messages: what the restore had left behind came back (%d and %d)", len(now), len(ids), len(again.acked()))
	}
	if _, err := Restore(context.Background(), load(t, config, data), at.Add(-time.Hour)); !errors.Is(err, ErrNothing) {
		t.Errorf("restore to before there was anything: %v", err)
	}
	mustHave(t, restored(t, data), again.acked()) // and nothing was touched
}

// While the desk serves nobody restores under it, and no second desk serves the same folder.
func TestNobodyElseWorksOnTheFolder(t *testing.T) {
	config, _ := fileConfig(t)
	data := t.TempDir()
	open(t, data, config).up()
	if _, err := Restore(context.Background(), load(t, config, data), time.Time{}); !errors.Is(err, ErrHeld) {
		t.Errorf("restore under a desk that serves: %v", err)
	}
	if _, err := Hold(data); !errors.Is(err, ErrHeld) {
		t.Errorf("a second desk on the folder: %v", err)
	}
}

// An empty folder with a replica out of reach does not start.
func TestUnreachableReplicaRefusesTheStart(t *testing.T) {
	config, replica := fileConfig(t)
	data := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"replicate", data, config}
	if report, err := RestoreIfEmpty(context.Background(), exe, args, load(t, config, data)); err != nil || len(report.Files) != 0 {
		t.Errorf("a first start, with the replica's folders made: %v, %v", report, err)
	}
	if err := os.RemoveAll(filepath.Join(replica, "blobs")); err != nil { // not mounted
		t.Fatal(err)
	}
	_, err = RestoreIfEmpty(context.Background(), exe, args, load(t, config, data))
	if err == nil || !strings.Contains(err.Error(), replica) || !strings.Contains(err.Error(), "does not start") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if names := dir(t, data); strings.Contains(names, ".db") || strings.Contains(names, workPrefix) {
		t.Errorf("a refused start left something: %s", names)
	}
}

// A replica with files and without messages is no first start: half of it was lost.
func TestHalfAReplicaRefusesTheStart(t *testing.T) {
	config, replica := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	d.up()
	d.more(5)
	d.sync()
	d.stop()
	wipe(t, data)
	for _, half := range []string{"blobs", "desk"} {
		if err := os.RemoveAll(filepath.Join(replica, half, "ltx")); err != nil {
			t.Fatal(err)
		}
		report, err := RestoreMissing(context.Background(), load(t, config, data))
		switch half {
		case "blobs": // a desk to which nobody ever sent a file
			if err != nil || len(report.Files) != 1 || report.Files[0] != DeskName {
				t.Errorf("messages alone: %+v, %v", report, err)
			}
			wipe(t, data)
		case "desk":
			if err != nil || len(report.Files) != 0 {
				t.Errorf("nothing at all: %+v, %v", report, err)
			}
		}
	}
	// Files alone.
	again := open(t, data, config)
	again.up()
	again.more(5)
	again.sync()
	again.stop()
	wipe(t, data)
	if err := os.RemoveAll(filepath.Join(replica, "desk", "ltx")); err != nil {
		t.Fatal(err)
	}
	if _, err := RestoreMissing(context.Background(), load(t, config, data)); err == nil || !strings.Contains(err.Error(), "half of it is missing") {
		t.Errorf("files alone: %v", err)
	}
}

func dir(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// A damaged replica changes nothing in the data folder.
func TestDamagedReplicaChangesNothing(t *testing.T) {
	config, replica := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	d.up()
	d.more(50)
	d.sync()
	d.stop()
	files, err := filepath.Glob(filepath.Join(replica, "desk/ltx/*/*.ltx")) // of every level: twice a minute they are copied into the next
	if err != nil || len(files) == 0 {
		t.Fatal("no files in the replica", err)
	}
	for _, f := range files {
		if err := os.Truncate(f, 200); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Restore(context.Background(), load(t, config, data), time.Time{}); err == nil {
		t.Fatal("a damaged replica was restored")
	}
	mustHave(t, restored(t, data), d.acked())
	if names := dir(t, data); strings.Contains(names, "aside") || strings.Contains(names, workPrefix) {
		t.Errorf("a restore that failed left something: %s", names)
	}
}

func TestDrill(t *testing.T) {
	config, _ := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	d.up()
	d.more(50)
	acks := d.sync()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	found, err := RunDrill(context.Background(), exe, []string{"replicate", data, config})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, db := range found.Databases {
		if db.Size == 0 {
			t.Errorf("%s has no size", db.Name)
		}
		for table, n := range db.Rows {
			rows[table] = n
		}
	}
	if rows["messages"] < int64(len(acks)) || rows["blobs"] < int64(len(acks)) || found.Took <= 0 {
		t.Errorf("%d messages were synced, the drill found %+v", len(acks), found)
	}
	if names := dir(t, data); strings.Contains(names, workPrefix) {
		t.Errorf("the drill left something: %s", names)
	}
}
