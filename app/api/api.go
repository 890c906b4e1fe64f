// Package api is the door for agents' and integrators' programs: /api/v1, its
// description at /api/openapi.json and a page that shows it at /api/docs.
//
// It promises that a token may do what its agent may and no more, that a POST
// repeated with the same Idempotency-Key happens once, and that the description
// is made of the types that serve the requests.
//
// api.go has the routes; enter.go and once.go let callers in; a file per resource
// has its forms and calls; docs.go shows the description.
package api

import (
	"context"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/live"
	"deskbell/app/maildns"
	"deskbell/app/news"
	"deskbell/app/rest"
	"deskbell/app/view"
	"deskbell/app/wire"
)

// Config of the door. Desk, Hub, News, REST and Source are needed.
type Config struct {
	Desk   *desk.Desk
	Hub    *live.Hub
	News   *news.News
	REST   *rest.API
	Views  *view.Views                                                                         // nil: no page at /api/docs
	Source func(*http.Request) string                                                          // the network address a request comes from
	Check  func(ctx context.Context, in *desk.Inbox) error                                     // tries a mailbox; nil: there is no test
	LookUp func(ctx context.Context, by desk.Actor, in *desk.Inbox) ([]maildns.Finding, error) // asks DNS about a mailbox; nil: nobody does
	URL    string                                                                              // the public address, for links to invitations
	Limits Limits
}

// Limits say how much one token, or one network address without a good token, may do.
type Limits struct {
	Calls  int // from one token at once, and then half as many a second; 200
	Wrongs int // calls with a wrong token from one address at once, and then one a second; 30
}

// Door serves the API.
type Door struct {
	Config
	api    *rest.API
	desk   *desk.Desk
	calls  *rest.Limiter
	wrongs *rest.Limiter
	once   sync.Map // agent and key of posts that are being answered
	turn   sync.Mutex
}

const (
	prefix = "/api/v1"
	scheme = "agent"
)

// New makes the door.
func New(c Config) *Door {
	if c.Limits.Calls == 0 {
		c.Limits.Calls = 200
	}
	if c.Limits.Wrongs == 0 {
		c.Limits.Wrongs = 30
	}
	return &Door{Config: c, api: c.REST, desk: c.Desk,
		calls:  rest.NewLimiter(c.Limits.Calls, 2*second/perSecond(c.Limits.Calls), 10_000),
		wrongs: rest.NewLimiter(c.Limits.Wrongs, second, 50_000)}
}

// Routes puts the door's calls on the server and into the description. Describe
// follows when every door has done so.
func (d *Door) Routes(e *echo.Echo) {
	d.api.Bearer(scheme, "A token of an agent, from his profile page or `deskbell token create`")
	for _, path := range []string{prefix, prefix + "/*"} {
		e.RouteNotFound(path, func(c echo.Context) error {
			d.answer(c, d.api.Missing(c.Request()))
			return nil
		})
	}
	d.agents()
	d.teams()
	d.customers()
	d.customerTags()
	d.conversations()
	d.deliveries()
	d.history()
	d.exports(e)
	d.tickets()
	d.later()
	d.ratings()
	d.notes()
	d.topics()
	d.mailboxes()
	d.senders()
	d.widgets()
	d.ledger(e)
	d.files(e)
	d.streams(e)
}

// op names an operation: its tag is the resource, its name the verb and the noun. A filter that it does not know is refused: who misspells one
// would take the whole list for what he asked for.
func (d *Door) op(method, path, name, tag, summary string) rest.Op {
	op := rest.Op{Method: method, Path: prefix + path, Name: name, Tag: tag, Summary: summary, Scheme: scheme, Door: d.enter, Strict: true}
	if method == http.MethodPost {
		op.Headers = []*huma.Param{{Name: "Idempotency-Key", In: "header", Description: "The same key gets the same answer, for 24 hours",
			Schema: &huma.Schema{Type: huma.TypeString, MaxLength: ptr(255)}}}
	}
	return op
}

// alone does one such change at a time. Each reads what there is, puts in what was said, and writes the whole: two at the same moment would undo
// each other.
func alone[I, O any](d *Door, do func(context.Context, desk.Actor, *I) (*O, error)) func(context.Context, desk.Actor, *I) (*O, error) {
	return func(ctx context.Context, by desk.Actor, in *I) (*O, error) {
		d.turn.Lock()
		defer d.turn.Unlock()
		return do(ctx, by, in)
	}
}

// created is op with the status of something new.
func created(op rest.Op) rest.Op {
	op.Status = http.StatusCreated
	return op
}

func (d *Door) files(e *echo.Echo) {
	up := d.op(http.MethodPost, "/files", "upload-file", "files", "Keep a file for a message")
	e.POST(up.Path, d.entered(d.upload))
	d.api.Mention(up, huma.Operation{RequestBody: rest.Multipart(), Responses: map[string]*huma.Response{
		"201": {Description: "The file, to be named in file_ids", Content: d.api.Content("application/json", wire.File{})}}})

	down := d.op(http.MethodGet, "/files/{id}", "get-file", "files", "A file's bytes")
	e.GET(prefix+"/files/:id", d.entered(d.download))
	d.api.Mention(down, huma.Operation{
		Parameters: []*huma.Param{rest.PathParam("id", "Opaque id"), rest.QueryParam("thumb", "1 asks for a picture's small copy")},
		Responses:  rest.Answers("The bytes", d.api.Content("application/octet-stream", nil))})
}

func (d *Door) streams(e *echo.Echo) {
	op := d.op(http.MethodGet, "/stream", "stream", "stream", "Server-Sent Events of all that the token's agent may see")
	e.GET(op.Path, d.entered(d.stream))
	d.api.Mention(op, huma.Operation{
		Parameters: []*huma.Param{
			{Name: "Last-Event-ID", In: "header", Description: "The last event that the client has; it gets what it missed", Schema: &huma.Schema{Type: huma.TypeString}},
			rest.QueryParam("last_event_id", "The same, for a first connection")},
		Responses: rest.Answers("Events as they happen; the data of message.created is a Message", d.api.Content("text/event-stream", nil))})
}

func ptr[T any](v T) *T { return &v }
