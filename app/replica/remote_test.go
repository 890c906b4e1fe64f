package replica

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deskbell/app/apptest/badline"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// bucket is as much of S3 as Litestream needs, in memory: PUT, GET, HEAD, list and delete, without checking signatures.
type bucket struct {
	mu      sync.Mutex
	objects map[string]object
	down    bool
}

type object struct {
	data   []byte
	at     time.Time
	header http.Header // x-amz-meta-…
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	o, ok := b.objects[key]
	switch {
	case b.down || !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIA1/"):
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodGet && key == "":
		b.list(w, r)
	case r.Method == http.MethodPost && r.URL.Query().Has("delete"):
		var asked struct{ Object []struct{ Key string } }
		if err := xml.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
		for _, o := range asked.Object {
			delete(b.objects, o.Key)
		}
		fmt.Fprint(w, "<DeleteResult/>")
	case r.Method == http.MethodPut && r.URL.RawQuery == "x-id=PutObject":
		data, err := io.ReadAll(r.Body)
		if err != nil || strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING") {
			http.Error(w, "chunked bodies are not understood here", http.StatusNotImplemented)
			return
		}
		o := object{data: data, at: time.Now(), header: http.Header{}}
		for name, v := range r.Header {
			if strings.HasPrefix(name, "X-Amz-Meta-") {
				o.header[name] = v
			}
		}
		b.objects[key] = o
		w.Header().Set("ETag", `"1"`)
	case (r.Method == http.MethodGet || r.Method == http.MethodHead) && !ok:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<Error><Code>NoSuchKey</Code></Error>")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		for name, v := range o.header {
			w.Header()[name] = v
		}
		http.ServeContent(w, r, "", o.at, bytes.NewReader(o.data)) // knows ranges
	default:
		http.Error(w, r.Method+" "+r.URL.String(), http.StatusNotImplemented)
	}
}

func (b *bucket) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var keys []string
	for key := range b.objects {
		if strings.HasPrefix(key, q.Get("prefix")) && key > q.Get("start-after") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	fmt.Fprintf(w, "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>%d</KeyCount>", len(keys))
	for _, key := range keys {
		o := b.objects[key]
		fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>%d</Size><LastModified>%s</LastModified></Contents>", key, len(o.data), o.at.UTC().Format(time.RFC3339))
	}
	fmt.Fprint(w, "</ListBucketResult>")
}

func (b *bucket) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
}

func TestS3(t *testing.T) {
	b := &bucket{objects: map[string]object{}}
	server := httptest.NewServer(b)
	defer server.Close()
	line := badline.New(t, server.Listener.Addr().String(), 1)
	t.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem") // as some companies set it; Litestream would fail
	config := filepath.Join(t.TempDir(), "litestream.yml")
	write(t, config, fmt.Sprintf(`
access-key-id: AKIA1
secret-access-key: secret
dbs:
  - path: ${DESKBELL_DATA}/desk.db
    replica: {url: "s3://backup/desk", endpoint: %[1]q, region: eu, sync-interval: 200ms}
  - path: ${DESKBELL_DATA}/blobs.db
    replica: {type: s3, bucket: backup, path: blobs, endpoint: %[1]q, region: eu, force-path-style: true, sync-interval: 200ms}
`, "http://"+line.Addr()))
	data := t.TempDir()
	there(t, config, data, func(d *desk) {
		// The bucket is gone for a while: the desk goes on, and the replica catches up.
		b.setDown(true)
		d.more(50)
		fmt.Fprintln(d.in, "sync")
		if said := d.wait("synced"); said == "<nil>" {
			t.Error("a sync to a bucket that is down went well")
		}
		b.setDown(false)
		// The line to it breaks in the middle of what is sent, and falls silent after half of it.
		line.Break(8000)
		for failed := line.Fails(); line.Fails() < failed+5; {
			d.more(1)
		}
		line.Mend()
	})
	b.setDown(true)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	wipe(t, data)
	c := load(t, config, data)
	if _, err := RestoreIfEmpty(context.Background(), exe, []string{"replicate", data, config}, c); err == nil || !strings.Contains(err.Error(), "does not start") {
		t.Errorf("an empty folder, and a bucket that does not answer: %v", err)
	}
}

// there has a desk write to a replica, stops it, and brings the data back, to now and to a moment.
func there(t *testing.T, config, data string, meanwhile func(*desk)) {
	t.Helper()
	d := open(t, data, config)
	d.up()
	d.more(20)
	first := d.sync()
	d.more(1)
	d.sync() // a transaction after the first sync ends what is restored to
	at := time.Now()
	until(t, func() bool { return time.Since(at) > 1100*time.Millisecond }) // SFTP knows whole seconds
	d.more(20)
	meanwhile(d)
	d.stop()
	wipe(t, data)
	c := load(t, config, data)
	if _, err := Restore(context.Background(), c, time.Time{}); err != nil {
		t.Fatal(err)
	}
	all := restored(t, data)
	mustHave(t, all, d.acked())
	if _, err := Restore(context.Background(), c, at); err != nil {
		t.Fatal(err)
	}
	if ids := restored(t, data); len(ids) >= len(all) || len(ids) < 20 {
		t.Errorf("%d of %d messages at the moment", len(ids), len(all))
	} else {
		mustHave(t, ids, first)
	}
}

func TestSFTP(t *testing.T) {
	address, hostKey, keyPath := sftpServer(t)
	dir := t.TempDir()
	config := filepath.Join(t.TempDir(), "litestream.yml")
	write(t, config, fmt.Sprintf(`
dbs:
  - path: ${DESKBELL_DATA}/desk.db
    replica: {url: "sftp://backup@%[1]s%[2]s/desk", key-path: %[3]s, host-key: %[4]q, sync-interval: 200ms}
  - path: ${DESKBELL_DATA}/blobs.db
    replica: {type: sftp, host: %[1]q, user: backup, path: %[2]s/blobs, key-path: %[3]s, host-key: %[4]q, sync-interval: 200ms}
`, address, dir, keyPath, hostKey))
	there(t, config, t.TempDir(), func(*desk) {})

	// Another host key is another host.
	_, other, _ := sftpServer(t)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, config, strings.ReplaceAll(string(text), hostKey, other))
	if _, err := Restore(context.Background(), load(t, config, t.TempDir()), time.Time{}); err == nil || !strings.Contains(err.Error(), "host key") {
		t.Errorf("a wrong host key: %v", err)
	}
}

// sftpServer serves this machine's files to whoever has the key, on loopback.
func sftpServer(t *testing.T) (address, hostKey, keyPath string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	keyPath = filepath.Join(t.TempDir(), "key")
	write(t, keyPath, string(pem.EncodeToMemory(block)))
	allowed, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	_, hostPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	host, err := ssh.NewSignerFromKey(hostPrivate)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(key.Marshal(), allowed.Marshal()) {
			return nil, fmt.Errorf("another key")
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serveSFTP(conn, config)
		}
	}()
	return listener.Addr().String(), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(host.PublicKey()))), keyPath
}

func serveSFTP(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for channel := range channels {
		stream, requests, err := channel.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				r.Reply(r.Type == "subsystem", nil)
			}
		}()
		server, err := sftp.NewServer(stream)
		if err != nil {
			return
		}
		go func() { server.Serve(); stream.Close() }()
	}
}
