package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// maxKept is the largest body, in bytes, of a post that may be repeated by key.
const maxKept = 512 << 10

// onlyOnce answers a post whose key was seen before as it was answered then;
// otherwise it lets it through and keeps the answer. The same key with another
// request is a mistake of the caller's.
func (d *Door) onlyOnce(c echo.Context, key string, next func()) error {
	if len(key) > 255 {
		return rest.BadRequest("header.Idempotency-Key", "at most 255 characters")
	}
	asked, err := request(c)
	if err != nil {
		return err
	}
	r := c.Request()
	by := rest.CallerOf(r.Context()).By
	running := by.Agent().String() + " " + key
	if _, is := d.once.LoadOrStore(running, true); is {
		return desk.Conflict("error.request_running")
	}
	defer d.once.Delete(running)
	before, err := d.desk.Answered(r.Context(), by, key)
	if err != nil {
		return err
	}
	if before != nil {
		if !bytes.Equal(before.Request, asked) {
			return &desk.Error{Kind: desk.KindInvalid, Key: "error.key_reused"}
		}
		return repeat(c, before)
	}
	ctx := context.WithValue(r.Context(), keyOf{}, shortKey(key))
	c.SetRequest(r.WithContext(ctx))
	kept := &keeping{ResponseWriter: c.Response().Writer}
	c.Response().Writer = kept
	next()
	if kept.status >= 500 || kept.status == http.StatusTooManyRequests || kept.status == 0 {
		return nil // worth another try
	}
	err = d.desk.KeepAnswer(context.WithoutCancel(ctx), by, key, desk.Answer{Request: asked, Status: kept.status, Body: kept.body.String()})
	if err != nil {
		d.api.Log.ErrorContext(ctx, "keep the answer to a key", "error", err) // the answer is out
	}
	return nil
}

// request sums up what is asked. An upload goes by its length: it may be too
// large to be looked at twice.
func request(c echo.Context) ([]byte, error) {
	r := c.Request()
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n", r.Method, r.URL.RequestURI())
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		fmt.Fprint(sum, r.ContentLength)
		return sum.Sum(nil), nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, maxKept))
	if err != nil {
		return nil, err
	}
	sum.Write(body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return sum.Sum(nil), nil
}

func repeat(c echo.Context, a *desk.Answer) error {
	contentType := "application/json"
	if a.Status >= 400 {
		contentType = "application/problem+json"
	}
	c.Response().Header().Set("Idempotent-Replayed", "true")
	if a.Body == "" {
		return c.NoContent(a.Status)
	}
	return c.Blob(a.Status, contentType, []byte(a.Body))
}

// shortKey fits any key into a message's client id.
func shortKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// keeping writes through and keeps what it wrote.
type keeping struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keeping) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *keeping) Write(b []byte) (int, error) {
	if k.status == 0 {
		k.status = http.StatusOK
	}
	k.body.Write(b)
	return k.ResponseWriter.Write(b)
}

func (k *keeping) Unwrap() http.ResponseWriter { return k.ResponseWriter }
