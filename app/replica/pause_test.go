package replica

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskbell/app/blob"
	"deskbell/app/sqlite"
)

// A desk that is killed between the writing of a transaction and its publishing leaves one in the log that SQLite does not
// count. The child that outlives it must not write over it: the replica would be half of one state and half of another.
func TestATransactionThatWasNotPublished(t *testing.T) {
	ctx := context.Background()
	data, _, files := small(t, 10)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, "", data)
	s := &Supervisor{Exe: exe, Args: []string{"replicate", data, ""}, Config: c}
	s.Start()
	until(t, func() bool { return s.Sync(ctx) == nil })
	for i := 0; walSize(t, files.DB()) < 2*logPages*4096; i++ { // long enough to be brought into its file
		if _, _, err := files.Put(ctx, strings.NewReader(strings.Repeat(fmt.Sprint("a long file ", i), 60_000)), 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	leaveUnpublished(t, files.DB())
	s.Stop() // to the child the desk is gone

	other := load(t, "", t.TempDir())
	for i := range other.Databases {
		other.Databases[i].Target = c.Databases[i].Target
	}
	if _, err := Restore(ctx, other, time.Time{}); err != nil {
		t.Fatal(err)
	}
	restored(t, other.Data)
}

// While a child runs it keeps the log short, in pauses of the desk's writer, and loses nothing by it.
func TestTheLogIsShortened(t *testing.T) {
	ctx := context.Background()
	data, _, files := small(t, 10)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, "", data)
	var paused atomic.Int64
	s := &Supervisor{Exe: exe, Args: []string{"replicate", data, ""}, Config: c, Pause: func(ctx context.Context, name string) (func(), error) {
		if name != BlobsName {
			t.Errorf("the child wants to shorten %s, which is short", name)
		}
		paused.Add(1)
		return files.DB().Pause(ctx)
	}}
	s.Start()
	until(t, func() bool { return s.Sync(ctx) == nil })
	for i := range 40 {
		if _, _, err := files.Put(ctx, strings.NewReader(strings.Repeat(fmt.Sprint("a long file ", i), 60_000)), 1<<20); err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if size := walSize(t, files.DB()); paused.Load() < 2 || size > 3*logPages*4096 {
		t.Errorf("the log has %d bytes after %d pauses", size, paused.Load())
	}
	s.Stop()
	other := load(t, "", t.TempDir())
	for i := range other.Databases {
		other.Databases[i].Target = c.Databases[i].Target
	}
	if _, err := Restore(ctx, other, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := len(restored(t, other.Data)); got != 10 {
		t.Errorf("%d of 10 messages are in the replica", got)
	}
}

// leaveUnpublished appends to the log of a database, whose writer rests, what a writer appends that is killed before it
// publishes it: the frames that the same transaction makes in a copy.
func leaveUnpublished(t *testing.T, db *sqlite.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), BlobsName)
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(db.Path() + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+end, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := walSize(t, db)
	copied, err := blob.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if _, _, err := copied.Put(context.Background(), strings.NewReader(strings.Repeat("a file that makes the database longer. ", 5000)), 1<<20); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(db.Path()+"-wal", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if n, err := io.Copy(io.NewOffsetWriter(to, before), io.NewSectionReader(from, before, 1<<30)); err != nil || n == 0 {
		t.Fatalf("%d bytes of log, %v", n, err)
	}
}

func walSize(t *testing.T, db *sqlite.DB) int64 {
	t.Helper()
	info, err := os.Stat(db.Path() + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
