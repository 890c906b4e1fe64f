package rest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"deskbell/app/blob"
	"deskbell/app/desk"
)

// Problem is an error as RFC 9457 has it, with our own code and errors beside.
type Problem struct {
	Title  string  `json:"title" doc:"What kind of problem it is, in the caller's language"`
	Status int     `json:"status" doc:"The HTTP status"`
	Detail string  `json:"detail" doc:"What happened and what to do"`
	Code   string  `json:"code" doc:"The same for programs, whatever the language" example:"error.not_found"`
	Errors []Fault `json:"errors,omitempty" doc:"Each fault of the input"`
	ID     string  `json:"id,omitempty" doc:"Of an unexpected error: also in the server's log"`

	retry time.Duration
	allow string // methods, of a 405
}

// Fault is one fault of the input.
type Fault struct {
	Location string `json:"location" doc:"Where it is" example:"body.text"`
	Message  string `json:"message" doc:"What is wrong with it"`
	Code     string `json:"code,omitempty" doc:"The same for programs"`
}

// TooManyFor is desk.TooMany that says when to come back.
func TooManyFor(wait time.Duration) error { return &tooMany{wait} }

type tooMany struct{ wait time.Duration }

func (e *tooMany) Error() string { return "too many requests" }

// BadRequest is an error of the request itself, found by the door: broken JSON,
// a wrong type, a missing part.
func BadRequest(location, message string) error {
	return &Problem{Status: http.StatusBadRequest, Code: "error.bad_request", Errors: []Fault{{Location: location, Message: message}}}
}

func (p *Problem) Error() string {
	s := p.Code
	for _, f := range p.Errors {
		s += "; " + f.Location + ": " + f.Message
	}
	return s
}

// GetStatus tells huma the status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells huma the headers.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	p.headers(h)
	return h
}

func (p *Problem) headers(h http.Header) {
	h.Set("Cache-Control", "no-store")
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusMethodNotAllowed:
		h.Set("Allow", p.allow)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(max(1, int((p.retry+time.Second-1)/time.Second))))
	}
}

// ContentType tells huma the type, RFC 9457 section 3.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[desk.Kind]int{
	desk.KindInvalid:      http.StatusUnprocessableEntity,
	desk.KindUnauthorized: http.StatusUnauthorized,
	desk.KindForbidden:    http.StatusForbidden,
	desk.KindNotFound:     http.StatusNotFound,
	desk.KindConflict:     http.StatusConflict,
	desk.KindTooLarge:     http.StatusRequestEntityTooLarge,
	desk.KindTooMany:      http.StatusTooManyRequests,
	desk.KindUnavailable:  http.StatusServiceUnavailable,
}

// Problem turns an error into the answer to the caller. What is nobody's fault
// but ours is logged under an id, and the answer has only that.
func (a *API) Problem(ctx context.Context, err error) *Problem {
	p := a.problem(ctx, err)
	lang := CallerOf(ctx).Lang
	p.Title = http.StatusText(p.Status)
	if p.Detail == "" {
		p.Detail = a.Translate(lang, p.Code)
	}
	return p
}

func (a *API) problem(ctx context.Context, err error) *Problem {
	lang := CallerOf(ctx).Lang
	var (
		known *desk.Error
		ready *Problem
		wait  *tooMany
		big   *http.MaxBytesError
	)
	switch {
	case errors.As(err, &known):
		p := &Problem{Status: statuses[known.Kind], Code: known.Key, Detail: a.Translate(lang, known.Key, known.Args...)}
		for _, f := range known.Fields {
			p.Errors = append(p.Errors, Fault{Location: "body." + f.Name, Message: a.Translate(lang, f.Key, f.Args...), Code: f.Key})
		}
		return p
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &wait):
		return &Problem{Status: http.StatusTooManyRequests, Code: "error.too_many", retry: wait.wait}
	case errors.As(err, &big), errors.Is(err, blob.ErrTooLarge):
		return &Problem{Status: http.StatusRequestEntityTooLarge, Code: "error.too_large"}
	case ctx.Err() != nil: // nobody reads the answer
		return &Problem{Status: http.StatusServiceUnavailable, Code: "error.unavailable"}
	}
	p := &Problem{Status: http.StatusInternalServerError, Code: "error.internal", ID: rand.Text()[:10]}
	a.Log.ErrorContext(ctx, "answer a request", "id", p.ID, "error", err)
	return p
}

// Answer writes the problem of an error, for handlers that huma does not call.
func (a *API) Answer(w http.ResponseWriter, r *http.Request, err error) {
	a.Problem(r.Context(), err).write(w)
}

func (p *Problem) write(w http.ResponseWriter) {
	p.headers(w.Header())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller may be gone
}

// huma keeps its way to make errors in a variable of the package. It calls it
// for requests that do not fit their description, so what comes here is the
// caller's fault; the values are left out, because they may be secrets.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		p := &Problem{Status: status, Code: "error.bad_request", Title: http.StatusText(status), Detail: message}
		switch {
		case status == http.StatusRequestEntityTooLarge:
			p.Code = "error.too_large"
		case status == http.StatusUnsupportedMediaType, status == http.StatusRequestTimeout:
		case status == http.StatusUnprocessableEntity, strings.Contains(message, "read request body"):
			p.Status, p.Title = http.StatusBadRequest, http.StatusText(http.StatusBadRequest)
		}
		for _, err := range errs {
			if d, ok := err.(huma.ErrorDetailer); ok {
				p.Errors = append(p.Errors, Fault{Location: d.ErrorDetail().Location, Message: d.ErrorDetail().Message})
			} else if err != nil {
				p.Errors = append(p.Errors, Fault{Location: "body", Message: err.Error()})
			}
		}
		return p
	}
}
