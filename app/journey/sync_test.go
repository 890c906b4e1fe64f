package journey

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskbell/app/apptest/bounded"
)

// syncs lets what the program does to make a commit of desk.db durable go wrong, as strace says it. What is started is still the
// program itself (-D), so that a kill is its own.
func (p *program) syncs(fault string) {
	p.t.Helper()
	if err := bounded.Command(p.t, "strace", "-f", "-qq", "-e", "trace=none", "true").Run(); err != nil {
		p.t.Skipf("no faults can be made here: %v", err)
	}
	p.wrap = func(cmd *exec.Cmd) {
		path, err := exec.LookPath("strace")
		must(p.t, err)
		faults := []string{"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-P", filepath.Join(p.data, "desk.db-wal"), "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:" + fault}
		cmd.Args, cmd.Path = append(append(faults, cmd.Path), cmd.Args[1:]...), path
	}
}

// A disk on which every commit takes its time, and a kill in the middle: what was acknowledged is there, once and in order.
func TestKillOnASlowDisk(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second+2*soak())
	defer cancel()
	if soak() == 0 {
		t.Skip("starting under strace takes seconds: this is for make soak; app.TestASlowDiskDelaysOnlyWrites is always run")
	}
	p := newProgram(t)
	p.company()
	p.syncs("delay_enter=20000") // µs
	p.start()
	l := newLoad(ctx, p, 10)
	for began, round := time.Now(), 0; round < 1 || time.Since(began) < soak(); round++ {
		l.write(ctx, 10, func() {
			pause(ctx, 200*time.Millisecond)
			p.kill()
			p.start()
		})
	}
	l.check(ctx, time.Now(), true)
}

// The disk says that it could not make a commit durable. The program does not go on as if nothing had been: it ends, and whoever
// started it starts it again. What was acknowledged is there, and what its replica holds is whole.
func TestADiskThatCannotSync(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	p := newProgram(t)
	p.company()
	p.syncs("error=EIO:when=20")
	p.start()
	l := newLoad(ctx, p, 10)
	ended := make(chan struct{}) // strace counts for each thread, and the writer may be on several: nobody knows with which message it ends
	l.writeWhile(ctx, func(n int) bool {
		select {
		case <-ended:
			return n < 40
		default:
			return true
		}
	}, func() {
		defer close(ended)
		select {
		case <-p.gone:
		case <-ctx.Done():
			t.Error("the program went on")
			return
		}
		if said := p.log.String(); !strings.Contains(said, "could not make a commit durable") {
			t.Errorf("it ended without saying why:\n%s", p.last())
		}
		p.wrap = nil
		p.start()
	})
	l.check(ctx, time.Now(), false)
	eventually(t, "the replica is in step", func() bool { return len(p.children()) > 0 && p.ready() })
	program, err := built()
	must(t, err)
	doctor := bounded.Command(t, program, "doctor", "--json")
	doctor.Dir, doctor.Env = t.TempDir(), []string{"DESKBELL_DATA=" + p.data, "DESKBELL_SECRET_KEY=" + programKey, "DESKBELL_LISTEN=" + p.addr}
	out, err := doctor.Output()
	if err != nil {
		t.Errorf("the doctor finds: %v %s", err, out)
	}
}
