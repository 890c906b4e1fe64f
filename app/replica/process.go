package replica

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// child is one running process and the questions that it has not answered yet.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	asks  chan struct{} // closed when it asks to open the databases
	ready chan struct{} // closed when it carries
	ended chan struct{} // closed after err is set
	err   error
	since time.Time

	pause  func(ctx context.Context, name string) (resume func(), err error) // the Supervisor's Pause
	pauses pauses

	mu    sync.Mutex
	asked map[int]chan string
	next  int
}

func start(exe string, args []string, pause func(context.Context, string) (func(), error)) (*child, error) {
	c := &child{pause: pause, cmd: exec.Command(exe, args...), asks: make(chan struct{}), ready: make(chan struct{}), ended: make(chan struct{}), asked: map[int]chan string{}}
	c.cmd.Stderr = os.Stderr
	c.cmd.Env = childEnv()
	// A group of its own: Ctrl-C must not reach it before the desk has closed its databases.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	// A pipe of our own: Wait would close cmd's while the last lines are still read.
	out, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.cmd.Stdout = w
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(err, out.Close(), w.Close())
	}
	w.Close()
	go c.read(out)
	return c, nil
}

// childEnv is this process's environment without what replication has no business with.
func childEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "AWS_CA_BUNDLE", "DESKBELL_SECRET_KEY", "DESKBELL_ADMIN_EMAIL", "DESKBELL_ADMIN_PASSWORD":
		default:
			env = append(env, e)
		}
	}
	return env
}

func (c *child) read(out *os.File) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		switch lines.Text() {
		case sayOpen:
			close(c.asks)
			continue
		case sayReady:
			c.since = time.Now()
			close(c.ready)
			continue
		}
		word, rest, _ := strings.Cut(lines.Text(), " ")
		if c.pauses.answer(c, word, rest) {
			continue
		}
		number, text, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(number)
		c.mu.Lock()
		answer := c.asked[n]
		delete(c.asked, n)
		c.mu.Unlock()
		if err == nil && answer != nil {
			answer <- word + " " + text
		}
	}
	out.Close()
	c.err = c.cmd.Wait()
	close(c.ended)
}

func (c *child) tell(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(c.in, line) // where it fails the child has ended, and that is seen
}

func (c *child) ask(ctx context.Context, what string) ([]Position, error) {
	answer := make(chan string, 1)
	c.mu.Lock()
	c.next++
	n := c.next
	c.asked[n] = answer
	_, err := fmt.Fprintf(c.in, "%s %d\n", what, n)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.asked, n)
		c.mu.Unlock()
	}()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDown, err)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.ended:
		return nil, ErrDown
	case line := <-answer:
		word, text, _ := strings.Cut(line, " ")
		if word != "ok" {
			return nil, errors.New(text)
		}
		var positions []Position
		return positions, json.Unmarshal([]byte(text), &positions)
	}
}

// finish tells the child that it is over, and waits for its last flush.
func (c *child) finish() error {
	c.in.Close()
	cut := time.AfterFunc(stopLimit, func() { c.cmd.Process.Kill() })
	defer cut.Stop()
	<-c.ended
	return c.err
}
