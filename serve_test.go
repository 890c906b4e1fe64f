package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskbell/app/apptest/bounded"
)

// server is the program as it ships, serving a folder.
type server struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	log  bytes.Buffer
	gone chan struct{}
}

// command is the program for a folder, to be run to its end.
func command(t *testing.T, data string, args ...string) *exec.Cmd {
	return at(t, data, bounded.Command(t, binary(t), args...))
}

func at(t *testing.T, data string, cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"DESKBELL_DATA=" + data, "DESKBELL_LISTEN=127.0.0.1:0"}
	return cmd
}

// start serves data until the test ends, and returns when it answers.
func start(t *testing.T, data string, env ...string) *server {
	t.Helper()
	s := &server{t: t, cmd: at(t, data, exec.Command(binary(t), "serve")), gone: make(chan struct{})}
	s.cmd.Env = append(s.cmd.Env, env...)
	out, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		serving := regexp.MustCompile(`msg=serving address=(\S+)`)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&s.log, lines.Text())
			if m := serving.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
		s.cmd.Wait()
		close(s.gone)
	}()
	t.Cleanup(func() {
		s.cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(time.Minute, func() { s.cmd.Process.Kill() })
		defer late.Stop()
		<-s.gone
	})
	select {
	case at := <-address:
		s.url = "http://" + at
	case <-s.gone:
		t.Fatalf("it ended: %s", &s.log)
	case <-time.After(time.Minute):
		t.Fatal("it does not start")
	}
	return s
}

func (s *server) get(path string, header ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// carried waits until the replica was in step after now, by the number that operators watch.
func (s *server) carried() {
	s.t.Helper()
	since := time.Now()
	behind := regexp.MustCompile(`deskbell_replica_behind_seconds\{database="\w+\.db"\} (\S+)`)
	for limit := since.Add(time.Minute); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		_, text := s.get("/metrics")
		inStep := 0
		for _, m := range behind.FindAllStringSubmatch(text, -1) {
			if d, err := time.ParseDuration(m[1] + "s"); err == nil && d < time.Since(since) {
				inStep++
			}
		}
		if inStep == 2 && strings.Contains(text, "deskbell_replica_up 1") {
			return
		}
	}
	s.t.Fatal("never in step with its replica")
}

// children are the processes that the program has started.
func (s *server) children() (pids []string) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.cmd.Process.Pid))
	for _, path := range tasks {
		list, _ := os.ReadFile(path) // a thread may be gone
		pids = append(pids, strings.Fields(string(list))...)
	}
	return pids
}

// alive says whether a process has not ended; one that nobody has asked for its end has.
func alive(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

// The program as it ships: kill -9, an empty folder, and what was there is there again.
func TestServeCarriesAndRestores(t *testing.T) {
	data := t.TempDir()
	s := start(t, data, "DESKBELL_ADMIN_EMAIL=amy@tea.example", "DESKBELL_ADMIN_PASSWORD=a long enough one")
	s.carried()
	if code, body := s.get("/readyz"); code != http.StatusOK {
		t.Errorf("readyz: %d %s", code, body)
	}
	// Numbers are for this machine, and for admins; not for whom a proxy on this machine brings.
	if code, _ := s.get("/metrics", "X-Forwarded-For", "203.0.113.9"); code != http.StatusNotFound {
		t.Errorf("metrics through a proxy: %d", code)
	}
	token := strings.TrimSpace(run0(t, command(t, data, "token", "create", "--agent", "amy@tea.example", "--name", "watch")))
	if code, _ := s.get("/metrics", "X-Forwarded-For", "203.0.113.9", "Authorization", "Bearer "+token); code != http.StatusOK {
		t.Errorf("metrics with a token: %d", code)
	}
	if code, _ := s.get("/metrics", "Authorization", "Bearer x"+token); code != http.StatusNotFound {
		t.Errorf("metrics with a wrong token: %d", code)
	}
	s.carried()
	backup := filepath.Join(t.TempDir(), "b")
	run0(t, command(t, data, "backup", backup))
	children := s.children()
	s.cmd.Process.Kill()
	<-s.gone
	for _, pid := range children { // its last flush
		for limit := time.Now().Add(time.Minute); alive(pid); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatal("a child outlives the program")
			}
		}
	}
	for _, name := range []string{"desk.db", "blobs.db"} {
		for _, rest := range []string{"", "-wal", "-shm"} {
			os.Remove(filepath.Join(data, name+rest))
		}
	}

	again := start(t, data)
	if code, _ := again.get("/metrics", "Authorization", "Bearer "+token); code != http.StatusOK {
		t.Errorf("the token did not come back: %d", code)
	}
	if !strings.Contains(again.log.String(), "restored from the replica") {
		t.Errorf("nothing about the restore in the log: %s", &again.log)
	}
	for _, args := range [][]string{{"restore"}, {"restore", backup}, {"serve"}} {
		if out, err := command(t, data, args...).CombinedOutput(); err == nil || !strings.Contains(string(out), "another deskbell works on this data folder") {
			t.Errorf("%v while it serves: %v %s", args, err, out)
		}
	}
	other := t.TempDir()
	if out := run0(t, command(t, other, "restore", backup)); !strings.Contains(out, "Restored") {
		t.Errorf("restore says %q", out)
	}
	// The key is not in the backup, so that a stolen one opens no mailbox.
	if out, err := command(t, other).CombinedOutput(); err == nil || !strings.Contains(string(out), "secret.key") {
		t.Errorf("a desk without its key: %v %s", err, out)
	}
	key, err := os.ReadFile(filepath.Join(data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	third := start(t, other)
	if code, _ := third.get("/metrics", "Authorization", "Bearer "+token); code != http.StatusOK {
		t.Errorf("the token is not in the backup: %d", code)
	}
}

// run0 runs a command that must go well.
func run0(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", cmd.Args[1:], err, out, &stderr)
	}
	return string(out)
}

// Settings are wrong in several places: all of it is said at once, and nothing is touched.
func TestFaultsOfSettingsEndTheStart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	cmd := command(t, data)
	path := filepath.Join(cmd.Dir, "litestream.yml")
	if err := os.WriteFile(path, []byte("dbs:\n  - path: ${DESKBELL_DATA}/desk.db\n    replica: {type: ftp}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "DESKBELL_LOG=xml")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("exit status %d", cmd.ProcessState.ExitCode())
	}
	for _, want := range []string{"DESKBELL_LOG", `"ftp"`, "blobs.db is not in the list"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("nothing about %s in %s", want, out)
		}
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("the data folder was made")
	}
}
