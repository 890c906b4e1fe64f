package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskbell/app/blob"
	"deskbell/app/sqlite"
)

const interval = 300 * time.Millisecond

// fileConfig is a litestream.yml with a file replica in a folder of its own, which exists.
func fileConfig(t *testing.T) (config, replica string) {
	t.Helper()
	replica = t.TempDir()
	config = filepath.Join(t.TempDir(), "litestream.yml")
	text := fmt.Sprintf(`
dbs:
  - path: ${DESKBELL_DATA}/desk.db
    replica: {path: %[1]s/desk, sync-interval: %[2]s}
  - path: ${DESKBELL_DATA}/blobs.db
    replica: {path: %[1]s/blobs, sync-interval: %[2]s}
`, replica, interval)
	write(t, config, text)
	for _, dir := range []string{"desk", "blobs"} {
		if err := os.Mkdir(filepath.Join(replica, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return config, replica
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, config, data string) Config {
	t.Helper()
	c, err := Load(config, data)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wipe empties the data folder, as a new machine has it.
func wipe(t *testing.T, data string) {
	t.Helper()
	entries, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(data, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

// restored opens what was brought back, by the SQLite of the desk, checks it, and returns the ids of its messages.
// Every message's file must be there.
func restored(t *testing.T, data string) map[int64]bool {
	t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, filepath.Join(data, DeskName), schema)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := blob.Open(ctx, filepath.Join(data, BlobsName))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for _, db := range []*sqlite.DB{db, files.DB()} {
		var result string
		if err := db.Readers().QueryRow("pragma integrity_check").Scan(&result); err != nil || result != "ok" {
			t.Fatalf("%s: %s %v", db.Path(), result, err)
		}
		if info, err := os.Stat(db.Path()); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v), not 0600", db.Path(), info.Mode().Perm(), err)
		}
	}
	rows, err := db.Readers().Query("select id, file from messages")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	ids := map[int64]bool{}
	for rows.Next() {
		var id int64
		var sum []byte
		if err := rows.Scan(&id, &sum); err != nil {
			t.Fatal(err)
		}
		if ok, err := files.Has(ctx, blob.Sum(sum)); err != nil || !ok {
			t.Fatalf("message %d points to a file that is not there (%v)", id, err)
		}
		ids[id] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

func mustHave(t *testing.T, ids map[int64]bool, acks []ack) {
	t.Helper()
	lost := 0
	for _, a := range acks {
		if !ids[a.id] {
			lost++
		}
	}
	if lost > 0 || len(acks) == 0 {
		t.Errorf("%d of %d acknowledged messages are lost", lost, len(acks))
	}
}

// before returns what was acknowledged by then.
func before(acks []ack, at time.Time) []ack {
	for i, a := range acks {
		if a.at.After(at) {
			return acks[:i]
		}
	}
	return acks
}

// Desk and child are killed in mid-write, the machine is lost; a new one starts with the same replica.
func TestKillEverythingWipeRestore(t *testing.T) {
	config, _ := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	child := d.up()
	d.more(100)
	synced := d.sync()
	begun, carried := time.Now(), time.Time{}
	until(t, func() bool { carried = d.carried(); return carried.After(begun.Add(interval)) })
	at := time.Now()
	d.cmd.Process.Signal(syscall.SIGSTOP) // it starts no other child
	syscall.Kill(child, syscall.SIGKILL)
	d.cmd.Process.Kill()
	<-d.gone
	until(t, func() bool { return !alive(child) })
	wipe(t, data)

	again := open(t, data, config) // restores by itself
	again.up()
	again.more(10)
	again.stop()
	ids := restored(t, data)
	mustHave(t, ids, synced)
	mustHave(t, ids, before(d.acked(), carried))
	mustHave(t, ids, again.acked())
	if when, err := Restored(data); err != nil || time.Since(when) > time.Minute {
		t.Errorf("the restored copy is not marked: %v, %v", when, err)
	}
	if err := Accept(data); err != nil {
		t.Fatal(err)
	}
	if when, _ := Restored(data); !when.IsZero() {
		t.Error("still marked as restored after it was accepted")
	}
	for _, a := range d.acked() {
		if !ids[a.id] {
			t.Logf("%d acknowledged; lost is what came in the last %v", len(d.acked()), at.Sub(a.at).Round(time.Millisecond))
			break
		}
	}
}

// The desk alone is killed: the child sees its end, flushes and ends. Not one message is lost with the machine.
func TestKillParent(t *testing.T) {
	config, _ := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	child := d.up()
	d.more(200)
	d.cmd.Process.Kill()
	<-d.gone
	until(t, func() bool { return !alive(child) })
	wipe(t, data)
	if _, err := Restore(context.Background(), load(t, config, data), time.Time{}); err != nil {
		t.Fatal(err)
	}
	mustHave(t, restored(t, data), d.acked())
}

// The child alone is killed, several times: it is started again, and nobody notices.
func TestKillChild(t *testing.T) {
	config, _ := fileConfig(t)
	data := t.TempDir()
	d := open(t, data, config)
	child := d.up()
	for range 4 {
		d.more(300)
		at := time.Now()
		syscall.Kill(child, syscall.SIGKILL)
		d.wait("down")
		next := d.up()
		if next == child {
			t.Fatal("the same child")
		}
		child = next
		t.Logf("a new child after %v", time.Since(at).Round(time.Millisecond))
		d.more(100)
		syncedRestore(t, config, d.sync())
	}
	d.stop()
	wipe(t, data)
	if _, err := Restore(context.Background(), load(t, config, data), time.Time{}); err != nil {
		t.Fatal(err)
	}
	mustHave(t, restored(t, data), d.acked())
}

// syncedRestore restores the replica to another folder while the desk serves on.
func syncedRestore(t *testing.T, config string, want []ack) map[int64]bool {
	t.Helper()
	data := t.TempDir()
	if _, err := Restore(context.Background(), load(t, config, data), time.Time{}); err != nil {
		t.Fatal(err)
	}
	ids := restored(t, data)
	mustHave(t, ids, want)
	return ids
}

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
	if names := dir(t, data); strings.Contains(names, ".db") || strings.Contains(names, ".restore") {
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
	files, err := filepath.Glob(filepath.Join(replica, "desk/ltx/0/*.ltx"))
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
	if names := dir(t, data); strings.Contains(names, "aside") || strings.Contains(names, ".restore") {
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
	if names := dir(t, data); strings.Contains(names, ".drill") {
		t.Errorf("the drill left something: %s", names)
	}
}

// Both copies of SQLite in the program are free of the bug that loses a log which is reset while another process
// checkpoints (3.7.0 to 3.51.2).
func TestSQLiteVersions(t *testing.T) {
	for _, driver := range []string{"sqlite3", "sqlite"} {
		db, err := sql.Open(driver, ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var version string
		if err := db.QueryRow("select sqlite_version()").Scan(&version); err != nil {
			t.Fatal(err)
		}
		var major, minor, patch int
		if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
			t.Fatal(err)
		}
		if major*1_000_000+minor*1000+patch < 3_051_003 {
			t.Errorf("driver %s has SQLite %s, which is older than 3.51.3", driver, version)
		}
		t.Logf("%s %s", driver, version)
	}
}
