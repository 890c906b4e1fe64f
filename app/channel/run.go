package channel

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"deskbell/app/desk"
)

// run is one inbox at work.
type run struct {
	s      *Supervisor
	ch     Channel
	in     *desk.Inbox
	cancel context.CancelFunc
	both   sync.WaitGroup
	news   chan struct{} // something may be due
}

func (r *run) wake() {
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// receive runs the channel, and runs it again after each failure, until ctx ends.
func (r *run) receive(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		var well atomic.Bool
		err := r.guarded(func() error {
			return r.ch.Run(ctx, r.in, func() {
				well.Store(true)
				r.s.up(r.in.ID, receiving)
			})
		})
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("the channel stopped by itself")
		}
		if well.Load() {
			failures = 0
		}
		failures++
		rest := r.s.Backoff(failures)
		r.s.down(r.in.ID, receiving, err, rest)
		r.s.log.Warn("receive", "inbox", r.in.ID, "channel", r.in.Channel, "failures", failures, "again_in", rest.Round(time.Second).String(), "error", err)
		pause(ctx, rest)
	}
}

// guarded turns a panic of a channel into an error: one inbox must not end the program.
func (r *run) guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			r.s.log.Error("a channel panicked", "inbox", r.in.ID, "channel", r.in.Channel, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return do()
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
