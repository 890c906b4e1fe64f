package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"deskbell/app/desk"
)

const secretKey = "only for a measurement, on a folder that is thrown away"

// company is a data folder with what the bench needs in it.
type company struct {
	dir      string
	visitors []string // tokens
	agents   []string // tokens
	mailbox  desk.InboxID
}

// newCompany makes a data folder through the desk's own methods, before any server runs on it.
func (b *bench) newCompany(ctx context.Context, name string, visitors, agents int, mailbox *desk.SavedInbox) (*company, error) {
	c := &company{dir: filepath.Join(b.dir, name), visitors: make([]string, visitors)}
	if err := os.Mkdir(c.dir, 0o700); err != nil {
		return nil, err
	}
	key, err := desk.ReadKey(secretKey, "")
	if err != nil {
		return nil, err
	}
	d, err := desk.Open(ctx, c.dir, key, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return c, errors.Join(c.furnish(ctx, d, agents, mailbox), d.Close())
}

func (c *company) furnish(ctx context.Context, d *desk.Desk, agents int, mailbox *desk.SavedInbox) error {
	admin, err := d.SetUp(ctx, desk.System, desk.Setup{Company: desk.Company{Name: "Tea shop", Locale: "en", TimeZone: "UTC"}, Name: "Alice", Email: "alice@tea.example", Password: "longjing before rain"})
	if err != nil {
		return err
	}
	widget, err := d.SaveInbox(ctx, desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop widget", Enabled: true, Settings: desk.Widget{}})
	if err != nil {
		return err
	}
	if mailbox != nil {
		in, err := d.SaveInbox(ctx, desk.System, *mailbox)
		if err != nil {
			return err
		}
		c.mailbox = in.ID
	}
	ids := []desk.AgentID{admin.ID}
	for n := 1; n < agents; n++ {
		a, err := d.CreateAgent(ctx, desk.System, desk.NewAgent{Email: fmt.Sprintf("agent%d@tea.example", n), Name: fmt.Sprint("Agent ", n), Role: desk.Crew})
		if err != nil {
			return err
		}
		ids = append(ids, a.ID)
	}
	for _, id := range ids {
		token, err := d.CreateToken(ctx, desk.System, id, "bench")
		if err != nil {
			return err
		}
		c.agents = append(c.agents, token)
	}
	return inParallel(len(c.visitors), 64, func(_, n int) error {
		secret, _, err := d.Enter(ctx, desk.System, desk.Visit{URL: "https://shop.example/"})
		c.visitors[n] = widget.PublicID + "." + secret
		return err
	})
}

// inParallel does n things in so many goroutines, until one fails.
func inParallel(n, goroutines int, do func(goroutine, n int) error) error {
	var all sync.WaitGroup
	errs := make([]error, goroutines)
	for g := range goroutines {
		all.Go(func() {
			for i := g; i < n && errs[g] == nil; i += goroutines {
				errs[g] = do(g, i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
