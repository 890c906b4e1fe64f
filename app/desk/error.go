package desk

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of answer an error is; the doors turn it into a status.
type Kind int

const (
	KindInvalid      Kind = iota + 1 // 422: the input has a fault
	KindUnauthorized                 // 401: who are you
	KindForbidden                    // 403: seen, but not to be done by you
	KindNotFound                     // 404: not there, or not for your eyes
	KindConflict                     // 409: somebody was faster
	KindTooLarge                     // 413
	KindTooMany                      // 429
	KindUnavailable                  // 503: the desk cannot store anything now
)

// Error is an answer that a person can read: Key stands in the catalogs, Fields say which input is at fault.
type Error struct {
	Kind   Kind
	Key    string
	Args   []any
	Fields []Field
}

// Field is one input's fault.
type Field struct {
	Name string // as in the form and in the JSON
	Key  string
	Args []any
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key)
	for _, a := range e.Args {
		fmt.Fprintf(&b, " %v", a)
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Name, f.Key)
	}
	return b.String()
}

// Is makes errors.Is compare kind and key.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Key == e.Key
}

// The errors that need no words of their own.
var (
	NotFound     = &Error{Kind: KindNotFound, Key: "error.not_found"}
	Forbidden    = &Error{Kind: KindForbidden, Key: "error.forbidden"}
	Unauthorized = &Error{Kind: KindUnauthorized, Key: "error.unauthorized"}
	TooMany      = &Error{Kind: KindTooMany, Key: "error.too_many"}
	Unavailable  = &Error{Kind: KindUnavailable, Key: "error.unavailable"}
	TooLarge     = &Error{Kind: KindTooLarge, Key: "error.too_large"}
)

// IsConflict says whether somebody was faster, or the world stands otherwise.
func IsConflict(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindConflict
}

// Refused says whether the desk will not do it, however often it is asked: not that it could not just now.
func Refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != KindUnavailable
}

// Conflict says in the words of key that the world has moved on.
func Conflict(key string, args ...any) *Error {
	return &Error{Kind: KindConflict, Key: key, Args: args}
}

// check gathers the faults of one input, so that all are told at once.
type check struct{ fields []Field }

func (c *check) fault(name, key string, args ...any) {
	c.fields = append(c.fields, Field{name, key, args})
}

func (c *check) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Key: "error.invalid", Fields: c.fields}
}

// Invalid is one field's fault.
func Invalid(name, key string, args ...any) *Error {
	return &Error{Kind: KindInvalid, Key: "error.invalid", Fields: []Field{{name, key, args}}}
}

// IsInvalid says whether the input has a fault.
func IsInvalid(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindInvalid
}
