package app

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"deskbell/app/desk"
)

// browserJSON is what a browser says of its subscription.
func browserJSON(t *testing.T) string {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	b, err := json.Marshal(map[string]any{"endpoint": "https://push.example/" + rand.Text(), "expirationTime": nil,
		"keys": map[string]string{"p256dh": b64(key.PublicKey().Bytes()), "auth": b64([]byte("sixteen bytes ok"))}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBrowsersSubscribe(t *testing.T) {
	a := begin(t)
	cookie, alice, err := a.Desk.LogIn(t.Context(), desk.System, desk.Credentials{Email: "alice@tea.example", Password: "longjing before rain", IP: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := a.Desk.Session(t.Context(), desk.System, cookie)
	if err != nil {
		t.Fatal(err)
	}
	do := func(method, path, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json")
		r.AddCookie(&http.Cookie{Name: "session", Value: cookie})
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		return w
	}
	if w := do("GET", "/push/key", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"key":"`+a.Push.Key()+`"`) {
		t.Errorf("the key: %d %s", w.Code, w.Body)
	}
	one := browserJSON(t)
	for name, c := range map[string]struct {
		body    string
		headers []string
		want    int
	}{
		"nobody asked":             {one, nil, 403},
		"another site":             {one, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a form of another site":   {one, []string{"Sec-Fetch-Site", "same-origin", "Content-Type", "text/plain"}, 403},
		"a page of ours":           {one, []string{"X-CSRF-Token", session.CSRF}, 204},
		"the worker":               {one, []string{"Sec-Fetch-Site", "same-origin"}, 204},
		"nonsense":                 {"{", []string{"Sec-Fetch-Site", "same-origin"}, 422},
		"nobody, with a dead line": {one, []string{"Sec-Fetch-Site", "same-origin", "Cookie", "session=x"}, 401},
	} {
		if w := do("POST", "/push/subscriptions", c.body, c.headers...); w.Code != c.want {
			t.Errorf("%s: %d, want %d: %s", name, w.Code, c.want, w.Body)
		}
	}
	browsers, err := a.Push.Browsers(t.Context(), alice.Actor())
	if err != nil || len(browsers) != 1 {
		t.Fatalf("browsers: %v, %v", browsers, err)
	}
	if w := do("DELETE", "/push/subscriptions", one, "X-CSRF-Token", session.CSRF); w.Code != 204 {
		t.Errorf("take it away: %d", w.Code)
	}
	if browsers, _ = a.Push.Browsers(t.Context(), alice.Actor()); len(browsers) != 0 {
		t.Error("it is still there")
	}
	if w := do("GET", "/admin/health", "", "Accept", "text/html"); w.Code != 200 || !strings.Contains(w.Body.String(), "Nothing is copied anywhere.") {
		t.Errorf("the health page: %d %s", w.Code, w.Body)
	}
}
