package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type note struct {
	Text  string   `json:"text" minLength:"1" maxLength:"10"`
	Count int      `json:"count,omitempty" maximum:"5"`
	Tags  []string `json:"tags,omitempty"`
}

func server(t *testing.T, log *strings.Builder) *httptest.Server {
	e := echo.New()
	a := &API{API: humaecho.New(e, Describe("test")), Log: slog.New(slog.NewTextHandler(log, nil)),
		Translate: func(lang, key string, args ...any) string { return lang + ":" + key + fmt.Sprint(args...) }}
	a.UseMiddleware(func(ctx huma.Context, next func(huma.Context)) {
		next(huma.WithContext(ctx, WithCaller(ctx.Context(), Caller{Lang: ctx.Header("Accept-Language")})))
	})
	On(a, Op{Method: http.MethodPost, Path: "/notes", Name: "add"}, func(_ context.Context, _ desk.Actor, in *struct{ Body note }) (*One[note], error) {
		switch in.Body.Text {
		case "missing":
			return nil, fmt.Errorf("find it: %w", desk.NotFound)
		case "fault":
			return nil, desk.Invalid("text", "fault.too_long", 9)
		case "slow":
			return nil, TooManyFor(1500 * time.Millisecond)
		case "broken":
			return nil, errors.New("disk I/O error at /data/desk.db")
		}
		return &One[note]{in.Body}, nil
	})
	s := httptest.NewServer(e)
	t.Cleanup(s.Close)
	return s
}

func TestWhatDoesNotFitIsAProblem(t *testing.T) {
	var log strings.Builder
	s := server(t, &log)
	for _, c := range []struct {
		body   string
		status int
		code   string
	}{
		{`{"text":"hi"}`, 200, ""},
		{`{"text":"hi","text":"there"}`, 400, "error.bad_request"},
		{`{"text":"hi","Text":"there"}`, 400, "error.bad_request"},
		{`{"text":"missing"}`, 404, "error.not_found"},
		{`{"text":"fault"}`, 422, "error.invalid"},
		{`{"text":"slow"}`, 429, "error.too_many"},
		{`{"text":"broken"}`, 500, "error.internal"},
		{`{"text":"hi","role":"admin"}`, 400, "error.bad_request"},
		{`{"text":7}`, 400, "error.bad_request"},
		{`{"text":null}`, 400, "error.bad_request"},
		{`{"text":"hi","count":1e999}`, 400, "error.bad_request"},
		{`{"text":"hi","count":NaN}`, 400, "error.bad_request"},
		{`{"text":"hi","count":99999999999999999999999}`, 400, "error.bad_request"},
		{`{"text":"hi","count":1.5}`, 400, "error.bad_request"},
		{`{"text":"hi","tags":{}}`, 400, "error.bad_request"},
		{`[]`, 400, "error.bad_request"},
		{``, 400, "error.bad_request"},
		{`{`, 400, "error.bad_request"},
		{"\xff\xfe", 400, "error.bad_request"},
		{strings.Repeat(`{"text":`, 20_000) + "1" + strings.Repeat("}", 20_000), 400, "error.bad_request"},
		{strings.Repeat("[", 200_000), 400, "error.bad_request"},
		{`{"text":"` + strings.Repeat("x", maxBody) + `"}`, 413, "error.too_large"},
	} {
		name := c.body[:min(len(c.body), 40)]
		req, _ := http.NewRequest(http.MethodPost, s.URL+"/notes", strings.NewReader(c.body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept-Language", "zh-CN")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var p Problem
		err = json.NewDecoder(resp.Body).Decode(&p)
		resp.Body.Close()
		if resp.StatusCode != c.status || p.Code != c.code || err != nil {
			t.Errorf("%s: answered %d %q (%v), want %d %q", name, resp.StatusCode, p.Code, err, c.status, c.code)
			continue
		}
		if c.status >= 400 && (resp.Header.Get("Content-Type") != "application/problem+json" || p.Status != c.status || p.Title == "" || p.Detail == "") {
			t.Errorf("%s: %s %+v is no whole problem", name, resp.Header.Get("Content-Type"), p)
		}
		switch c.status {
		case 422:
			if want := (Fault{"body.text", "zh-CN:fault.too_long9", "fault.too_long"}); len(p.Errors) != 1 || p.Errors[0] != want {
				t.Errorf("faults %+v, want %+v", p.Errors, want)
			}
		case 429:
			if resp.Header.Get("Retry-After") != "2" {
				t.Errorf("Retry-After %q, want 2", resp.Header.Get("Retry-After"))
			}
		case 500:
			if p.ID == "" || strings.Contains(fmt.Sprint(p), "disk") || !strings.Contains(log.String(), p.ID) || !strings.Contains(log.String(), "disk I/O error") {
				t.Errorf("answered %+v, logged %s", p, &log)
			}
		}
	}
}

func TestOtherMediaTypesAreRefused(t *testing.T) {
	var log strings.Builder
	s := server(t, &log)
	for _, ct := range []string{"text/plain", "application/x-www-form-urlencoded", "text/xml"} {
		resp, err := http.Post(s.URL+"/notes", ct, strings.NewReader(`{"text":"hi"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 4 {
			t.Errorf("%s: answered %s", ct, resp.Status)
		}
	}
}

func TestLimiter(t *testing.T) {
	l := NewLimiter(3, time.Second, 100)
	now := time.Unix(1_800_000_000, 0)
	for range 3 {
		if _, ok := l.Allow(now, "a"); !ok {
			t.Fatal("refused within the allowance")
		}
	}
	if wait, ok := l.Allow(now, "a"); ok || wait != time.Second {
		t.Errorf("the fourth: %v, wait %v, want a second", ok, wait)
	}
	if _, ok := l.Allow(now, "b"); !ok {
		t.Error("another key waits too")
	}
	if _, ok := l.Allow(now.Add(time.Second), "a"); !ok {
		t.Error("refused after the wait")
	}
	if _, ok := l.Allow(now.Add(time.Second), "a"); ok {
		t.Error("a refusal gave something back")
	}
	for n := range 10_000 {
		l.Allow(now, fmt.Sprint(n))
		l.Allow(now.Add(time.Second), "a") // who goes on is remembered
	}
	if n := len(l.now) + len(l.old); n > 100 {
		t.Errorf("remembers %d keys, want 100 at most", n)
	}
	if _, ok := l.Allow(now.Add(time.Second), "a"); ok {
		t.Error("who went on was forgotten")
	}
}

func TestSource(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "": "",
	} {
		if got := Source(ip); got != want {
			t.Errorf("%q is source %q, want %q", ip, got, want)
		}
	}
}
