package replica

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A backup is one tar file: deskbell.json, which says what it is, then desk.db and blobs.db as SQLite wrote them; gzip is
// around it when its name ends with .gz. So any tar and any SQLite open it, a hundred years from now as well. It holds everything: keep it where nobody else reads.

const (
	manifestName  = "deskbell.json"
	backupFormat  = 1
	manifestLimit = 1 << 20

	smallestDatabase = 512 // bytes of SQLite's smallest page
)

type manifest struct {
	Format  int               `json:"format"`
	MadeAt  time.Time         `json:"made_at"`
	Version string            `json:"deskbell"`
	SHA256  map[string]string `json:"sha256"` // by name
}

// Snapshot writes a backup of both databases to the file dst (mode 0600) while the desk serves. desk and blobs may be
// read-only connections; version is the program's. Each is copied in one read transaction, messages before files, so
// that every file that a message points to is in. It needs room for two copies beside dst. An existing dst is replaced
// when the new one is complete, and not touched otherwise.
func Snapshot(ctx context.Context, desk, blobs *sql.DB, dst, version string) error {
	work, done, err := workIn(filepath.Dir(dst))
	if err != nil {
		return err
	}
	defer done()
	m := manifest{Format: backupFormat, MadeAt: time.Now().UTC().Truncate(time.Second), Version: version, SHA256: map[string]string{}}
	sources := []struct {
		name string
		db   *sql.DB
	}{{DeskName, desk}, {BlobsName, blobs}}
	for _, s := range sources {
		path := filepath.Join(work, s.name)
		if err := vacuumInto(ctx, s.db, path); err != nil {
			return fmt.Errorf("copy %s: %w", s.name, err)
		}
		if m.SHA256[s.name], err = digest(path); err != nil {
			return err
		}
	}
	packed := filepath.Join(work, "packed")
	if err := pack(packed, work, m, strings.HasSuffix(dst, ".gz")); err != nil {
		return err
	}
	if err := os.Rename(packed, dst); err != nil {
		return err
	}
	return flush(filepath.Dir(dst))
}

func vacuumInto(ctx context.Context, db *sql.DB, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // SQLite fills an empty file, and leaves its mode
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// A reader may not even write into another file. What it may afterwards is what it could before.
	var readOnly bool
	if err := conn.QueryRowContext(ctx, "pragma query_only").Scan(&readOnly); err != nil {
		return err
	}
	if readOnly {
		if _, err := conn.ExecContext(ctx, "pragma query_only=0"); err != nil {
			return err
		}
		defer func() {
			if _, err := conn.ExecContext(context.WithoutCancel(ctx), "pragma query_only=1"); err != nil {
				conn.Raw(func(any) error { return driver.ErrBadConn }) // never back to the pool
			}
		}()
	}
	if _, err = conn.ExecContext(ctx, "vacuum into ?", path); err != nil {
		return err
	}
	return flush(path) // which SQLite leaves to its caller (https://sqlite.org/lang_vacuum.html, on INTO)
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func pack(path, dir string, m manifest, compressed bool) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	var to io.Writer = f
	if compressed {
		z, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, z.Close(), f.Sync()) }() // before f is closed
		to = z
	}
	w := tar.NewWriter(to)
	if err := w.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o600, Size: int64(len(text)), ModTime: m.MadeAt}); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, name := range []string{DeskName, BlobsName} {
		if err := packFile(w, filepath.Join(dir, name), name, m.MadeAt); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Sync()
}

func packFile(w *tar.Writer, path, name string, at time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: at}); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

// RestoreFile brings both databases back from a backup file, as Restore does from the replica: whole and checked or not
// at all, and what was there is moved aside.
func RestoreFile(ctx context.Context, data, src string) (Report, error) {
	begun := time.Now()
	release, err := Hold(data)
	if err != nil {
		return Report{}, err
	}
	defer release()
	if err := Settled(ctx, data); err != nil {
		return Report{}, err
	}
	work, done, err := workIn(data)
	if err != nil {
		return Report{}, err
	}
	defer done()
	if err := whole(ctx, src, work); err != nil {
		return Report{}, err
	}
	report, err := put(data, work, begun)
	report.Took = time.Since(begun)
	return report, err
}

// Verify reads a backup as RestoreFile does, in a folder beside it that it removes again: checksums, then what SQLite finds.
func Verify(ctx context.Context, src string) error {
	work, done, err := workIn(filepath.Dir(src))
	if err != nil {
		return err
	}
	defer done()
	return whole(ctx, src, work)
}

// whole unpacks a backup into a folder and checks what came out.
func whole(ctx context.Context, src, work string) error {
	prepare()
	if err := unpack(src, work); err != nil {
		return fmt.Errorf("%s: %w", src, err)
	}
	for _, name := range names {
		if err := check(ctx, filepath.Join(work, name)); err != nil {
			return fmt.Errorf("%s in %s: %w", name, src, err)
		}
	}
	return nil
}

// unpack writes the two databases of a backup into dir. Only those names come out, whatever the file says.
func unpack(src, dir string) error {
	f, err := os.Open(src)
	if err != nil {
		return err
	}
	defer f.Close()
	from := bufio.NewReader(f)
	r := tar.NewReader(from)
	if magic, _ := from.Peek(2); string(magic) == "\x1f\x8b" { // RFC 1952, section 2.3.1
		z, err := gzip.NewReader(from)
		if err != nil {
			return err
		}
		r = tar.NewReader(z)
	}
	h, err := r.Next()
	if err != nil || h.Name != manifestName {
		return errors.New("this is not a backup of Deskbell")
	}
	var m manifest
	if err := json.NewDecoder(io.LimitReader(r, manifestLimit)).Decode(&m); err != nil {
		return fmt.Errorf("read %s: %w", manifestName, err)
	}
	if m.Format != backupFormat {
		return fmt.Errorf("this backup has format %d, which this program (format %d) does not read: use the version that made it, %s", m.Format, backupFormat, m.Version)
	}
	for _, name := range []string{DeskName, BlobsName} {
		h, err := r.Next()
		if err != nil {
			return fmt.Errorf("the backup is cut off: %w", err)
		}
		if h.Name != name {
			return fmt.Errorf("the backup has %q where %s is to be", h.Name, name)
		}
		if h.Typeflag != tar.TypeReg || h.Size < smallestDatabase { // a link, a folder, an empty file
			return fmt.Errorf("the backup has no database where %s is to be", name)
		}
		if err := fits(dir, h.Size); err != nil { // a small file may say that it is a huge one, and be unpacked into it
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := unpackFile(r, filepath.Join(dir, name), m.SHA256[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// fits refuses what would fill the disk.
func fits(dir string, size int64) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return err
	}
	if free := int64(s.Bavail) * s.Bsize; size > free-free/20 {
		return fmt.Errorf("it says that it is %d MB, and the disk has %d MB left", size>>20, free>>20)
	}
	return nil
}

func unpackFile(r io.Reader, path, sum string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, h), r); err != nil {
		return fmt.Errorf("the backup is cut off: %w", err)
	}
	if hex.EncodeToString(h.Sum(nil)) != sum {
		return errors.New("the backup is damaged: its checksum is another")
	}
	return f.Sync()
}
