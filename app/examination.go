package app

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"deskbell/app/desk"
	"deskbell/app/health"
)

// examination is the close look that an admin asked for last. It is kept in memory: after a start nobody wants an old one.
type examination struct {
	mu      sync.Mutex
	at      time.Time
	running bool
	parts   map[int][]health.Part // by their places on the page
}

// The places: the mailboxes come before them, in their order.
const (
	placePush = 1_000_000 + iota
	placeAddress
	placeDisk
	placeFiles
)

// Examine begins a close look at everything for the agent who acts, unless one is on its way; Examined tells of it.
func (a *App) Examine(ctx context.Context, by desk.Actor) error {
	if err := by.Can(desk.ManageCompany); err != nil {
		return err
	}
	e := &a.exam
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running || a.closing.Load() {
		return nil
	}
	e.at, e.running, e.parts = a.Desk.Clock(), true, map[int][]health.Part{}
	a.parts.Go(func() {
		a.examine(a.running, by)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.running = false
	})
	return nil
}

// Examined is what the last examination has found so far.
func (a *App) Examined() health.Examination {
	e := &a.exam
	e.mu.Lock()
	defer e.mu.Unlock()
	x := health.Examination{At: e.at, Running: e.running}
	for _, place := range slices.Sorted(maps.Keys(e.parts)) {
		x.Parts = append(x.Parts, e.parts[place]...)
	}
	return x
}

func (a *App) examine(ctx context.Context, by desk.Actor) {
	tell := func(place int, parts []health.Part) {
		a.exam.mu.Lock()
		defer a.exam.mu.Unlock()
		a.exam.parts[place] = parts
	}
	x := &examiner{desk: a.Desk, mail: a.Mail, config: a.Config, resolver: a.Mail.Resolver, trust: a.Mail.Trust, reads: a.readsMailbox, held: a.hold.held()}
	var all sync.WaitGroup
	all.Go(func() {
		if err := x.mailboxes(ctx, tell); err != nil {
			tell(0, []health.Part{health.Failure("mailboxes", "health.database.failed", err)})
		}
	})
	all.Go(func() { tell(placePush, append([]health.Part{x.pushTo(ctx, a.Push, by)}, x.pushServices(ctx)...)) })
	all.Go(func() { tell(placeAddress, x.address(ctx)) })
	all.Go(func() { tell(placeDisk, health.DiskSpeed(a.Config.Data)(ctx)) })
	all.Go(func() { tell(placeFiles, health.OpenFiles()(ctx)) })
	all.Wait()
}

// readsMailbox says whether the desk reads a mailbox now.
func (a *App) readsMailbox(id desk.InboxID) bool {
	for _, s := range a.Channels.States() {
		if s.InboxID == id {
			return s.Receiving.Up
		}
	}
	return false
}
