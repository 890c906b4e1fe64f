package journey

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The disk says that it could not make a commit durable. The program does not go on as if nothing had been: it ends, and whoever
// started it starts it again. What was acknowledged is there, and what its replica holds is whole.
func TestADiskThatCannotSync(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	p := newProgram(t)
	p.company()
	if err := exec.Command("strace", "-f", "-qq", "-e", "trace=none", "true").Run(); err != nil {
		t.Skipf("no faults can be made here: %v", err)
	}
	p.wrap = func(cmd *exec.Cmd) {
		path, err := exec.LookPath("strace")
		must(t, err)
		faults := []string{"strace", "-f", "-qq", "-o", "/dev/null", "-P", filepath.Join(p.data, "desk.db-wal"), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=20"}
		cmd.Args, cmd.Path = append(append(faults, cmd.Path), cmd.Args[1:]...), path
	}
	p.start()
	l := newLoad(ctx, p, 5)
	l.write(ctx, 40, func() {
		select {
		case <-p.gone:
		case <-ctx.Done():
			t.Error("the program went on")
			return
		}
		if said := p.log.String(); !strings.Contains(said, "could not make a commit durable") {
			t.Errorf("it ended without saying why:\n%s", said)
		}
		p.wrap = nil
		p.start()
	})
	l.check(ctx, time.Now(), false)
	eventually(t, "the replica is in step", func() bool { return len(p.children()) > 0 && p.ready() })
	program, err := built()
	must(t, err)
	doctor := exec.Command(program, "doctor", "--json")
	doctor.Dir, doctor.Env = t.TempDir(), []string{"DESKBELL_DATA=" + p.data, "DESKBELL_SECRET_KEY=" + programKey, "DESKBELL_LISTEN=" + p.addr}
	out, err := doctor.Output()
	if err != nil {
		t.Errorf("the doctor finds: %v %s", err, out)
	}
}
