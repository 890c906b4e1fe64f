// Package rest is what the doors that speak JSON share: operations that describe
// themselves in OpenAPI 3.1, problems after RFC 9457, pages of lists, limits.
//
// It promises that a request which its description does not allow is answered
// with a problem and reaches no operation, that every fault of the desk becomes
// a problem in the caller's language, and that nothing unexpected is told to the
// caller but an id that is also in the log.
//
// rest.go registers operations, describe.go describes those that huma does not
// serve, problem.go turns errors into answers, list.go is paging, file.go uploads
// and downloads, limit.go rate limits. huma reads and checks the requests.
package rest

import (
	"context"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"deskbell/app/desk"
)

// API is a set of operations and their description.
type API struct {
	huma.API
	// Translate gives the text of a catalog key in a language.
	Translate func(lang, key string, args ...any) string
	Log       *slog.Logger
}

// Describe makes the description that all doors of a program add to. Version is
// the program's.
func Describe(version string) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", nameOf)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Deskbell", Version: version},
			Components: &huma.Components{
				Schemas:         registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{},
			},
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	}
}

// nameOf names a schema in one word, also that of a body that has no type of its own.
func nameOf(t reflect.Type, hint string) string {
	words := strings.FieldsFunc(huma.DefaultSchemaNamer(t, hint), func(r rune) bool { return r == '-' })
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// Caller is who makes a request, as the door found out.
type Caller struct {
	By     desk.Actor
	Lang   string // "en" or "zh-CN"
	Source string // the network address he comes from
}

type callerKey struct{}

// WithCaller tells the operations behind ctx who calls.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is who makes the request that ctx belongs to.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Op is what an operation needs besides its types.
type Op struct {
	Method  string // GET, POST …
	Path    string // "/api/v1/agents/{id}"
	Name    string // operationId: "get-agent"
	Tag     string
	Summary string
	Status  int           // when it went well; 200, or 204 for no body
	Scheme  string        // of its bearer token; empty: open to everyone
	Headers []*huma.Param // that its door reads
	Strict  bool          // refuses query parameters that it does not know
	// Door lets callers in: it finds out who calls, and answers or calls next.
	Door func(ctx huma.Context, next func(huma.Context))
}

// maxBody bounds a JSON body, in bytes. Files go another way.
const maxBody = 256 << 10

// On registers an operation. Its input is a struct after huma's ways (path, query
// and header tags, Body), so is its output; do is called as the caller found by
// the door.
func On[I, O any](a *API, op Op, do func(ctx context.Context, by desk.Actor, in *I) (*O, error)) {
	h := huma.Operation{
		Method: op.Method, Path: op.Path, OperationID: op.Name, Summary: op.Summary,
		Tags: []string{op.Tag}, DefaultStatus: op.Status,
		MaxBodyBytes: maxBody, BodyReadTimeout: 15 * time.Second, RejectUnknownQueryParameters: op.Strict,
	}
	h.Security = op.security()
	h.Parameters = op.Headers
	if op.Door != nil {
		h.Middlewares = huma.Middlewares{op.Door}
	}
	huma.Register(a.API, h, func(ctx context.Context, in *I) (*O, error) {
		c := CallerOf(ctx)
		out, err := do(ctx, c.By, in)
		if err != nil {
			return nil, a.Problem(ctx, err)
		}
		return out, nil
	})
}

// ByID is the input of operations that need an id from the path and nothing else.
type ByID struct {
	ID string `path:"id" maxLength:"64" doc:"Opaque id"`
}
