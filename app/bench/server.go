package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that the bench started.
type process struct {
	addr string
	pid  int
	cmd  *exec.Cmd
	log  bytes.Buffer
	done chan error
}

// serve starts the program on a data folder and returns when it answers.
func (b *bench) serve(ctx context.Context, data string, env ...string) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	addr := "127.0.0.1:" + port
	cmd := exec.Command(b.binary, "serve")
	cmd.Env = append(os.Environ(), "DESKBELL_DATA="+data, "DESKBELL_LISTEN="+addr, "DESKBELL_SECRET_KEY="+secretKey, "DESKBELL_ALLOW_PRIVATE_NETWORKS=1", "DESKBELL_URL=http://"+addr)
	cmd.Env = append(cmd.Env, env...)
	if b.profile != "" {
		folder, err := filepath.Abs(filepath.Join(b.profile, filepath.Base(data)))
		if err != nil {
			return nil, err
		}
		cmd.Env = append(cmd.Env, "DESKBELL_PROFILE="+folder)
	}
	return start(ctx, cmd, addr)
}

func start(ctx context.Context, cmd *exec.Cmd, addr string) (*process, error) {
	p := &process{addr: addr, cmd: cmd, done: make(chan error, 1)}
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p.pid = cmd.Process.Pid
	go func() { p.done <- cmd.Wait() }()
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		select {
		case err := <-p.done:
			return nil, fmt.Errorf("the server ended: %w\n%s", errors.Join(err, errors.New("it was to serve")), p.log.String())
		case <-ctx.Done():
			p.stop()
			return nil, ctx.Err()
		default:
		}
		res, err := client.Get("http://" + addr + "/healthz")
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("the server did not answer within 30 s\n%s", p.log.String())
}

// stop ends the process as an operator would, and by force after ten seconds.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// family is the process and its children.
func (p *process) family() []int {
	all := []int{p.pid}
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", p.pid)) // gone: no family
	for _, t := range tasks {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", p.pid, t.Name()))
		for _, c := range strings.Fields(string(children)) {
			if pid, err := strconv.Atoi(c); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}

// memory is the resident memory of the process, in MB of 1,000,000 bytes.
func memory(pid int) float64 { return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:") }

// proportional is the process' share of the memory that it has in common with others, and all of its own, in MB.
func proportional(pid int) float64 {
	return kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss:")
}

func kilobytes(file, field string) float64 {
	lines, _ := os.ReadFile(file)
	for line := range strings.SplitSeq(string(lines), "\n") {
		if rest, ok := strings.CutPrefix(line, field); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024 / 1e6
		}
	}
	return 0
}

// busy is the processor time that the process has used.
func busy(pid int) time.Duration {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(stat), ") ")
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100 on every Linux
}

// share is how much of a core the process uses while it is watched, in percent.
func share(ctx context.Context, pid int, watch time.Duration) float64 {
	before, began := busy(pid), time.Now()
	select {
	case <-ctx.Done():
	case <-time.After(watch):
	}
	return 100 * float64(busy(pid)-before) / float64(time.Since(began))
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
