// Package client speaks to a desk as the world's programs do: visitors and agents over plain HTTP, and Server-Sent Events that
// go on where they broke. It knows nothing of the desk's inside; journeys compare what its people saw.
//
// client.go is calls, people.go has visitors and agents, stream.go listens.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Client calls a desk with a token.
type Client struct {
	URL   string // of the desk, without a slash at its end
	Token string
	HTTP  *http.Client // nil: one of its own, so that a cut line of one person is nobody else's
}

// Status is an answer that is no success.
type Status struct {
	Code  int
	Type  string // Content-Type
	Key   string // the problem's code
	Body  []byte
	After time.Duration // Retry-After
}

func (s *Status) Error() string { return fmt.Sprintf("%d %s %.300s", s.Code, s.Type, s.Body) }

// Call sends body as JSON (nil: none) and reads the answer into into (nil: nothing). An answer that is no success is a *Status.
func (c *Client) Call(ctx context.Context, method, path string, body, into any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	return c.Raw(ctx, method, path, r, into)
}

// Raw is Call with a body as it is.
func (c *Client) Raw(ctx context.Context, method, path string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, body)
	if err != nil {
		return err
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.client().Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return statusOf(res, answer)
	}
	if into == nil || len(answer) == 0 {
		return nil
	}
	return json.Unmarshal(answer, into)
}

func statusOf(res *http.Response, answer []byte) *Status {
	s := &Status{Code: res.StatusCode, Type: res.Header.Get("Content-Type"), Body: answer}
	var problem struct{ Code string }
	_ = json.Unmarshal(answer, &problem) // what is no problem has no code
	s.Key = problem.Code
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		s.After = time.Duration(n) * time.Second
	}
	return s
}

func (c *Client) client() *http.Client {
	if c.HTTP == nil {
		c.HTTP = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	}
	return c.HTTP
}

// Insist calls until the desk has answered: what a person's program does on a bad line. Only answers that ask for patience (429,
// 503) and lines that break are tried again.
func (c *Client) Insist(ctx context.Context, method, path string, body, into any) error {
	for {
		err := c.Call(ctx, method, path, body, into)
		var s *Status
		if err == nil || errors.As(err, &s) && s.Code != http.StatusTooManyRequests && s.Code != http.StatusServiceUnavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
