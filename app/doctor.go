package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"deskbell/app/channel/email"
	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/netguard"
	"deskbell/app/push"
	"deskbell/app/replica"
	"deskbell/app/view"
)

// Doctor examines a desk from outside: the server, if it runs, and what can be seen in the data folder without it. It changes
// nothing but that it sends mails, which it takes away again.
type Doctor struct {
	Config Config
	Views  *view.Views
	Lang   string // en or zh-CN
	JSON   bool
	Out    io.Writer
	PushTo string // the address of an agent to whose browsers a notification is pushed; empty: to nobody

	Resolver *net.Resolver // is asked instead of the machine's own
	Trust    *tls.Config   // is what mail servers and the public address are checked against; nil: the system's authorities
}

// NewDoctor reads what the doctor speaks.
func NewDoctor(c Config, views, static fs.FS, lang string) (*Doctor, error) {
	assets, err := view.NewAssets(static)
	if err != nil {
		return nil, err
	}
	v, err := view.New(views, assets)
	return &Doctor{Config: c, Views: v, Lang: lang, Out: os.Stdout}, err
}

// Examine writes how every part is, and answers whether none has failed.
func (d *Doctor) Examine(ctx context.Context) (bool, error) {
	parts := d.server(ctx)
	alive := len(parts) > 1
	more, err := d.data(ctx, alive)
	if err != nil {
		return false, err
	}
	parts = append(parts, more...)
	return d.ready(parts), d.write(parts)
}

// finding is a part, in words already.
type finding = partJSON

func (d *Doctor) ready(parts []finding) bool {
	for _, p := range parts {
		if p.State == health.Failed {
			return false
		}
	}
	return true
}

func (d *Doctor) find(parts ...health.Part) []finding {
	return partsJSON(parts, func(key string, args ...any) string { return d.Views.T(d.Lang, key, args...) })
}

// server asks the server on this machine how its parts are; those that the doctor looks at more closely are left out.
func (d *Doctor) server(ctx context.Context) []finding {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	at, client := d.Config.Client()
	r, err := ask(ctx, client, at+"/readyz", d.Lang)
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return d.find(health.Warning("server", "health.server.down", at, err))
	}
	parts := d.find(health.Well("server", "health.server.ok", at))
	for _, p := range r.Parts {
		if p.Name != "mailboxes" {
			parts = append(parts, p)
		}
	}
	return parts
}

func ask(ctx context.Context, client *http.Client, address, lang string) (ready readyJSON, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return ready, err
	}
	req.Header.Set("Accept-Language", lang)
	res, err := client.Do(req)
	if err != nil {
		return ready, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&ready); err != nil || len(ready.Parts) == 0 {
		return ready, fmt.Errorf("it answers %s, and not as Deskbell does", res.Status)
	}
	return ready, nil
}

// data looks into the data folder, beside a server that may be running.
func (d *Doctor) data(ctx context.Context, alive bool) ([]finding, error) {
	c := d.Config
	if _, err := os.Stat(filepath.Join(c.Data, "desk.db")); err != nil {
		return d.find(health.Failure("database", "health.database.none", c.Data)), nil
	}
	key, err := c.Key()
	if err != nil {
		return d.find(health.Failure("database", "health.database.failed", err)), nil
	}
	if err := c.UpToDate(ctx); errors.Is(err, errOlder) {
		return d.find(health.Failure("database", "health.database.older")), nil
	}
	k, err := desk.Open(ctx, c.Data, key, slog.New(slog.DiscardHandler))
	if err != nil {
		return d.find(health.Failure("database", "health.database.failed", err)), nil
	}
	defer k.Close()
	var parts []health.Part
	if !alive { // a server that runs has told of these itself
		for _, check := range []health.Check{health.Database(k), health.Disk(c.Data, health.RoomIn), health.Outbox(k), health.SetAside(k), health.NewClock(c.Data, uptime).Check} {
			parts = append(parts, check(ctx)...)
		}
	}
	x := d.examiner(k, alive)
	parts = append(parts, d.mailboxes(ctx, x)...)
	parts = append(parts, d.notifications(ctx, k))
	parts = append(parts, x.pushServices(ctx)...)
	if d.PushTo != "" {
		parts = append(parts, d.push(ctx, x))
	}
	parts = append(parts, d.drill(ctx))
	parts = append(parts, x.address(ctx)...)
	for _, check := range []health.Check{health.DiskSpeed(c.Data), health.OpenFiles()} {
		parts = append(parts, check(ctx)...)
	}
	return d.find(parts...), nil
}

func (d *Doctor) examiner(k *desk.Desk, alive bool) *examiner {
	mail := email.New(k, d.Config.guard().DialContext, slog.New(slog.DiscardHandler))
	mail.Words, mail.Resolver, mail.Trust = d.Views.T, d.Resolver, d.Trust
	restored, err := replica.Restored(d.Config.Data)
	return &examiner{desk: k, mail: mail, config: d.Config, resolver: d.Resolver, trust: d.Trust, held: err != nil || !restored.IsZero(), reads: func(desk.InboxID) bool { return alive }}
}

// mailboxes tries every mailbox, both ways, and what DNS says about each.
func (d *Doctor) mailboxes(ctx context.Context, x *examiner) []health.Part {
	var mu sync.Mutex
	found := map[int][]health.Part{}
	err := x.mailboxes(ctx, func(n int, parts []health.Part) {
		mu.Lock()
		defer mu.Unlock()
		found[n] = parts
	})
	if err != nil {
		return []health.Part{health.Failure("mailboxes", "health.database.failed", err)}
	}
	var parts []health.Part
	for n := range len(found) {
		parts = append(parts, found[n]...)
	}
	return parts
}

// notifications looks at what the browsers' push services said.
func (d *Doctor) notifications(ctx context.Context, k *desk.Desk) health.Part {
	t, err := push.Told(ctx, k)
	switch {
	case err != nil:
		return health.Failure("push", "health.database.failed", err)
	case !d.Config.Secure() && !loopback(d.Config.host()):
		return health.Warning("push", "health.push.plain", d.Config.URL)
	case t.Refused > 0:
		return health.Warning("push", "health.push.refused", t.Refused, t.All, t.Last)
	}
	return health.Well("push", "health.push.ok", t.All)
}

// push shows a notification to the agent who sits at the terminal.
func (d *Doctor) push(ctx context.Context, x *examiner) health.Part {
	agent, err := x.desk.AgentByEmail(ctx, desk.System, d.PushTo)
	if errors.Is(err, desk.NotFound) {
		return health.Failure("push", "doctor.push.nobody", d.PushTo)
	}
	if err != nil {
		return health.Failure("push", "health.database.failed", err)
	}
	c := d.Config
	p, err := push.New(ctx, x.desk, push.Options{Translate: d.Views.T, Guard: c.guard(), Contact: c.contact(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return health.Failure("push", "doctor.failed", err)
	}
	return x.pushTo(ctx, p, agent.Actor())
}

// drill brings the copy back, aside, and looks into it.
func (d *Doctor) drill(ctx context.Context) health.Part {
	if d.Config.Exe == "" {
		return health.Well("drill", "health.drill.none")
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	found, err := replica.RunDrill(ctx, d.Config.Exe, d.Config.ReplicateArgs())
	if err != nil && strings.Contains(err.Error(), replica.ErrNothing.Error()) { // as the child told it
		return health.Warning("drill", "health.drill.empty")
	}
	if err != nil {
		return health.Failure("drill", "health.drill.failed", err)
	}
	var messages int64
	for _, db := range found.Databases {
		messages += db.Rows["messages"]
	}
	return health.Well("drill", "health.drill.ok", messages, health.Span(found.Took))
}

func (d *Doctor) write(parts []finding) error {
	if d.JSON {
		e := json.NewEncoder(d.Out)
		e.SetIndent("", "  ")
		return e.Encode(readyJSON{OK: d.ready(parts), Parts: parts})
	}
	say := func(key string, args ...any) string { return d.Views.T(d.Lang, key, args...) }
	failed := 0
	for _, p := range parts {
		if p.State == health.Failed {
			failed++
		}
		name := say("health.part." + p.Name)
		if p.Of != "" {
			name += " " + p.Of
		}
		if _, err := fmt.Fprintf(d.Out, "%s  %s  %s\n", pad(say("doctor.state."+string(p.State)), 6), pad(name, 22), p.Text); err != nil {
			return err
		}
	}
	end := say("doctor.well")
	switch {
	case failed > 0:
		end = d.Views.N(d.Lang, "doctor.ill", failed)
	case slices.ContainsFunc(parts, func(p finding) bool { return p.State == health.Warn }):
		end = say("doctor.warned")
	}
	_, err := fmt.Fprintln(d.Out, "\n"+end)
	return err
}

// pad fills a text up to n columns; a Chinese character takes two.
func pad(s string, n int) string {
	columns := utf8.RuneCountInString(s)
	for _, r := range s {
		if r >= 0x1100 {
			columns++
		}
	}
	return s + strings.Repeat(" ", max(0, n-columns))
}

// guard keeps connections that come from settings and browsers out of the company's network.
func (c Config) guard() *netguard.Guard {
	return &netguard.Guard{AllowPrivate: c.PrivateAllowed, Allowed: c.AllowedHosts}
}

// host is the public name.
func (c Config) host() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Local is where this machine reaches the server: host:port.
func (c Config) Local() string {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return c.Listen
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Language is the one that the environment of a command asks for (POSIX: LC_ALL, then LC_MESSAGES, then LANG).
func Language(get func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := get(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh-CN"
			}
			break
		}
	}
	return "en"
}
