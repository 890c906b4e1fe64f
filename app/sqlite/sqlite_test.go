package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

func open(t *testing.T) *DB {
	t.Helper()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), Desk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func set(db *DB, name, value string) error {
	return db.Write(context.Background(), func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into settings(name, value) values (?, ?)", name, value)
		return err
	})
}

func count(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.Readers().QueryRow("select count(*) from settings").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWritesTogetherFailAlone(t *testing.T) {
	db := open(t)
	var wg sync.WaitGroup
	const n = 400
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			errs[i] = db.Write(t.Context(), func(tx *sql.Tx) error {
				if _, err := tx.Exec("insert into settings(name, value) values (?, '1')", fmt.Sprint(i)); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return errors.New("no")
				case 2:
					panic("fault")
				}
				return nil
			})
		})
	}
	wg.Wait()
	for i, err := range errs {
		if failed := i%4 == 1 || i%4 == 2; failed != (err != nil) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if got := count(t, db); got != n/2 {
		t.Errorf("%d rows, want %d", got, n/2)
	}
}

func TestSynchronousFull(t *testing.T) {
	db := open(t)
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "temp_store": "2"} {
			var got string
			if err := tx.QueryRow("pragma " + pragma).Scan(&got); err != nil {
				return err
			}
			if got != want {
				t.Errorf("%s is %s, want %s", pragma, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClosedAnswers(t *testing.T) {
	db := open(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := set(db, "a", "1"); !errors.Is(err, ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
}

func TestNewerFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	newer := fstest.MapFS{"0001_a.sql": {Data: []byte("create table a(x);")}, "0002_b.sql": {Data: []byte("create table b(x);")}}
	db, err := Open(t.Context(), path, newer)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	delete(newer, "0002_b.sql")
	_, err = Open(t.Context(), path, newer)
	var n *NewerError
	if !errors.As(err, &n) || n.File != 2 || n.Known != 1 {
		t.Errorf("got %v", err)
	}
}

func TestBrokenMigrationChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "desk.db")
	files := fstest.MapFS{"0001_a.sql": {Data: []byte("create table a(x); create table a(x);")}}
	if _, err := Open(t.Context(), path, files); err == nil {
		t.Fatal("a broken migration passed")
	}
	files["0001_a.sql"].Data = []byte("create table a(x);")
	db, err := Open(t.Context(), path, files)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
}

// The log neither shortens itself (a replicator reads it) nor grows for ever: Truncate empties it.
func TestTheLogIsEmptiedWhenTold(t *testing.T) {
	db := open(t)
	size := func() int64 {
		info, err := os.Stat(db.Path() + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	const pages = 1200 // more than SQLite would leave in the log by itself
	for i := range pages {
		if err := set(db, fmt.Sprint(i), strings.Repeat("x", 4096)); err != nil {
			t.Fatal(err)
		}
	}
	if size() < pages*4096 {
		t.Errorf("the log has %d bytes: somebody began it anew", size())
	}
	rows, err := db.Readers().Query("select name from settings")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	if err := set(db, "last", "1"); err != nil {
		t.Fatal(err)
	}
	if err := db.Truncate(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("while somebody reads: %v", err)
	}
	rows.Close()
	if err := db.Truncate(t.Context()); err != nil || size() != 0 {
		t.Errorf("%d bytes are left: %v", size(), err)
	}
	if got := count(t, db); got != pages+1 {
		t.Errorf("%d rows", got)
	}
}

func TestMigrationsAreNumberedOneByOne(t *testing.T) {
	for _, names := range [][]string{{"0001_a.sql", "0001_b.sql"}, {"0001_a.sql", "0003_b.sql"}, {"0002_a.sql"}} {
		files := fstest.MapFS{}
		for _, n := range names {
			files[n] = &fstest.MapFile{Data: []byte("select 1;")}
		}
		if db, err := Open(t.Context(), filepath.Join(t.TempDir(), "desk.db"), files); err == nil {
			db.Close()
			t.Errorf("%v passed", names)
		}
	}
}

func TestPause(t *testing.T) {
	ctx := context.Background()
	db := open(t)
	resume, err := db.Pause(ctx)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- db.Write(ctx, func(*sql.Tx) error { return nil }) }()
	for db.Waiting() == 0 {
		runtime.Gosched()
	}
	short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := db.Pause(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second pause: %v", err)
	}
	select {
	case err := <-done:
		t.Errorf("a write went through the pause (%v)", err)
	default:
	}
	resume()
	resume()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if _, err := db.Pause(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("a pause of a closed database: %v", err)
	}
}
