package replica

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"deskbell/app/blob"
	"deskbell/app/sqlite"
)

// The test binary plays the program: `replicate DATA CONFIG --task T` and `serve DATA CONFIG`.
func TestMain(m *testing.M) {
	if len(os.Args) < 4 || os.Args[1] != "replicate" && os.Args[1] != "serve" {
		os.Exit(m.Run())
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	c, err := Load(os.Args[3], os.Args[2])
	if err == nil && os.Args[1] == "serve" {
		err = serve(c)
	} else if err == nil {
		task := ""
		if len(os.Args) > 5 {
			task = os.Args[5]
		}
		err = Run(context.Background(), c, task, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// schema is a small desk: messages that point to files.
var schema = fstest.MapFS{"0001_messages.sql": {Data: []byte(
	"create table messages (id integer primary key, body text not null, file blob not null); create virtual table words using fts5(body);")}}

// serve is a desk with two writers that never rest. It tells each acknowledged message and when its writing began, and obeys: "sync",
// "behind", "stop".
func serve(c Config) error {
	ctx := context.Background()
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	args := []string{"replicate", c.Data, c.File}
	release, err := Hold(c.Data)
	if err != nil {
		return err
	}
	defer release()
	if err := Settled(ctx, c.Data); err != nil {
		return err
	}
	if _, err := RestoreIfEmpty(ctx, exe, args, c); err != nil {
		return err
	}
	desk, err := sqlite.Open(ctx, filepath.Join(c.Data, DeskName), schema)
	if err != nil {
		return err
	}
	files, err := blob.Open(ctx, filepath.Join(c.Data, BlobsName))
	if err != nil {
		return err
	}
	s := &Supervisor{Exe: exe, Args: args, Config: c}
	s.Trim = func() { errors.Join(desk.Truncate(ctx), files.DB().Truncate(ctx)) }
	s.Pause = func(ctx context.Context, name string) (func(), error) {
		if name == DeskName {
			return desk.Pause(ctx)
		}
		return files.DB().Pause(ctx)
	}
	s.Start()
	go tell(s)
	var stop atomic.Bool
	var writers sync.WaitGroup
	for range 2 {
		writers.Go(func() {
			for !stop.Load() {
				begun := time.Now()
				if id, err := message(ctx, desk, files); err != nil {
					fmt.Println("fault", err)
				} else {
					fmt.Println("ack", id, begun.UnixNano())
				}
			}
		})
	}
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() && orders.Text() != "stop" {
		if orders.Text() == "behind" {
			var most time.Duration
			for _, d := range s.Status().Databases {
				most = max(most, d.Behind)
			}
			fmt.Println("behind", most)
			continue
		}
		fmt.Println("synced", s.Sync(ctx))
	}
	stop.Store(true)
	writers.Wait()
	err = errors.Join(desk.Close(), files.Close(), s.Stop())
	fmt.Println("stopped", err)
	return err
}

// tell says when a child is up and when it is down.
func tell(s *Supervisor) {
	for last := 0; ; time.Sleep(5 * time.Millisecond) {
		now := 0
		if c := s.current(); c != nil {
			now = c.cmd.Process.Pid
		}
		switch {
		case now == last:
			continue
		case last != 0:
			fmt.Println("down")
		}
		if now != 0 {
			fmt.Println("up", now)
		}
		last = now
	}
}

var written atomic.Int64

// message stores a file, then a message that points to it.
func message(ctx context.Context, desk *sqlite.DB, files *blob.Store) (int64, error) {
	sum, _, err := files.Put(ctx, strings.NewReader(fmt.Sprintf("file %d of %d", written.Add(1), os.Getpid())), 1<<20)
	if err != nil {
		return 0, err
	}
	var id int64
	err = desk.Write(ctx, func(tx *sql.Tx) error {
		r, err := tx.Exec("insert into messages (body, file) values (?, ?)", strings.Repeat("您好，请问有什么可以帮您？", 8), sum[:])
		if err != nil {
			return err
		}
		id, err = r.LastInsertId()
		return err
	})
	return id, err
}

// desk is a serving process under test.
type desk struct {
	t    *testing.T
	cmd  *exec.Cmd
	in   io.WriteCloser
	says chan string // what it says besides acks; closed when it is gone

	mu   sync.Mutex
	acks []ack
}

type ack struct {
	id        int64
	begun, at time.Time // its writing, and when its acknowledgement was read
}

func open(t *testing.T, data, config string) *desk {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, cmd: exec.Command(exe, "serve", data, config), says: make(chan string, 64)}
	d.cmd.Stderr = os.Stderr
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if d.in, err = d.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			word, rest, _ := strings.Cut(lines.Text(), " ")
			if word != "ack" {
				d.says <- lines.Text()
				continue
			}
			var id, begun int64
			fmt.Sscan(rest, &id, &begun)
			d.mu.Lock()
			d.acks = append(d.acks, ack{id, time.Unix(0, begun), time.Now()})
			d.mu.Unlock()
		}
		d.cmd.Wait()
		close(d.says)
	}()
	t.Cleanup(func() { d.kill(data) })
	return d
}

// wait returns the rest of the next line that begins with word.
func (d *desk) wait(word string) string {
	d.t.Helper()
	limit := time.After(patienceOfTests)
	for {
		select {
		case line, ok := <-d.says:
			if !ok {
				d.t.Fatalf("the desk ended before it said %q", word)
			}
			if w, rest, _ := strings.Cut(line, " "); w == word {
				return rest
			}
			if strings.HasPrefix(line, "fault") {
				d.t.Errorf("the desk could not write: %s", line)
			}
		case <-limit:
			d.t.Fatalf("the desk never said %q", word)
		}
	}
}

// up waits for a child and returns its process id.
func (d *desk) up() int {
	pid, err := strconv.Atoi(d.wait("up"))
	if err != nil {
		d.t.Fatal(err)
	}
	return pid
}

// count waits until n messages more have been acknowledged.
func (d *desk) more(n int) {
	d.t.Helper()
	from := len(d.acked())
	until(d.t, func() bool { return len(d.acked()) >= from+n })
}

func (d *desk) acked() []ack {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.acks[:len(d.acks):len(d.acks)]
}

func (d *desk) sync() (before []ack) {
	d.t.Helper()
	before = d.acked()
	fmt.Fprintln(d.in, "sync")
	if said := d.wait("synced"); said != "<nil>" {
		d.t.Fatalf("sync: %s", said)
	}
	return before
}

// carried is the moment until which, as the desk says, everything is in the replica.
func (d *desk) carried() time.Time {
	d.t.Helper()
	asked := time.Now()
	fmt.Fprintln(d.in, "behind")
	behind, err := time.ParseDuration(d.wait("behind"))
	if err != nil {
		d.t.Fatal(err)
	}
	return asked.Add(-behind)
}

func (d *desk) stop() {
	d.t.Helper()
	fmt.Fprintln(d.in, "stop")
	if said := d.wait("stopped"); said != "<nil>" {
		d.t.Fatalf("stop: %s", said)
	}
	d.ended()
}

// ended waits for the end of the desk, whatever it says meanwhile.
func (d *desk) ended() {
	d.t.Helper()
	late := time.AfterFunc(patienceOfTests, func() { d.cmd.Process.Kill() })
	defer late.Stop()
	for range d.says {
	}
}

// kill kills the desk and waits for its child's last flush: a process that has ended holds no lock, though nobody may have taken
// note of its end yet.
func (d *desk) kill(data string) {
	d.cmd.Process.Kill()
	d.ended()
	until(d.t, func() bool {
		release, err := lock(filepath.Join(data, ".replicate.lock"))
		if err == nil {
			release()
		}
		return err == nil
	})
}

// patienceOfTests is how long a test waits for what must come: hundreds of durable writes on a disk that others keep busy.
const patienceOfTests = 3 * time.Minute

func until(t *testing.T, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(patienceOfTests); !ok(); {
		if time.Now().After(limit) {
			t.Fatalf("waited for %v", patienceOfTests)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
