package replica

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
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
	d.kill(data)
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
	d.up()
	d.more(200)
	d.kill(data)
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
