package app

import (
	"context"
	"fmt"
	"sync"

	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/replica"
)

// hold keeps a restored copy from speaking to anybody outside until a person says that this copy is the one that works: the
// original may still be running elsewhere, and customers would be answered twice.
type hold struct {
	data string
	free chan struct{} // closed when nothing is held
	once sync.Once
}

func newHold(data string) (*hold, error) {
	h := &hold{data: data, free: make(chan struct{})}
	restored, err := replica.Restored(data)
	if err != nil {
		return nil, fmt.Errorf("look for the mark of a restore: %w", err)
	}
	if restored.IsZero() {
		h.once.Do(func() { close(h.free) })
	}
	return h, nil
}

func (h *hold) held() bool {
	select {
	case <-h.free:
		return false
	default:
		return true
	}
}

// after runs a part as soon as nothing is held.
func (h *hold) after(run func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return nil
		case <-h.free:
			return run(ctx)
		}
	}
}

// Release lets a restored copy work: it reads mailboxes, sends what is queued and notifies agents from now on.
func (a *App) Release(_ context.Context, by desk.Actor) error {
	if err := by.Can(desk.ManageCompany); err != nil {
		return err
	}
	if err := replica.Accept(a.Config.Data); err != nil {
		return fmt.Errorf("release a restored copy: %w", err)
	}
	a.hold.once.Do(func() { close(a.hold.free) })
	a.Log.Info("the restored copy was released", "agent", by.ID)
	return nil
}

// eraseAgain erases whom a restored copy has brought back, and goes on with what a stop interrupted. What fails is tried at the next
// start: a desk that does not start helps nobody.
func (a *App) eraseAgain(ctx context.Context) {
	n, err := a.Desk.EraseAgain(ctx, desk.System)
	if err != nil {
		a.Log.Error("erase customers again", "error", err)
	}
	if n > 0 {
		a.Log.Warn("customers who had been erased were erased again", "customers", n)
	}
}

// restored says that the data came back from a copy and is held.
func (h *hold) restored(context.Context) []health.Part {
	if !h.held() {
		return nil
	}
	return []health.Part{health.Warning("copy", "health.copy.held")}
}
