package blob

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

func store(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "blobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

func TestWhatIsPutComesBack(t *testing.T) {
	s := store(t)
	for _, size := range []int{0, 1, piece - 1, piece, piece + 1, inMemory, inMemory + 1, 3*inMemory + 7} {
		want := noise(size)
		for range 2 { // the second time it is there already
			sum, n, err := s.Put(t.Context(), bytes.NewReader(want), 10<<20)
			if err != nil || n != int64(size) {
				t.Fatalf("put %d bytes: %d, %v", size, n, err)
			}
			got, err := s.Get(t.Context(), sum)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("get %d bytes: %d back, %v", size, len(got), err)
			}
		}
	}
}

func TestSeek(t *testing.T) {
	s := store(t)
	want := noise(2*piece + 100)
	sum, _, err := s.Put(t.Context(), bytes.NewReader(want), 10<<20)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Open(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Seek(-150, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, want[len(want)-150:]) {
		t.Errorf("the end: %d bytes, %v", len(got), err)
	}
}

func TestTooLargeStoresNothing(t *testing.T) {
	s := store(t)
	if _, _, err := s.Put(t.Context(), bytes.NewReader(noise(101)), 100); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
	var n int
	if err := s.db.Readers().QueryRow("select (select count(*) from blobs) + (select count(*) from chunks)").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
	if _, err := s.Open(t.Context(), Sum{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// slowly is a reader that looks around while its bytes are taken.
type slowly struct {
	io.Reader
	look func()
}

func (s *slowly) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	s.look()
	return n, err
}

// What is being taken has no name beside the database, so that whoever is killed then leaves nothing that nobody would ever remove.
func TestAKillLeavesNoFiles(t *testing.T) {
	s := store(t)
	dir, spooled := filepath.Dir(s.db.Path()), false
	r := &slowly{bytes.NewReader(noise(3 * inMemory)), func() {
		files, err := filepath.Glob(filepath.Join(dir, ".*"))
		if err != nil || len(files) > 0 {
			t.Errorf("beside the database stand %v, %v", files, err)
		}
		spooled = true
	}}
	if _, n, err := s.Put(t.Context(), r, 10<<20); err != nil || n != 3*inMemory || !spooled {
		t.Fatalf("%d bytes, %v", n, err)
	}
}
