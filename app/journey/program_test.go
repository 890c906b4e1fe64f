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

	cmd     *exec.Cmd
	log     *bytes.Buffer
	gone    chan struct{}
	orphans []int // what it had started when it was killed
}

// newProgram makes a folder with a company in it; nothing runs yet.
func newProgram(t *testing.T, env ...string) *program {
	t.Helper()
	p := &program{t: t, data: filepath.Join(t.TempDir(), "data"), addr: ours + ":" + free(t), env: env}
	must(t, os.Mkdir(p.data, 0o700))
	t.Cleanup(func() { // nobody may write into the folder any more when it is removed
		p.kill()
		for _, pid := range p.orphans {
			if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); strings.Contains(string(line), "replicate") {
				syscall.Kill(pid, syscall.SIGKILL)
			}
			eventually(t, "the child is gone", func() bool { return gone(pid) })
		}
	})
	return p
}

// ours is a loopback address that no other process uses: nobody takes a port of it while a program that had it is down.
var ours = fmt.Sprintf("127.%d.%d.%d", 64+os.Getpid()>>16&63, os.Getpid()>>8&255, os.Getpid()&255)

// free is a port of ours that nobody listens to, and that nobody was given before: the system draws lots, and one in a thousand times a test
// that wants six of them would have the same port twice.
func free(t *testing.T) (port string) {
	t.Helper()
	for again := true; again; {
		l, err := net.Listen("tcp", ours+":0")
		must(t, err)
		_, port, err = net.SplitHostPort(l.Addr().String())
		must(t, err)
		must(t, l.Close())
		_, again = given.LoadOrStore(port, true)
	}
	return port
}

var given sync.Map // the ports that free has found

// gone says whether a process has ended; one that nobody has asked for its end has too.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(stat), ") ")
	return err != nil || strings.HasPrefix(state, "Z")
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
	p.cmd.WaitDelay = 10 * time.Second // when it was killed, its child may hold the output a while
	if p.wrap != nil {
		p.wrap(p.cmd)
	}
	began := time.Now()
	must(p.t, p.cmd.Start())
	go func(cmd *exec.Cmd, gone chan struct{}) {
		cmd.Wait()
		close(gone)
	}(p.cmd, p.gone)
	for deadline := began.Add(patience); ; time.Sleep(2 * time.Millisecond) {
		if res, err := quick.Get(p.url() + "/healthz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(began)
			}
		}
		select {
		case <-p.gone:
			p.t.Fatalf("the program ended\n%s", p.last())
		default:
		}
		if time.Now().After(deadline) {
			p.kill()
			p.t.Fatalf("the program did not serve within %v\n%s", patience, p.last())
		}
	}
}

// last is the end of what the program has said; it must have ended.
func (p *program) last() string {
	text := p.log.String()
	return text[max(0, len(text)-1500):]
}

// quick asks once, and not for long.
var quick = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// ready says whether the program finds itself well in every part.
func (p *program) ready() bool {
	res, err := quick.Get(p.url() + "/readyz")
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
	p.orphans = append(p.orphans, p.children()...)
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
	p.cmd.Process.Signal(syscall.SIGSTOP) // it starts no other child in place of the one that is killed
	children := p.children()
	for _, pid := range children {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	p.kill()
	for _, pid := range children {
		eventually(p.t, "the child is gone", func() bool { return gone(pid) })
	}
}

// pause is a moment of a load, not a wait for something.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
