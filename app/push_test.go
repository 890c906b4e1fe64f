package app

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"deskbell/app/desk"
	"deskbell/app/push"
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
	_, token, _ := strings.Cut(do("GET", "/profile", "", "Accept", "text/html").Body.String(), `data-csrf="`)
	token, _, _ = strings.Cut(token, `"`)
	one := browserJSON(t)
	for name, c := range map[string]struct {
		body    string
		headers []string
		want    int
	}{
		"nobody asked":             {one, nil, 403},
		"another site":             {one, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a form of another site":   {one, []string{"Sec-Fetch-Site", "same-origin", "Content-Type", "text/plain"}, 403},
		"a page of ours":           {one, []string{"X-CSRF-Token", token}, 204},
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
	if w := do("DELETE", "/push/subscriptions", one, "X-CSRF-Token", token); w.Code != 204 {
		t.Errorf("take it away: %d", w.Code)
	}
	if browsers, _ = a.Push.Browsers(t.Context(), alice.Actor()); len(browsers) != 0 {
		t.Error("it is still there")
	}
	if w := do("GET", "/admin/health", "", "Accept", "text/html"); w.Code != 200 || !strings.Contains(w.Body.String(), "There is no replica.") {
		t.Errorf("the health page: %d %s", w.Code, w.Body)
	}
}

// The terminal's doctor asks the push services, and pushes to the browsers of whom it is told.
func TestTheDoctorPushes(t *testing.T) {
	a := begin(t)
	alice, err := a.Desk.AgentByEmail(t.Context(), desk.System, "alice@tea.example")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.Method)
		w.WriteHeader(http.StatusCreated)
	}))
	defer service.Close()
	examine := func(to string) (findings []string) {
		t.Helper()
		var out strings.Builder
		c := a.Config
		c.Listen, c.PrivateAllowed = "127.0.0.1:1", true
		d := &Doctor{Config: c, Views: a.Views, Lang: "en", Out: &out, PushTo: to}
		if _, err := d.Examine(t.Context()); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, "  Notifications") {
				findings = append(findings, strings.Join(strings.Fields(line), " "))
			}
		}
		mu.Lock()
		defer mu.Unlock()
		findings, asked = append(findings, asked...), nil
		return findings
	}
	a.Push.Guard.AllowPrivate = true // the service is on loopback
	sub, err := push.Read(strings.NewReader(strings.Replace(browserJSON(t), "https://push.example", service.URL, 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := func(got []string, want ...string) {
		t.Helper()
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	const told = "ok Notifications "
	host := strings.TrimPrefix(service.URL, "http://")
	want(examine("alice@tea.example"), told+"0 browsers get notifications.", "look Notifications No browser of yours gets notifications: switch them on in your profile.")
	if err := a.Push.Subscribe(t.Context(), alice.Actor(), sub); err != nil {
		t.Fatal(err)
	}
	answers := told + host + " It answers. Browsers that it reaches: 1."
	want(examine(""), told+"1 browsers get notifications.", answers, "HEAD")
	want(examine("alice@tea.example"), told+"1 browsers get notifications.", answers, told+"A notification was sent to each of your browsers. If none appeared, look at the browser's and the machine's own settings.", "HEAD", "POST")
	want(examine("nobody@tea.example"), told+"1 browsers get notifications.", answers, "WRONG Notifications No agent has the address nobody@tea.example.", "HEAD")
}
