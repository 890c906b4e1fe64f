package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deskbell/app/desk"
)

// caller is one visitor of a test, by plain HTTP.
type caller struct {
	t     *testing.T
	url   string
	token string
	http  *http.Client
}

// visitorOf begins a chat with the one widget of a.
func visitorOf(t *testing.T, a *App, address string) *caller {
	t.Helper()
	inbox, err := a.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.Desk.Enter(t.Context(), desk.System, desk.Visit{InboxID: inbox.ID})
	if err != nil {
		t.Fatal(err)
	}
	return &caller{t: t, url: "http://" + address, token: inbox.PublicID + "." + token, http: &http.Client{Timeout: time.Minute}}
}

// call answers the status, and what was said.
func (c *caller) call(method, path string, body any) (int, []byte) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Error(err)
		return 0, nil
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Error(err)
	}
	return res.StatusCode, answer
}

func (c *caller) say(id string) (int, string) {
	c.t.Helper()
	code, answer := c.call(http.MethodPost, "/visitor/v1/messages", map[string]string{"client_id": id, "text": "I said " + id})
	var m struct{ ID string }
	if err := json.Unmarshal(answer, &m); err != nil {
		c.t.Errorf("%d %s", code, answer)
	}
	return code, m.ID
}

func (c *caller) history() (texts []string) {
	c.t.Helper()
	code, answer := c.call(http.MethodGet, "/visitor/v1/messages?limit=200", nil)
	var list struct{ Items []struct{ Kind, Text string } }
	if err := json.Unmarshal(answer, &list); err != nil || code != http.StatusOK {
		c.t.Fatalf("%d %s %v", code, answer, err)
	}
	for _, m := range list.Items {
		if m.Kind != "event" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// Five hundred connections that say what they want a byte at a time keep no other out, and cost little.
func TestSlowConnectionsKeepNobodyOut(t *testing.T) {
	const slow = 500
	a, address := openServed(t, func(*http.Server) {})
	c, rude := visitorOf(t, a, address), visitorOf(t, a, address)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for n := range slow {
		request := "GET /login HTTP/1.1\r\nHost: desk.test\r\nX-Slow: "
		if n%2 == 1 {
			request = "POST /visitor/v1/messages HTTP/1.1\r\nHost: desk.test\r\nAuthorization: Bearer " + rude.token + "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"text\":\""
		}
		dial(t, address, request)
	}
	began := time.Now()
	for n := range 20 {
		if code, _ := c.say(fmt.Sprint(n)); code/100 != 2 {
			t.Fatalf("message %d is answered with %d", n, code)
		}
	}
	t.Logf("a message among %d slow connections takes %v", slow, time.Since(began)/20)
	if n := len(c.history()); n != 20 {
		t.Errorf("%d messages are there", n)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc+after.StackInuse) - int64(before.HeapAlloc+before.StackInuse); grown > 64<<20 {
		t.Errorf("%d bytes more for %d slow connections", grown, slow)
	}
}

// While the disk takes its time, nobody is told that a message is stored; what is read is answered; and what a program sends again
// because it has waited too long is there once.
func TestASlowDiskDelaysOnlyWrites(t *testing.T) {
	a, address := openServed(t, func(*http.Server) {})
	c := visitorOf(t, a, address)
	c.say("first")
	resume, err := a.Desk.DB().Pause(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer resume()
	var told atomic.Int32
	ids := make([]string, 12)
	var saying sync.WaitGroup
	for n := range ids { // three messages, each sent four times
		saying.Go(func() {
			_, ids[n] = c.say(fmt.Sprint("slow ", n%3))
			told.Add(1)
		})
	}
	if texts := c.history(); len(texts) != 1 {
		t.Errorf("while the disk is slow: %q", texts)
	}
	for _, path := range []string{"/healthz", "/login"} {
		if code, answer := c.call(http.MethodGet, path, nil); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, answer)
		}
	}
	if n := told.Load(); n != 0 {
		t.Errorf("%d messages were acknowledged before they were on disk", n)
	}
	resume()
	saying.Wait()
	for n, id := range ids {
		if id == "" || id != ids[n%3] {
			t.Errorf("message %d was acknowledged as %q and as %q", n%3, id, ids[n%3])
		}
	}
	if texts := c.history(); len(texts) != 4 {
		t.Errorf("there are %q", texts)
	}
}

// A visitor who floods is told to wait; others are answered, and so is he when he has waited. Many who flood together are all
// answered, and what was acknowledged is there.
func TestFloods(t *testing.T) {
	a, address := openServed(t, func(*http.Server) {})
	rude, kind := visitorOf(t, a, address), visitorOf(t, a, address)
	stored, refused := 0, 0
	for n := 0; refused < 20 && n < 1000; n++ {
		code, answer := rude.call(http.MethodPost, "/visitor/v1/messages", map[string]string{"client_id": fmt.Sprint(n), "text": "flood"})
		switch code {
		case http.StatusTooManyRequests:
			refused++
		case http.StatusOK, http.StatusCreated:
			stored++
		default:
			t.Fatalf("%d %s", code, answer)
		}
	}
	if refused < 20 {
		t.Error("nobody stops a flood")
	}
	if code, _ := kind.say("hello"); code/100 != 2 {
		t.Errorf("another visitor is answered with %d", code)
	}
	if got := len(rude.history()); got != stored {
		t.Errorf("%d messages are there, %d were acknowledged", got, stored)
	}
	var together sync.WaitGroup
	crowd := make([]*caller, 40)
	for n := range crowd {
		crowd[n] = visitorOf(t, a, address)
		together.Go(func() {
			for m := range 5 {
				if code, _ := crowd[n].say(fmt.Sprint(m)); code/100 != 2 {
					t.Errorf("one of many is answered with %d", code)
				}
			}
		})
	}
	together.Wait()
	for _, c := range crowd {
		if got := len(c.history()); got != 5 {
			t.Errorf("%d of 5 messages are there", got)
		}
	}
}
