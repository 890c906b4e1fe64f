package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/view"

	"github.com/labstack/echo/v4"
)

// watch tells the registry which parts there are, in the order in which people see them.
func (a *App) watch() {
	a.Health = &health.Registry{Clock: a.Desk.Clock}
	a.Health.Add(a.hold.restored, health.Database(a.Desk), health.Disk(a.Config.Data, health.RoomIn), a.mailboxes, health.Outbox(a.Desk),
		health.SetAside(a.Desk), a.replicated, a.upkept, a.clock.Check)
	if a.certs != nil {
		a.Health.Add(a.certs.parts)
	}
	sources := health.Sources{Desk: a.Desk, Streams: a.Hub.Streams, Parts: a.Health}
	if a.Replica != nil {
		sources.Replication = a.replicas
	}
	a.Metrics = health.NewMetrics(sources, a.Config.Version, a.Config.Commit)
}

// mailboxes tells of each account whether messages come in and go out.
func (a *App) mailboxes(context.Context) (parts []health.Part) {
	for _, s := range a.Channels.States() {
		if !s.Enabled {
			continue
		}
		p := health.Well("mailboxes", "health.mailboxes.ok")
		switch {
		case s.Receiving.Down():
			p = health.Failure("mailboxes", "health.mailboxes.receiving", problem(s.Receiving.Problem))
			p.Since = s.Receiving.Since
		case s.Sending.Down():
			p = health.Failure("mailboxes", "health.mailboxes.sending", problem(s.Sending.Problem))
			p.Since = s.Sending.Since
		case !s.Receiving.Up:
			p = health.Well("mailboxes", "health.mailboxes.beginning")
		}
		p.Of = s.Name
		parts = append(parts, p)
	}
	return parts
}

func problem(p *channel.Problem) health.Words { return health.Words{Key: p.Key, Args: p.Args} }

// replicated says how the copy of the data is doing.
func (a *App) replicated(context.Context) []health.Part {
	if a.Replica == nil {
		return []health.Part{health.Warning("replica", "health.replica.off")}
	}
	s := a.Replica.Status()
	where, lag := strings.Join(s.Where, ", "), time.Duration(0)
	for _, d := range s.Databases {
		lag = max(lag, d.Behind)
		if d.Behind > behindLimit {
			var why any = health.Words{Key: "health.replica.busy"}
			if s.LastError != "" {
				why = s.LastError
			}
			p := health.Failure("replica", "health.replica.behind", d.Name, health.Span(d.Behind), why)
			p.Since = s.LastSync
			return []health.Part{p}
		}
	}
	switch {
	case s.LastSync.IsZero():
		return []health.Part{health.Well("replica", "health.replica.starting", where)}
	case s.SameDisk:
		return []health.Part{health.Warning("replica", "health.replica.same_disk", where)}
	}
	return []health.Part{health.Well("replica", "health.replica.ok", where, health.Span(lag))}
}

func (a *App) replicas() health.Replication {
	s := a.Replica.Status()
	r := health.Replication{Up: s.Running, Restarts: s.Restarts}
	for _, d := range s.Databases {
		r.Databases = append(r.Databases, health.Replica{Database: d.Name, Behind: d.Behind, TXID: d.TXID})
	}
	return r
}

// healthJSON says whether the desk serves, and which desk it is: the doctor comes in by the public address and looks whether it is here.
type healthJSON struct {
	OK   bool   `json:"ok"`
	Desk string `json:"desk"`
}

// partJSON is a part as /readyz and `deskbell doctor --json` tell it.
type partJSON struct {
	Name  string       `json:"name"`
	Of    string       `json:"of,omitempty"`
	State health.State `json:"state"`
	Text  string       `json:"text"`
	Since *time.Time   `json:"since,omitempty"`
}

type readyJSON struct {
	OK    bool       `json:"ok"`
	Parts []partJSON `json:"parts"`
}

func (a *App) say(lang string) func(key string, args ...any) string {
	return func(key string, args ...any) string { return a.Views.T(lang, key, args...) }
}

func partsJSON(parts []health.Part, translate func(key string, args ...any) string) []partJSON {
	list := make([]partJSON, len(parts))
	for i, p := range parts {
		list[i] = partJSON{Name: p.Name, Of: p.Of, State: p.State, Text: p.Words.In(translate)}
		if !p.Since.IsZero() {
			since := p.Since.UTC().Truncate(time.Second)
			list[i].Since = &since
		}
	}
	return list
}

// healthz says whether the process serves and its database answers.
func (a *App) healthz(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 5*time.Second)
	defer cancel()
	ok := health.Ready(health.Database(a.Desk)(ctx))
	return answer(c, ok, healthJSON{ok, deskName(a.Desk)})
}

// readyz names every part, and says whether none has failed. What is wrong with which mailbox is for those who may see it.
func (a *App) readyz(c echo.Context) error {
	parts := a.Health.Parts(c.Request().Context())
	if !a.trusted(c) {
		for i := range parts {
			parts[i].Of, parts[i].Words = "", health.Words{Key: "health.state." + string(parts[i].State)}
		}
	}
	ok := health.Ready(parts)
	return answer(c, ok, readyJSON{OK: ok, Parts: partsJSON(parts, a.say(view.Negotiate("", c.Request().Header.Get("Accept-Language"))))})
}

func answer(c echo.Context, ok bool, v any) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if ok {
		return c.JSON(http.StatusOK, v)
	}
	return c.JSON(http.StatusServiceUnavailable, v)
}

// metrics answers a scrape from this machine, or one with an admin's token.
func (a *App) metrics(c echo.Context) error {
	if !a.trusted(c) {
		return c.NoContent(http.StatusNotFound)
	}
	a.Metrics.Handler().ServeHTTP(c.Response(), c.Request())
	return nil
}

// trusted says whether the request comes from this machine itself or bears an admin's token.
func (a *App) trusted(c echo.Context) bool {
	r := c.Request()
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		agent, err := a.Desk.AgentByToken(r.Context(), desk.System, token)
		return err == nil && agent.Actor().May(desk.SeeHealth)
	}
	return local(r)
}

// local says whether a request was made on this machine, and not by a proxy on it for somebody else: one that says for whom,
// or that asks as nginx does when nobody told it otherwise (HTTP/1.0).
func local(r *http.Request) bool {
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	return r.ProtoAtLeast(1, 1) && loopback(r.RemoteAddr) && loopback(r.Host)
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// measure notes how long each request took, by its route. Streams stay open on purpose and are left out.
func (a *App) measure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		begin := time.Now()
		c.Response().Header().Set("X-Content-Type-Options", "nosniff") // whatever answers
		if a.Config.Secure() {
			c.Response().Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		err := next(c)
		if err != nil {
			c.Error(err) // so that the status is known
		}
		if !strings.HasPrefix(c.Response().Header().Get("Content-Type"), "text/event-stream") {
			a.Metrics.Request(known(c.Request().Method), c.Path(), c.Response().Status, time.Since(begin))
		}
		return nil
	}
}

// known keeps what clients invent out of the labels.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
