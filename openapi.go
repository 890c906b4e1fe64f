package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"deskbell/app"
)

// openAPI prints the description of all calls, as a desk serves it at /api/openapi.json: an empty one is made for it, and removed.
func openAPI(ctx context.Context, to io.Writer) error {
	dir, err := os.MkdirTemp("", "deskbell-")
	if err != nil {
		return err
	}
	views, static, err := embedded()
	if err != nil {
		return err
	}
	a, err := app.New(ctx, app.Config{Data: dir, URL: "https://desk.example", Version: version}, views, static)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/api/openapi.json", nil)
	if err == nil {
		a.Handler().ServeHTTP(printed{http.Header{}, to}, r)
	}
	return errors.Join(err, a.Close(), os.RemoveAll(dir))
}

// printed is an answer that is written to a file.
type printed struct {
	header http.Header
	io.Writer
}

func (p printed) Header() http.Header { return p.header }
func (p printed) WriteHeader(int)     {}
