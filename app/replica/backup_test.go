package replica

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deskbell/app/blob"
	"deskbell/app/sqlite"
)

// small makes a data folder with n messages and returns what Snapshot needs.
func small(t *testing.T, n int) (data string, desk *sqlite.DB, files *blob.Store) {
	t.Helper()
	ctx := context.Background()
	data = t.TempDir()
	desk, err := sqlite.Open(ctx, filepath.Join(data, DeskName), schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { desk.Close() })
	if files, err = blob.Open(ctx, filepath.Join(data, BlobsName)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	for range n {
		if _, err := message(ctx, desk, files); err != nil {
			t.Fatal(err)
		}
	}
	return data, desk, files
}

func TestBackupAndRestoreFile(t *testing.T) {
	ctx := context.Background()
	_, desk, files := small(t, 20)
	dst := filepath.Join(t.TempDir(), "monday.deskbell")
	// While the desk writes on.
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				message(ctx, desk, files)
			}
		}
	}()
	err := Snapshot(ctx, desk.Readers(), files.DB().Readers(), dst, "1.2.3")
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dst); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode().Perm(), err)
	}
	if names := dir(t, filepath.Dir(dst)); names != "monday.deskbell" {
		t.Errorf("the backup left something: %s", names)
	}
	there, old, oldFiles := small(t, 3)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if err := oldFiles.Close(); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, there) // as DESKBELL_DATA=data is
	if err != nil {
		t.Fatal(err)
	}
	report, err := RestoreFile(ctx, relative, dst)
	if err != nil {
		t.Fatal(err)
	}
	if ids := restored(t, there); len(ids) < 20 {
		t.Errorf("%d of 20 messages came back", len(ids))
	}
	if ids := restored(t, report.Aside); len(ids) != 3 {
		t.Errorf("%d of 3 messages that were there are aside", len(ids))
	}
	if when, err := Restored(there); err != nil || time.Since(when) > time.Minute {
		t.Errorf("not marked as restored: %v %v", when, err)
	}
}

// With .gz in its name it is compressed, and is checked and brought back all the same.
func TestCompressedBackup(t *testing.T) {
	ctx := context.Background()
	_, desk, files := small(t, 200)
	plain, packed := filepath.Join(t.TempDir(), "monday.tar"), filepath.Join(t.TempDir(), "monday.tar.gz")
	for _, dst := range []string{plain, packed} {
		if err := Snapshot(ctx, desk.Readers(), files.DB().Readers(), dst, "1.2.3"); err != nil {
			t.Fatal(err)
		}
		if err := Verify(ctx, dst); err != nil {
			t.Fatal(err)
		}
		if names := dir(t, filepath.Dir(dst)); names != filepath.Base(dst) {
			t.Errorf("left: %s", names)
		}
	}
	text, err := os.ReadFile(packed)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(plain); err != nil || int64(len(text)) > info.Size()/2 {
		t.Errorf("%d bytes packed, of %d (%v)", len(text), info.Size(), err)
	}
	there := t.TempDir()
	if _, err := RestoreFile(ctx, there, packed); err != nil {
		t.Fatal(err)
	}
	if ids := restored(t, there); len(ids) != 200 {
		t.Errorf("%d of 200 messages came back", len(ids))
	}
	flipped := slices.Clone(text)
	for i := range 64 { // turned round, a byte is never what it was, and in a stretch of them there is always one that counts
		flipped[len(text)/2+i] ^= 0xff
	}
	for name, bad := range map[string][]byte{"cut off": text[:len(text)/2], "flipped": flipped} {
		path := filepath.Join(t.TempDir(), "bad.tar.gz")
		write(t, path, string(bad))
		if err := Verify(ctx, path); err == nil {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

// A file that is no backup, or a damaged one, is refused in words and changes nothing.
func TestBadBackupsChangeNothing(t *testing.T) {
	ctx := context.Background()
	data, desk, files := small(t, 3)
	good := filepath.Join(t.TempDir(), "good.deskbell")
	if err := Snapshot(ctx, desk.Readers(), files.DB().Readers(), good, "1"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte{}, text...)
	flipped[len(flipped)/2] ^= 1
	later := strings.Replace(string(text), `"format": 1`, `"format": 9`, 1)
	cases := map[string]struct{ text, want string }{
		"empty":   {"", "not a backup"},
		"a text":  {strings.Repeat("hello ", 1000), "not a backup"},
		"cut off": {string(text[:len(text)*2/3]), "cut off"},
		"flipped": {string(flipped), "damaged"},
		"later":   {later, "format 9"},
		"a link":  {tarred(t, tar.Header{Typeflag: tar.TypeSymlink, Name: DeskName, Linkname: "/etc/passwd"}), "no database"},
		"nothing": {tarred(t, tar.Header{Typeflag: tar.TypeReg, Name: DeskName}), "no database"},
		"outside": {tarred(t, tar.Header{Typeflag: tar.TypeReg, Name: "../desk.db", Size: 4096}), "where desk.db is to be"},
		"huge":    {tarred(t, tar.Header{Typeflag: tar.TypeReg, Name: DeskName, Size: 1 << 60}), "MB left"},
		"renamed": {strings.Replace(string(text), "desk.db\x00", "../x.db\x00", 1), "cut off"}, // the header's checksum is wrong
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad")
			write(t, path, c.text)
			there := t.TempDir()
			write(t, filepath.Join(there, DeskName), "untouched")
			if _, err := RestoreFile(ctx, there, path); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q: %v", c.want, err)
			}
			if names := dir(t, there); names != ".deskbell.lock .replicate.lock desk.db" {
				t.Errorf("left: %s", names)
			}
		})
	}
	if err := Snapshot(ctx, desk.Readers(), files.DB().Readers(), filepath.Join(data, "no", "such"), "1"); err == nil {
		t.Error("a backup into a folder that is not there")
	}
}

// tarred is a backup that says with good manners what it brings, and brings the entry.
func tarred(t *testing.T, h tar.Header) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	nothing := sha256.Sum256(nil)
	text, err := json.Marshal(manifest{Format: backupFormat, Version: "1", SHA256: map[string]string{DeskName: hex.EncodeToString(nothing[:]), BlobsName: hex.EncodeToString(nothing[:])}})
	if err == nil {
		err = w.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(text))})
	}
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.WriteHeader(&h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// FuzzUnpack: whatever file is taken for a backup, nothing but the two databases comes out of it, and nowhere else.
func FuzzUnpack(f *testing.F) {
	sum := sha256.Sum256(make([]byte, 512))
	text, err := json.Marshal(manifest{Format: backupFormat, SHA256: map[string]string{DeskName: hex.EncodeToString(sum[:]), BlobsName: hex.EncodeToString(sum[:])}})
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, one := range []struct {
		name string
		text []byte
	}{{manifestName, text}, {DeskName, make([]byte, 512)}, {BlobsName, make([]byte, 512)}} {
		if err := w.WriteHeader(&tar.Header{Name: one.name, Mode: 0o600, Size: int64(len(one.text))}); err != nil {
			f.Fatal(err)
		}
		w.Write(one.text)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		above := t.TempDir()
		into, src := filepath.Join(above, "in"), filepath.Join(above, "src")
		if err := os.Mkdir(into, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(src, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = unpack(src, into) // nearly all is refused
		if names := dir(t, above); names != "in src" {
			t.Errorf("beside the folder: %s", names)
		}
		for _, name := range strings.Fields(dir(t, into)) {
			if info, err := os.Lstat(filepath.Join(into, name)); err != nil || name != DeskName && name != BlobsName || info.Mode() != 0o600 {
				t.Errorf("%s came out: %v, %v", name, info, err)
			}
		}
	})
}
