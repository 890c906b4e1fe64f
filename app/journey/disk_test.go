package journey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskbell/app/apptest/bounded"
	"deskbell/app/apptest/client"
)

// small puts the program's data on a disk of a few megabytes: a tmpfs in a mount namespace of its own, as root or in a user
// namespace. Where the system allows neither, there is no such disk to be had.
func (p *program) small(megabytes int) {
	p.t.Helper()
	mount := fmt.Sprintf(`mount -t tmpfs -o size=%dm,mode=700 none "$DESKBELL_DATA" && cp -a "$SEED/." "$DESKBELL_DATA" && exec "$@"`, megabytes)
	isolated := func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		if os.Getuid() != 0 {
			cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
			cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
		}
	}
	try := bounded.Command(p.t, "sh", "-c", "mount --make-rprivate / && mount -t tmpfs -o size=1m none "+p.t.TempDir())
	isolated(try)
	if out, err := try.CombinedOutput(); err != nil {
		p.t.Skipf("no small disk to be had here: %v %s", err, out)
	}
	seed := p.data
	p.data = filepath.Join(p.t.TempDir(), "small")
	must(p.t, os.Mkdir(p.data, 0o700))
	p.wrap = func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "SEED="+seed)
		cmd.Args = append([]string{"sh", "-c", "mount --make-rprivate / && " + mount, "sh", cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
		isolated(cmd)
	}
}

// fill makes a file that leaves so many bytes of its disk free.
func fill(t *testing.T, path string, free int64) {
	t.Helper()
	f, err := os.Create(path)
	must(t, err)
	size := int64(0)
	for chunk := make([]byte, 64<<10); err == nil; size += int64(len(chunk)) {
		_, err = f.Write(chunk)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	must(t, f.Truncate(max(0, size-free)))
	must(t, f.Close())
}

// The disk fills up while visitors write. Nobody is told that a message is stored when it is not; the answer asks for patience
// in a problem; the page of the desk goes on answering; and when there is room again everything goes on, without a restart.
func TestAFullDiskLosesNothingThatWasAcknowledged(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	p := newProgram(t)
	p.company()
	p.small(24)
	p.start()
	l := newLoad(ctx, p, 20)
	ballast := fmt.Sprintf("/proc/%d/root%s/ballast", p.cmd.Process.Pid, p.data)
	fill(t, ballast, 1<<20)
	refused := 0
	long := strings.Repeat("茶", 1400)
filling:
	for n := range 25 {
		for i, v := range l.visitors {
			id := fmt.Sprintf("v%d-%d", i, n)
			text := id + " " + long
			var m struct{ ID string }
			err := v.Call(ctx, http.MethodPost, "/visitor/v1/messages", map[string]string{"client_id": id, "text": text}, &m)
			var s *client.Status
			switch {
			case err == nil:
				l.acknowledged(i, said{m.ID, text, time.Now()})
			case errors.As(err, &s):
				refused++
				if s.Code != http.StatusServiceUnavailable && s.Code != http.StatusInsufficientStorage || s.Type != "application/problem+json" || s.After == 0 {
					t.Fatalf("a full disk is answered with %v", s)
				}
			default:
				t.Fatal(err)
			}
			if refused > 10 {
				break filling
			}
		}
	}
	if refused == 0 {
		t.Fatal("the disk did not become full: this tried nothing")
	}
	stored := 0
	for _, s := range l.said {
		stored += len(s)
	}
	t.Logf("%d messages were stored before the disk was full", stored)
	l.check(ctx, time.Now(), false) // reading goes on
	if p.ready() {
		t.Error("/readyz finds everything well on a full disk")
	}
	must(t, os.Remove(ballast))
	l.number = 1000
	l.write(ctx, 2, func() {})
	l.check(ctx, time.Now(), true)
	for _, s := range l.said {
		if len(s) < 2 {
			t.Errorf("after there was room again only %d messages were stored", len(s))
		}
	}
}
