package app

import (
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/acme"
)

// Plain HTTP leads to the desk's own names and nowhere else, whatever is asked for.
func TestPlainHTTPLeadsHome(t *testing.T) {
	c := Config{Data: t.TempDir(), URL: "https://desk.example.com", TLS: TLS{Domains: []string{"desk.example.com", "help.example.com"}}}
	h := newCertificates(c, slog.New(slog.DiscardHandler)).redirect(c.URL)
	ask := func(method, host, uri string) *http.Response {
		r := httptest.NewRequest(method, "http://desk.example.com/", nil)
		r.Host, r.RequestURI = host, uri
		var err error
		if r.URL, err = url.ParseRequestURI(uri); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	for host, want := range map[string]string{"desk.example.com": "https://desk.example.com/x?y=1", "HELP.example.com:80": "https://help.example.com/x?y=1", "evil.example": "https://desk.example.com/x?y=1",
		"desk.example.com.evil.example": "https://desk.example.com/x?y=1", "desk.example.com@evil.example": "https://desk.example.com/x?y=1", "": "https://desk.example.com/x?y=1"} {
		if got := ask(http.MethodGet, host, "/x?y=1"); got.StatusCode != http.StatusMovedPermanently || got.Header.Get("Location") != want {
			t.Errorf("%s leads to %s, %d", host, got.Header.Get("Location"), got.StatusCode)
		}
	}
	for _, uri := range []string{"//evil.example/", "/\\evil.example", "x:@evil.example/", "x:.evil.example/"} {
		if to := ask(http.MethodGet, "desk.example.com", uri).Header.Get("Location"); !strings.HasPrefix(to, "https://desk.example.com/") {
			t.Errorf("%s leads to %s", uri, to)
		}
	}
	if got := ask(http.MethodPost, "desk.example.com", "/login"); got.StatusCode != http.StatusBadRequest {
		t.Errorf("what was sent in the clear is answered with %d", got.StatusCode)
	}
	// A question of the authority that nobody asked for is answered with nothing, and makes no file.
	for _, question := range []string{"..%2f..%2fsecret.key", "%00", "acme_account+key", "x"} {
		got := ask(http.MethodGet, "desk.example.com", "/.well-known/acme-challenge/"+question)
		if text, _ := io.ReadAll(got.Body); got.StatusCode == http.StatusOK || strings.Contains(string(text), c.Data) {
			t.Errorf("the made-up question %s is answered with %.80q", question, text)
		}
	}
}

// What strangers ask as if they were the authority is no trouble of ours: it is neither logged nor shown.
func TestMadeUpQuestionsAreNoTrouble(t *testing.T) {
	var said strings.Builder
	k := newCertificates(Config{Data: t.TempDir(), TLS: TLS{Domains: []string{"desk.example.com"}}}, slog.New(slog.NewTextHandler(&said, nil)))
	_, err := k.server().GetCertificate(&tls.ClientHelloInfo{ServerName: "desk.example.com", SupportedProtos: []string{acme.ALPNProto}})
	if err == nil || k.problem != nil || said.Len() > 0 {
		t.Errorf("answered with %v, noted as %v, logged as %q", err, k.problem, said.String())
	}
}
