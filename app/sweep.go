package app

import (
	"context"
	"time"

	"deskbell/app/desk"
	"deskbell/app/health"
)

const (
	sweepEvery = 5 * time.Minute
	blobsEvery = 6 * time.Hour
	wakeEvery  = 10 * time.Second
)

// sweep takes away what is over, and closes chats that have gone quiet. While the clock is in doubt it does nothing: one that jumps
// a year ahead for an hour must not log everybody out for good.
func (a *App) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var blobs time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if err := a.Desk.NoteTime(ctx, desk.System, thisMachine()); err != nil && ctx.Err() == nil {
				a.Log.Error("note the time", "error", err)
			}
			if a.clock.Check(ctx)[0].State != health.OK {
				continue
			}
			due := now.Sub(blobs) >= blobsEvery
			if due {
				blobs = now
			}
			if err := a.sweepOnce(ctx, due); err != nil && ctx.Err() == nil {
				a.Log.Error("sweep", "error", err)
			}
		}
	}
}

// wake brings tickets back whose time has come. While the clock is in doubt they sleep on.
func (a *App) wake(ctx context.Context) error {
	tick := time.NewTicker(wakeEvery)
	defer tick.Stop()
	for {
		if a.clock.Check(ctx)[0].State == health.OK {
			if _, err := a.Desk.WakeDue(ctx, desk.System); err != nil && ctx.Err() == nil {
				a.Log.Error("wake tickets", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (a *App) sweepOnce(ctx context.Context, blobs bool) error {
	closed, err := a.Desk.CloseQuiet(ctx, desk.System)
	if err != nil {
		return err
	}
	s, err := a.Desk.Expire(ctx, desk.System)
	if err != nil {
		return err
	}
	if closed > 0 || s.Files > 0 {
		a.Log.Info("swept", "chats_closed", closed, "sessions", s.Sessions, "files", s.Files)
	}
	if a.clock.Trusted() {
		taken, err := a.Desk.Retain(ctx, desk.System)
		if err != nil {
			return err
		}
		for kind, n := range taken {
			if n > 0 {
				a.Log.Info("took away what is older than is kept", "kind", kind, "rows", n)
			}
		}
	}
	if !blobs {
		return nil
	}
	s, err = a.Desk.SweepBlobs(ctx, desk.System)
	if s.Blobs > 0 {
		a.Log.Info("swept bytes that nothing points to", "blobs", s.Blobs, "bytes", s.Bytes)
	}
	return err
}
