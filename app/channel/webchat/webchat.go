// Package webchat is the visitors' door: /visitor/v1, for the widget, the H5
// page and app SDKs.
//
// It promises that a visitor is known by his token alone (no cookies), that he
// meets nobody's messages but his own, that a message is answered when it is on
// disk and never stored twice, and that one who floods the door is told to wait
// while others notice nothing.
//
// A visitor's token is "WIDGET.SECRET": the widget through which he came in, and
// 256 random bits of which the desk keeps only the hash. The same secret with
// another widget is the same visitor.
//
// webchat.go has the routes, enter.go lets visitors in, site.go is CORS and the
// sites that may embed a widget, session.go, message.go, file.go, stream.go and
// small.go are the calls.
package webchat

import (
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/news"
	"deskbell/app/push"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

// Door serves the visitors' calls.
type Door struct {
	desk   *desk.Desk
	hub    *live.Hub
	news   *news.News
	api    *rest.API
	source func(*http.Request) string
	limits limits
	moved  func() // a visitor looks at another page
	push   *push.Push

	scripts scripts
}

// Limits say how much one visitor, or one network address, may do: N at once and
// then one every Each. Zero values mean the defaults.
type Limits struct {
	Sessions Allowance // new chats from one address; 120, one every second
	Calls    Allowance // of all kinds from one address; 1200, one every 20 ms
	Messages Allowance // from one visitor; 30, one every second
	Files    Allowance // from one visitor; 20, one every 3 s
	Small    Allowance // typing, read, pages from one visitor; 60, one every 500 ms
}

// Allowance is N at once and then one every Each.
type Allowance struct {
	N    int
	Each time.Duration
}

type limits struct{ sessions, calls, messages, files, small, drafts *rest.Limiter }

func (a Allowance) or(n int, each time.Duration) *rest.Limiter {
	if a.N == 0 {
		a = Allowance{n, each}
	}
	return rest.NewLimiter(a.N, a.Each, 50_000)
}

// New makes the door. source is the network address a request comes from, which
// only the one who knows the proxies can tell.
func New(d *desk.Desk, hub *live.Hub, n *news.News, api *rest.API, source func(*http.Request) string, l Limits) *Door {
	return &Door{desk: d, hub: hub, news: n, api: api, source: source, moved: func() {}, limits: limits{
		sessions: l.Sessions.or(120, time.Second),
		calls:    l.Calls.or(1200, 20*time.Millisecond),
		messages: l.Messages.or(30, time.Second),
		files:    l.Files.or(20, 3*time.Second),
		small:    l.Small.or(60, 500*time.Millisecond),
		drafts:   Allowance{}.or(1, time.Second),
	}}
}

// OnMove has fn called when a visitor looks at another page.
func (d *Door) OnMove(fn func()) { d.moved = fn }

// PushBy has p tell those visitors who allowed it. Without it nobody can.
func (d *Door) PushBy(p *push.Push) { d.push = p }

const (
	prefix = "/visitor/v1"
	scheme = "visitor"
	tag    = "visitors"
)

// Routes puts the door's calls on the server and into the description.
func (d *Door) Routes(e *echo.Echo) {
	d.api.Bearer(scheme, "A visitor_token, from POST /visitor/v1/sessions")
	e.OPTIONS(prefix+"/*", d.preflight)
	e.RouteNotFound(prefix+"/*", func(c echo.Context) error {
		open(c.Response().Header())
		d.answer(c, d.api.Missing(c.Request()))
		return nil
	})
	on := func(method, path, name, summary string, l *rest.Limiter) rest.Op {
		return rest.Op{Method: method, Path: prefix + path, Name: "visitor-" + name, Tag: tag, Summary: summary, Scheme: scheme, Door: d.enter(l)}
	}
	begin := on(http.MethodPost, "/sessions", "session", "Begin or go on: who the visitor is, his conversation and its last messages", nil)
	begin.Scheme, begin.Door = "", d.greet
	rest.On(d.api, begin, d.begin)
	rest.On(d.api, on(http.MethodPost, "/messages", "send", "Send a message, once for each client_id", d.limits.messages), d.send)
	rest.On(d.api, on(http.MethodPost, "/notes", "note", "Leave a note: a ticket, never in the queue", d.limits.messages), d.leaveNote)
	rest.On(d.api, on(http.MethodPost, "/profile", "profile", "Say who one is: what the widget asks for before a chat", d.limits.small), d.introduce)
	rest.On(d.api, on(http.MethodGet, "/messages", "history", "Messages, newest page first and oldest message first within it", d.limits.small), d.history)
	rest.On(d.api, on(http.MethodGet, "/conversation", "conversation", "How the conversation stands: waiting, or with which agent", d.limits.small), d.standing)
	rest.On(d.api, on(http.MethodGet, "/stickers", "stickers", "The packs of stickers that both sides send", d.limits.small), d.stickers)
	rest.On(d.api, on(http.MethodPost, "/typing", "typing", "Say that the visitor is writing, or has stopped", d.limits.small), d.typing)
	rest.On(d.api, on(http.MethodPost, "/read", "read", "Say how far the visitor has read", d.limits.small), d.read)
	rest.On(d.api, on(http.MethodPost, "/leave", "leave", "End the conversation", d.limits.small), d.leave)
	rest.On(d.api, on(http.MethodPost, "/page", "page", "Say which page the visitor looks at", d.limits.small), d.page)
	rest.On(d.api, on(http.MethodGet, "/ratings", "rating", "How a conversation can be, or was, rated", d.limits.small), d.rating)
	rest.On(d.api, on(http.MethodPost, "/ratings", "rate", "Rate a conversation, once", d.limits.small), d.rate)
	rest.On(d.api, on(http.MethodPost, "/invitations", "invitation", "Say that an invitation was shown, accepted or refused", d.limits.small), d.noteInvitation)
	rest.On(d.api, on(http.MethodGet, "/push", "push-key", "The key that a browser subscribes with, to hear of answers while the chat is closed", d.limits.small), d.pushKey)
	rest.On(d.api, on(http.MethodPost, "/push", "push", "Keep a browser's subscription", d.limits.small), d.allowPush)
	rest.On(d.api, on(http.MethodPost, "/push/end", "push-end", "Forget a browser's subscription", d.limits.small), d.endPush)
	d.requests(on)
	d.mentioned(e, on)
}

// mentioned are the calls that huma does not serve.
func (d *Door) mentioned(e *echo.Echo, on func(method, path, name, summary string, l *rest.Limiter) rest.Op) {
	file := on(http.MethodPost, "/files", "upload", "Keep a file for a message", nil)
	e.POST(file.Path, d.visited(d.limits.files, d.upload))
	d.api.Mention(file, huma.Operation{RequestBody: rest.Multipart(), Responses: map[string]*huma.Response{
		"201": {Description: "The file, to be named by file_id", Content: d.api.Content("application/json", wire.File{})}}})

	get := on(http.MethodGet, "/files/{id}", "file", "A file's bytes", nil)
	e.GET(prefix+"/files/:id", d.visited(nil, d.download))
	d.api.Mention(get, huma.Operation{
		Parameters: []*huma.Param{rest.PathParam("id", "Opaque id"), rest.QueryParam("thumb", "1 asks for a picture's small copy")},
		Responses:  rest.Answers("The bytes", d.api.Content("application/octet-stream", nil))})

	stream := on(http.MethodGet, "/stream", "stream", "Server-Sent Events of the visitor's conversation", nil)
	e.GET(stream.Path, d.visited(d.limits.small, d.stream))
	d.api.Mention(stream, huma.Operation{
		Parameters: []*huma.Param{
			rest.QueryParam("visitor_token", "The token, because EventSource sends no headers"),
			rest.QueryParam("last_event_id", "Where to begin; the header Last-Event-ID goes before it")},
		Responses: rest.Answers("Events as they happen", d.api.Content("text/event-stream", nil))})

	sticker := on(http.MethodGet, "/stickers/{id}", "sticker", "A sticker's picture", nil)
	sticker.Scheme = ""
	e.GET(prefix+"/stickers/:id", d.sticker)
	d.api.Mention(sticker, huma.Operation{Parameters: []*huma.Param{rest.PathParam("id", "Opaque id")},
		Responses: rest.Answers("The picture", d.api.Content("image/*", nil))})

	for _, p := range []struct {
		path, name, summary string
		serve               echo.HandlerFunc
	}{{"/logo", "logo", "The company's logo", d.logo}, {"/widgets/{id}/logo", "widget-logo", "A widget's logo", d.widgetLogo}} {
		logo := on(http.MethodGet, p.path, p.name, p.summary, nil)
		logo.Scheme = ""
		e.GET(strings.ReplaceAll(logo.Path, "{id}", ":id"), p.serve)
		d.api.Mention(logo, huma.Operation{Parameters: byPath(p.path), Responses: rest.Answers("The picture", d.api.Content("image/*", nil))})
	}

	avatar := on(http.MethodGet, "/agents/{id}/avatar", "avatar", "An agent's picture", nil)
	e.GET(prefix+"/agents/:id/avatar", d.visited(nil, d.avatar))
	d.api.Mention(avatar, huma.Operation{Parameters: byPath(avatar.Path), Responses: rest.Answers("The picture", d.api.Content("image/*", nil))})
}

// byPath describes the id of an address that has one.
func byPath(path string) []*huma.Param {
	if !strings.Contains(path, "{id}") {
		return nil
	}
	return []*huma.Param{rest.PathParam("id", "Opaque id")}
}
