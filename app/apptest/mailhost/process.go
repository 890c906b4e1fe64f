package mailhost

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// account is the ordinary user under which the servers run.
type account struct {
	user, group string
	uid, gid    uint32
	switched    bool // the test runs as root and the servers must not
}

// ordinaryAccount is the present user, or for root one of Debian's unprivileged accounts: neither server
// agrees to handle mail as root.
func ordinaryAccount(t testing.TB) account {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatalf("find the present user: %v", err)
	}
	if me.Uid != "0" {
		return describe(t, me, false)
	}
	for _, name := range []string{"nobody", "mail", "daemon"} {
		if u, err := user.Lookup(name); err == nil {
			return describe(t, u, true)
		}
	}
	t.Fatal("the mail servers do not run as root, and none of the users nobody, mail and daemon exists: run the tests as an ordinary user")
	return account{}
}

func describe(t testing.TB, u *user.User, switched bool) account {
	t.Helper()
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	g, err3 := user.LookupGroupId(u.Gid)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatalf("look up the account %s: %v %v %v", u.Username, err1, err2, err3)
	}
	return account{user: u.Username, group: g.Name, uid: uint32(uid), gid: uint32(gid), switched: switched}
}

// process is one server. It runs under a small shell that ends it when the pipe to it closes, so that it does not outlive
// a test process that was killed.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	exited chan struct{}
	once   sync.Once
}

const keeper = `exec 3<&0; "$@" 3<&- </dev/null & p=$!; (cat <&3 >/dev/null; kill $p 2>/dev/null) & wait $p`

// start runs a server in the foreground and waits until all ports answer.
func (h *Host) start(program, debianPackage string, args []string, ports ...int) *process {
	h.t.Helper()
	path := find(program)
	if path == "" {
		h.t.Fatalf("the mail tests need %s: apt-get install -y --no-install-recommends %s", program, debianPackage)
	}
	p := &process{exited: make(chan struct{})}
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", keeper, "sh", path}, args...)...)
	p.cmd.Dir = h.Dir
	p.cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC"}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if h.account.switched {
		p.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: h.account.uid, Gid: h.account.gid}
	}
	log, err := os.Create(h.Dir + "/log/" + program + ".out")
	if err != nil {
		h.t.Fatalf("start %s: %v", program, err)
	}
	defer log.Close()
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		h.t.Fatalf("start %s: %v", program, err)
	}
	if err := p.cmd.Start(); err != nil {
		h.t.Fatalf("start %s: %v", program, err)
	}
	go func() { p.cmd.Wait(); close(p.exited) }()
	h.t.Cleanup(p.stop)
	for _, port := range ports {
		if err := p.await(port); err != nil {
			h.t.Fatalf("start %s: %v\n%s", program, err, h.logs())
		}
	}
	return p
}

// await returns when something listens on the port.
func (p *process) await(port int) error {
	deadline := time.Now().Add(time.Minute)
	for {
		conn, err := net.DialTimeout("tcp", local(port), 10*time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.exited:
			return fmt.Errorf("it ended at once: %v", p.cmd.ProcessState)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("port %d does not answer: %w", port, err)
		}
	}
}

// stop ends the server and everything it started, and waits until all of it is gone: one of its processes that is still ending has its
// ports and sockets, and the server could not be started again.
func (p *process) stop() {
	p.once.Do(func() {
		p.stdin.Close()
		select {
		case <-p.exited:
		case <-time.After(patience): // a busy machine may keep Dovecot waiting for its own processes for seconds
		}
		group := p.cmd.Process.Pid // our own: what is left of it
		syscall.Kill(-group, syscall.SIGKILL)
		<-p.exited
		for limit := time.Now().Add(patience); runs(group) && time.Now().Before(limit); {
			time.Sleep(2 * time.Millisecond)
		}
	})
}

// runs says whether anything of a process group has not ended yet. Of what has, nobody may have taken note.
func runs(group int) bool {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		stat, _ := os.ReadFile(path) // it may be gone
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); len(f) > 2 && f[2] == strconv.Itoa(group) && f[0] != "Z" && f[0] != "X" {
			return true
		}
	}
	return false
}

func find(program string) string {
	if path, err := exec.LookPath(program); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/"} {
		if info, err := os.Stat(dir + program); err == nil && info.Mode()&0o111 != 0 {
			return dir + program
		}
	}
	return ""
}

// logs is what the servers wrote last, for a failing test.
func (h *Host) logs() string {
	var b strings.Builder
	for _, name := range []string{"log/dovecot.out", "log/dovecot.log", "log/exim4.out", "log/mainlog", "log/paniclog"} {
		if text, err := os.ReadFile(h.Dir + "/" + name); err == nil && len(text) > 0 {
			fmt.Fprintf(&b, "== %s\n%s\n", name, text[max(0, len(text)-2000):])
		}
	}
	return b.String()
}
