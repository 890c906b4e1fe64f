// Package web is the console: agent mode and admin mode as pages, drawn on the server.
//
// It promises that a handler reads input, calls one verb of the desk and renders;
// that every change passes the guard (token, origin, SameSite) and the desk's own
// permission checks; and that what can work without JavaScript does.
//
// routes.go is the site map. guard.go, session.go and errors.go stand before and
// behind every handler; render.go draws pages, parts and forms with their faults;
// after these, a file for each resource. Data for a page is a struct of its own.
package web

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/live"
	"deskbell/app/maildns"
	"deskbell/app/news"
	"deskbell/app/push"
	"deskbell/app/view"
)

// Parts is what the console is built from. CheckMailbox, Health and Push may be nil:
// what needs them then says that it is not available.
type Parts struct {
	Desk    *desk.Desk
	Views   *view.Views
	Assets  *view.Assets
	Hub     *live.Hub
	News    *news.News
	Log     *slog.Logger
	URL     string // the public address, without a slash at its end; empty: the request's
	Version string
	// SetupCode stands in the log of a desk that nobody has set up: whoever comes from elsewhere says it. Empty: nobody is asked.
	SetupCode string

	// CheckMailbox tries a mailbox's settings, of a new one with id 0; what fails is an Invalid error that names the field.
	CheckMailbox func(ctx context.Context, id desk.InboxID, box desk.Mailbox, secrets desk.MailboxSecrets) error
	// AskConsent begins the consent by which a mailbox is read, and answers the provider's page; TakeConsent ends it.
	AskConsent  func(ctx context.Context, by desk.Actor, in *desk.Inbox, redirect string) (string, error)
	TakeConsent func(ctx context.Context, by desk.Actor, state, code string) (desk.InboxID, error)
	// LookUp tells what DNS says about a mailbox's domain.
	LookUp func(ctx context.Context, by desk.Actor, in *desk.Inbox) ([]maildns.Finding, error)
	// Accounts tell how the channel accounts are doing.
	Accounts func() []channel.State
	// Health tells how each part is.
	Health func(ctx context.Context) []health.Part
	// Release lets a restored copy read mailboxes and send again.
	Release func(ctx context.Context, by desk.Actor) error
	// Upkeep begins a backup or a drill; Upkeeping says whether one runs.
	Upkeep    func(ctx context.Context, by desk.Actor, kind desk.UpkeepKind) error
	Upkeeping func(kind desk.UpkeepKind) bool
	// Examine begins a close look at everything, for the agent who acts; Examined is what it found so far.
	Examine  func(ctx context.Context, by desk.Actor) error
	Examined func() health.Examination
	// Visiting lists who has a chat open or ready on a page now.
	Visiting func() []desk.Here
	// Region names where an address is, in a language; nil: nobody knows.
	Region func(ip, lang string) string
	// Push tells agents who are not looking.
	Push *push.Push
}

// Web is the console.
type Web struct {
	Parts
	secure bool // the public address is https
	zones  sync.Map
}

// New checks the parts that may not be missing and answers the console.
func New(p Parts) *Web {
	if p.Desk == nil || p.Views == nil || p.Assets == nil {
		panic("web: Desk, Views and Assets are needed")
	}
	if p.Log == nil {
		p.Log = slog.Default()
	}
	return &Web{Parts: p, secure: strings.HasPrefix(p.URL, "https://")}
}

// origin is the desk's public address as a browser sees it.
func (w *Web) origin(c echo.Context) string {
	if w.URL != "" {
		return w.URL
	}
	return c.Scheme() + "://" + c.Request().Host
}

// ownOrigin tells whether an Origin header names this desk: by the public address,
// or by the host that the request was made to.
func (w *Web) ownOrigin(c echo.Context, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if w.URL != "" && origin == w.URL {
		return true
	}
	return u.Host == c.Request().Host
}

// zone finds a time zone by its IANA name; one that is unknown reads UTC.
func (w *Web) zone(name string) *time.Location {
	if z, ok := w.zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	w.zones.Store(name, z)
	return z
}
