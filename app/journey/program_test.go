package journey

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"deskbell/app/desk"
)

const programKey = "a key for journeys, on folders that are thrown away"

// built is the program as it ships: the one that make test has just built, or else one built here.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("DESKBELL_BINARY"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "deskbell-journey")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "deskbell")
	if out, err := exec.Command("go", "build", "-o", path, "../..").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// program is the program serving a folder: started, killed and started again, always at one address.
type program struct {
	t    *testing.T
	data string
	addr string
	env  []string
	wrap func(*exec.Cmd) // how it is started, when that is special

	cmd  *exec.Cmd
	log  *bytes.Buffer
	gone chan struct{}
}

// newProgram makes a folder with a company in it; nothing runs yet.
func newProgram(t *testing.T, env ...string) *program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &program{t: t, data: filepath.Join(t.TempDir(), "data"), addr: l.Addr().String(), env: env}
	must(t, l.Close())
	must(t, os.Mkdir(p.data, 0o700))
	t.Cleanup(p.kill)
	return p
}

// company puts a desk with a widget into the folder.
func (p *program) company() {
	p.t.Helper()
	key, err := desk.ReadKey(programKey, "")
	must(p.t, err)
	d, err := desk.Open(p.t.Context(), p.data, key, slog.New(slog.DiscardHandler))
	must(p.t, err)
	_, err = d.SetUp(p.t.Context(), desk.System, desk.Setup{Company: desk.Company{Name: "Tea shop", Locale: "en", TimeZone: "UTC"}, Name: "Alice", Email: "alice@tea.example", Password: password})
	must(p.t, err)
	_, err = d.SaveInbox(p.t.Context(), desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	must(p.t, err)
	must(p.t, d.Close())
}

func (p *program) url() string { return "http://" + p.addr }

// start starts it and answers how long it took to serve.
func (p *program) start() time.Duration {
	p.t.Helper()
	path, err := built()
	must(p.t, err)
	p.cmd, p.log, p.gone = exec.Command(path, "serve"), new(bytes.Buffer), make(chan struct{})
	p.cmd.Dir = p.t.TempDir()
	p.cmd.Env = append([]string{"DESKBELL_DATA=" + p.data, "DESKBELL_LISTEN=" + p.addr, "DESKBELL_SECRET_KEY=" + programKey, "PATH=" + os.Getenv("PATH")}, p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if p.wrap != nil {
		p.wrap(p.cmd)
	}
	began := time.Now()
	must(p.t, p.cmd.Start())
	go func(cmd *exec.Cmd, gone chan struct{}) {
		cmd.Wait()
		close(gone)
	}(p.cmd, p.gone)
	quick := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := began.Add(patience); ; time.Sleep(2 * time.Millisecond) {
		if res, err := quick.Get(p.url() + "/healthz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(began)
			}
		}
		select {
		case <-p.gone:
			p.t.Fatalf("the program ended\n%s", p.log)
		default:
		}
		if time.Now().After(deadline) {
			p.kill()
			p.t.Fatalf("the program did not serve within %v\n%s", patience, p.log)
		}
	}
}

// ready says whether the program finds itself well in every part.
func (p *program) ready() bool {
	res, err := http.Get(p.url() + "/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// kill is kill -9 of the serving process alone.
func (p *program) kill() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	p.cmd.Process.Kill()
	<-p.gone
}

// children are the processes that the program has started: the one that replicates.
func (p *program) children() (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.cmd.Process.Pid))
	for _, t := range tasks {
		list, _ := os.ReadFile(t) // a thread may be gone
		for f := range strings.FieldsSeq(string(list)) {
			if pid, err := strconv.Atoi(f); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// killAll is the loss of the machine: nothing of it does anything more.
func (p *program) killAll() {
	p.t.Helper()
	children := p.children()
	for _, pid := range children {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	p.kill()
	for _, pid := range children {
		eventually(p.t, "the child is gone", func() bool { return syscall.Kill(pid, 0) != nil })
	}
}

// pause is a moment of a load, not a wait for something.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
