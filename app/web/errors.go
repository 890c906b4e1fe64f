package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type errorPage struct {
	Page
	Title, Text, Back, ID string
}

// HandleError turns an error into an answer: the kind into a status, the key into a
// sentence in the reader's language, as a page, or as a toast for a part. What is
// not an answer for people is logged under an id, and the page shows the id alone.
func (w *Web) HandleError(err error, c echo.Context) {
	if c.Response().Committed || errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		return
	}
	v, ok := c.Get(visitKey).(*visit)
	if !ok {
		v = &visit{reader: view.Reader{Lang: view.Negotiate("", c.Request().Header.Get("Accept-Language"))}}
		c.Set(visitKey, v)
		view.Guard(c.Response().Header(), view.Console)
	}
	status, key, args := answer(err)
	p := &errorPage{}
	if !forCustomers(c.Path()) {
		p.Back = "/"
	}
	if status >= http.StatusInternalServerError {
		p.ID = rand.Text()[:10]
		w.Log.Error("web", "error_id", p.ID, "method", c.Request().Method, "route", c.Path(), "err", err)
	}
	lang := v.reader.Lang
	p.Text = w.Views.T(lang, key, args...)
	if status == http.StatusTooManyRequests {
		c.Response().Header().Set("Retry-After", retryAfter)
	}
	if isPart(c) || wantsJSON(c) {
		w.toast(c, status, p)
		return
	}
	p.Title = w.Views.T(lang, titleOf(status))
	if err := w.showError(c, status, p); err != nil {
		w.Log.Error("web: draw the error page", "error_id", p.ID, "err", err)
		http.Error(c.Response(), http.StatusText(status), status)
	}
}

// retryAfter is in how many seconds whoever came too often may try again.
const retryAfter = "60"

// showError draws the page of an error. It asks the desk for nothing: what went wrong may be just that.
func (w *Web) showError(c echo.Context, status int, p *errorPage) error {
	var b bytes.Buffer
	w.dress(c, &p.Page)
	if err := w.Views.Page(&b, visitOf(c).reader, "error/show", p); err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "HX-Request")
	return send(c, status, b.Bytes())
}

// forCustomers: whoever opens it has no business at the desk, so its errors do not lead there.
func forCustomers(path string) bool {
	return path == "/request" || strings.HasPrefix(path, "/chat/") || strings.HasPrefix(path, "/rate/") || strings.HasPrefix(path, "/my/")
}

// toast answers a part's request: nothing is swapped, and the page shows the sentence.
func (w *Web) toast(c echo.Context, status int, p *errorPage) {
	if p.ID != "" {
		p.Text += " (" + p.ID + ")"
	}
	body := map[string]string{"error": p.Text}
	if trigger, err := json.Marshal(map[string]any{"toast": body}); err == nil {
		c.Response().Header().Set("HX-Trigger", asciiJSON(trigger))
	}
	if err := c.JSON(status, body); err != nil {
		w.Log.Debug("web: answer", slog.Any("err", err))
	}
}

func wantsJSON(c echo.Context) bool { return c.Request().Header.Get("Accept") == "application/json" }

func answer(err error) (status int, key string, args []any) {
	var e *desk.Error
	var he *echo.HTTPError
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return http.StatusRequestEntityTooLarge, desk.TooLarge.Key, nil
	case errors.As(err, &e):
		if len(e.Fields) > 0 {
			return statusOf(e.Kind), e.Fields[0].Key, e.Fields[0].Args
		}
		return statusOf(e.Kind), e.Key, e.Args
	case errors.As(err, &he) && he.Code < http.StatusInternalServerError:
		if he.Code == http.StatusNotFound || he.Code == http.StatusMethodNotAllowed {
			return he.Code, desk.NotFound.Key, nil
		}
		return he.Code, "error.bad_request", nil
	}
	return http.StatusInternalServerError, "error.internal", nil
}

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

func statusOf(k desk.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

func titleOf(status int) string {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "error.title.not_found"
	case http.StatusForbidden, http.StatusUnauthorized:
		return "error.title.forbidden"
	case http.StatusTooManyRequests:
		return "error.title.too_many"
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		return "error.title.internal"
	}
	return "error.title.refused"
}

// asciiJSON writes JSON fit for a header: beyond ASCII as \u escapes (RFC 9110 5.5).
func asciiJSON(b []byte) string {
	out := make([]byte, 0, len(b))
	for _, r := range string(b) {
		if r < 0x80 {
			out = append(out, byte(r))
			continue
		}
		if r > 0xffff {
			r -= 0x10000
			out = append(out, escape16(0xd800+r>>10)...)
			r = 0xdc00 + r&0x3ff
		}
		out = append(out, escape16(r)...)
	}
	return string(out)
}

func escape16(r rune) []byte {
	const hex = "0123456789abcdef"
	return []byte{'\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15]}
}
