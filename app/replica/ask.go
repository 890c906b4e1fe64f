package replica

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// The tasks of `deskbell replicate --task`, by which a serving process has done what it must not do itself.
const (
	taskCarry   = "carry"   // carry under a Supervisor
	taskMissing = "missing" // RestoreMissing
	taskDrill   = "drill"   // Drill in the data folder
)

// outcome is what a task other than carry writes to its standard output.
type outcome struct {
	Report  Report  `json:"report"`
	Drilled Drilled `json:"drilled"`
	Err     string  `json:"error,omitempty"`
}

// Run is `deskbell replicate [--task TASK]`. Without a task it carries until ctx is done.
func Run(ctx context.Context, c Config, task string, in io.Reader, out io.Writer) error {
	var o outcome
	var err error
	switch task {
	case "":
		return Child(ctx, c, nil, nil)
	case taskCarry:
		return Child(ctx, c, in, out)
	case taskMissing:
		o.Report, err = RestoreMissing(ctx, c)
	case taskDrill:
		o.Drilled, err = Drill(ctx, c, c.Data)
	default:
		return fmt.Errorf("replicate has no task %q", task)
	}
	if err != nil {
		o.Err = err.Error() // told by the parent
	}
	return json.NewEncoder(out).Encode(o)
}

// RestoreIfEmpty is what serve calls before it opens its databases: an empty data folder whose replica is in reach is
// restored, by a child (exe with args, as in Supervisor). The error means: do not start. A desk that started
// empty because its replica did not answer would be taken for one that has lost everything, and would carry its
// emptiness over the replica.
func RestoreIfEmpty(ctx context.Context, exe string, args []string, c Config) (Report, error) {
	if len(c.missing()) == 0 || c.virgin() {
		return Report{}, nil
	}
	o, err := ask(ctx, exe, args, taskMissing)
	if err != nil {
		return Report{}, fmt.Errorf("the data folder %s is empty and its replica could not be restored, so the desk does not start: %w", c.Data, err)
	}
	return o.Report, nil
}

// RunDrill has Drill done by a child while the desk serves.
func RunDrill(ctx context.Context, exe string, args []string) (Drilled, error) {
	o, err := ask(ctx, exe, args, taskDrill)
	return o.Drilled, err
}

// virgin reports whether nothing was ever here, so that a first start need not wait for a child to find that out.
func (c Config) virgin() bool {
	for _, d := range c.Databases {
		if !d.Target.ours {
			return false
		}
		for _, path := range []string{d.Target.Path, d.Path, d.Path + "-wal", d.Path + "-journal"} {
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				return false
			}
		}
	}
	return true
}

func ask(ctx context.Context, exe string, args []string, task string) (outcome, error) {
	cmd := exec.CommandContext(ctx, exe, with(args, task)...)
	cmd.Stderr, cmd.Env = os.Stderr, childEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A child that is asked to end removes what it has half restored.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	text, err := cmd.Output()
	if err != nil {
		return outcome{}, err
	}
	var o outcome
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&o); err != nil {
		return o, fmt.Errorf("the answer of %s: %w", task, err)
	}
	if o.Err != "" {
		return o, errors.New(o.Err)
	}
	return o, nil
}

func with(args []string, task string) []string {
	return append(append([]string{}, args...), "--task", task)
}
