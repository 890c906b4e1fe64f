package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	_ "deskbell/app/sqlite" // registers the driver
)

const (
	bareEnv    = "DESKBELL_BENCH_BARE" // the folder in which the bare server keeps its database
	bareListen = "DESKBELL_BENCH_LISTEN"
)

// bareServer starts this program again as the raw thing: net/http, a row in SQLite for each post, an event to each stream
// that asked for events.
func (b *bench) bareServer(ctx context.Context, name string) (*process, error) {
	dir := filepath.Join(b.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), bareEnv+"="+dir, bareListen+"=127.0.0.1:"+port)
	return start(ctx, cmd, "127.0.0.1:"+port)
}

func bare(dir string) error {
	db, err := openRaw(dir)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	streams := map[chan []byte]bool{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /messages", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = insertRaw(db, string(body))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		mu.Lock()
		for s := range streams {
			s <- body
		}
		mu.Unlock()
		w.WriteHeader(http.StatusCreated)
		w.Write(body)
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "id: 1\n\n")
		flush := w.(http.Flusher)
		flush.Flush()
		var events chan []byte
		if r.URL.RawQuery == "events" {
			events = make(chan []byte, 1024)
			mu.Lock()
			streams[events] = true
			mu.Unlock()
			defer func() { mu.Lock(); delete(streams, events); mu.Unlock() }()
		}
		for {
			select {
			case <-r.Context().Done():
				return
			case e := <-events:
				w.Write(bytes.Join([][]byte{[]byte("data: "), e, []byte("\n\n")}, nil))
				flush.Flush()
			}
		}
	})
	l, err := net.Listen("tcp", os.Getenv(bareListen))
	if err != nil {
		return err
	}
	return http.Serve(l, mux)
}

// openRaw opens a database as strict as the desk's: WAL, one connection, an fsync for each commit.
func openRaw(dir string) (*sql.DB, error) {
	db, err := sql.Open("deskbell-sqlite3", "file:"+filepath.Join(dir, "raw.db")+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_stmt_cache_size=8")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	_, err = db.Exec("create table if not exists messages(id integer primary key, at integer, text text)")
	return db, err
}

func insertRaw(db *sql.DB, text string) error {
	_, err := db.Exec("insert into messages(at, text) values (?, ?)", time.Now().UnixMilli(), text)
	return err
}

// commits is how many rows a second raw SQLite commits one by one, each with its fsync.
func commits(ctx context.Context, dir string, during time.Duration) (float64, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	db, err := openRaw(dir)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	n, began := 0, time.Now()
	for time.Since(began) < during && ctx.Err() == nil {
		if err := insertRaw(db, `{"text":"m-1","client_id":"1"}`); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds(), ctx.Err()
}
