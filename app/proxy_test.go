package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"deskbell/app/desk"
)

// Whom a request comes from is the connection's other end. Only what a proxy of the operator's has added itself is believed, and nothing
// that stood there before: a client may send what it likes.
func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	const proxies = "10.0.0.0/8, 192.0.2.10, 2001:db8:1::/48"
	for _, c := range []struct {
		proxies, from string
		forwarded     []string
		want          string
	}{
		{"", "198.51.100.7", []string{"203.0.113.1"}, "198.51.100.7"},
		{"", "127.0.0.1", []string{"203.0.113.1"}, "127.0.0.1"}, // loopback and private networks are nobody's proxy by themselves
		{"", "10.0.0.1", []string{"203.0.113.1"}, "10.0.0.1"},
		{proxies, "127.0.0.1", []string{"203.0.113.1"}, "127.0.0.1"},
		{proxies, "192.168.0.1", []string{"203.0.113.1"}, "192.168.0.1"},
		{proxies, "192.0.2.11", []string{"203.0.113.1"}, "192.0.2.11"},
		{proxies, "192.0.2.10", nil, "192.0.2.10"},
		{proxies, "192.0.2.10", []string{"203.0.113.1"}, "203.0.113.1"},
		{proxies, "2001:db8:1::5", []string{"2001:db8:7::1"}, "2001:db8:7::1"},
		{proxies, "10.1.2.3", []string{"203.0.113.1, 10.9.9.9"}, "203.0.113.1"},   // a chain of one's own
		{proxies, "10.1.2.3", []string{"203.0.113.1", "10.9.9.9"}, "203.0.113.1"}, // in two lines
		{proxies, "10.1.2.3", []string{"1.1.1.1, 203.0.113.1"}, "203.0.113.1"},    // the client began it
		{proxies, "10.1.2.3", []string{"1.1.1.1", "203.0.113.1"}, "203.0.113.1"},
		{proxies, "10.1.2.3", []string{"10.6.6.6, 203.0.113.1, 10.9.9.9"}, "203.0.113.1"}, // and says that it is one of the proxies
		{proxies, "10.1.2.3", []string{"nonsense, 203.0.113.1"}, "203.0.113.1"},
		{proxies, "10.1.2.3", []string{"203.0.113.1, nonsense"}, "10.1.2.3"}, // what the proxy itself has written is no address
		{proxies, "10.1.2.3", []string{"::ffff:203.0.113.1"}, "203.0.113.1"},
	} {
		config, err := ReadConfig(func(name string) string { return map[string]string{"DESKBELL_TRUSTED_PROXIES": c.proxies}[name] })
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = fmt.Sprintf("%s:4711", c.from)
		if strings.Contains(c.from, ":") {
			r.RemoteAddr = fmt.Sprintf("[%s]:4711", c.from)
		}
		r.Header["X-Forwarded-For"] = c.forwarded
		for _, other := range []string{"Forwarded", "X-Real-Ip", "X-Client-Ip", "Cf-Connecting-Ip"} { // nobody's word
			r.Header.Set(other, "for=9.9.9.9")
		}
		if got := (&App{Config: config}).source()(r); got != c.want {
			t.Errorf("%q from %s, trusted %q: %s, want %s", c.forwarded, c.from, c.proxies, got, c.want)
		}
	}
}

// Every door asks for it in the same way: what is kept of a visitor says so.
func TestVisitorsBehindAProxy(t *testing.T) {
	config, err := ReadConfig(func(name string) string {
		return map[string]string{"DESKBELL_DATA": t.TempDir(), "DESKBELL_TRUSTED_PROXIES": "192.0.2.10"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), config, os.DirFS("../views"), os.DirFS("../static"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	inbox, err := a.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	if err != nil {
		t.Fatal(err)
	}
	enter := func(from, forwarded string) (ip string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/visitor/v1/sessions", strings.NewReader(`{"widget_id":"`+inbox.PublicID+`","page":{"url":"https://tea.example/"}}`))
		r.RemoteAddr = from
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-For", forwarded)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK && w.Code != http.StatusCreated {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if err := a.Desk.DB().Readers().QueryRow("select ip from visits order by id desc limit 1").Scan(&ip); err != nil {
			t.Fatal(err)
		}
		return ip
	}
	if ip := enter("192.0.2.10:1", "6.6.6.6, 203.0.113.1"); ip != "203.0.113.1" {
		t.Errorf("through the proxy: %s", ip)
	}
	if ip := enter("198.51.100.7:1", "6.6.6.6"); ip != "198.51.100.7" {
		t.Errorf("past the proxy: %s", ip)
	}
}
