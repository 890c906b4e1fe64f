package app

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
	"deskbell/app/health"
)

// begin starts a whole app on an empty folder, without a replica.
func begin(t *testing.T) *App {
	t.Helper()
	return beginIn(t, t.TempDir(), false)
}

// beginIn starts it on a folder that is there; its demo has a mail provider of its own.
func beginIn(t *testing.T, dir string, demo bool) *App {
	t.Helper()
	c := Config{Data: dir, URL: "http://127.0.0.1:8080", Demo: demo, PrivateAllowed: demo}
	if !demo {
		c.AdminEmail, c.AdminPassword = "alice@tea.example", "longjing before rain"
	}
	a, err := New(t.Context(), c, os.DirFS("../views"), os.DirFS("../static"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *App) get(path string, with func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+path, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	if with != nil {
		with(r)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func tokenOf(t *testing.T, a *App, by desk.Actor) string {
	t.Helper()
	text, err := a.Desk.CreateToken(t.Context(), by, by.Agent(), "monitor")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReadyNamesEveryPart(t *testing.T) {
	a := begin(t)
	w := a.get("/readyz", nil)
	var got readyJSON
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || !got.OK {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	names := ""
	for _, p := range got.Parts {
		names += p.Name + " "
	}
	if names != "database disk outbox events replica clock " {
		t.Errorf("parts: %s", names)
	}
	a.Health.Add(health.One(func(context.Context) health.Part {
		return health.Failure("disk", "health.disk.failed", "1 MiB", "9 GiB")
	}))
	w = a.get("/readyz", func(r *http.Request) { r.Header.Set("Accept-Language", "zh-CN") })
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "磁盘几乎已满，仅剩 1 MiB") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = a.get("/readyz", func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5" })
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "1 MiB") || !strings.Contains(w.Body.String(), `"name":"disk"`) {
		t.Errorf("to a stranger: %d %s", w.Code, w.Body)
	}
	if w = a.get("/healthz", nil); w.Code != http.StatusOK {
		t.Errorf("healthz: %d", w.Code)
	}
}

func TestMetricsAreForTheHouse(t *testing.T) {
	a := begin(t)
	alice, err := a.Desk.AgentByEmail(t.Context(), desk.System, "alice@tea.example")
	if err != nil {
		t.Fatal(err)
	}
	bo, err := a.Desk.CreateAgent(t.Context(), desk.System, desk.NewAgent{Email: "bo@tea.example", Name: "Bo", Role: desk.Crew, Password: "oolong and more"})
	if err != nil {
		t.Fatal(err)
	}
	away := func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5" }
	for name, c := range map[string]struct {
		with func(*http.Request)
		want int
	}{
		"this machine":         {nil, 200},
		"elsewhere":            {away, 404},
		"an admin's token":     {func(r *http.Request) { away(r); r.Header.Set("Authorization", "Bearer "+tokenOf(t, a, alice.Actor())) }, 200},
		"an agent's token":     {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+tokenOf(t, a, bo.Actor())) }, 404},
		"a wrong token":        {func(r *http.Request) { r.Header.Set("Authorization", "Bearer db_x") }, 404},
		"a proxy that says so": {func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") }, 404},
		"a public name":        {func(r *http.Request) { r.Host = "desk.example.com" }, 404},
		"nginx as it comes":    {func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0 }, 404},
	} {
		if w := a.get("/metrics", c.with); w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
	a.get("/no/such/page", nil)
	body := a.get("/metrics", nil).Body.String()
	for _, want := range []string{`route="/metrics",status="2xx"`, `route="/metrics",status="4xx"`, `deskbell_follower_behind_events{follower="search"}`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(body, "no/such") {
		t.Error("clients can make series")
	}
}

func TestDoctor(t *testing.T) {
	a := begin(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: a.Handler()}}
	server.Start()
	defer server.Close()
	dns := mailhost.StartDNS(t, map[string][]string{"MX tea.example": {"10 mx.tea.example"}, "A mx.tea.example": {"192.0.2.1"}}).Resolver()
	examine := func(change func(*Doctor)) (bool, string) {
		t.Helper()
		var out bytes.Buffer
		d := &Doctor{Config: Config{Data: a.Config.Data, Listen: listener.Addr().String(), URL: "http://127.0.0.1"}, Views: a.Views, Lang: "en", Out: &out, Resolver: dns}
		change(d)
		well, err := d.Examine(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return well, out.String()
	}
	well, said := examine(func(*Doctor) {})
	if !well || !strings.Contains(said, "Running at http://127.0.0.1:") || !strings.Contains(said, "Nothing has failed") {
		t.Errorf("with a server: %v\n%s", well, said)
	}
	box := desk.Mailbox{Address: "support@tea.example", IMAP: desk.MailServer{Host: "127.0.0.1", Port: 1, Security: "tls", Username: "u"}, SMTP: desk.MailServer{Host: "127.0.0.1", Port: 1, Security: "tls", Username: "u"}}
	if _, err := a.Desk.SaveInbox(t.Context(), desk.System, desk.SavedInbox{Channel: desk.Email, Name: "Support", Enabled: true, Settings: box}); err != nil {
		t.Fatal(err)
	}
	well, said = examine(func(d *Doctor) { d.Lang = "zh-CN" })
	if well || !strings.Contains(said, "Support") || !strings.Contains(said, "imap.host") || !strings.Contains(said, "3 项需要处理") {
		t.Errorf("with a mailbox that nothing answers for: %v\n%s", well, said)
	}
	server.Close()
	well, said = examine(func(d *Doctor) { d.JSON = true })
	var got readyJSON
	if err := json.Unmarshal([]byte(said), &got); err != nil || well || got.OK || got.Parts[0].Name != "server" || got.Parts[0].State != health.Warn {
		t.Errorf("without a server: %v %v\n%s", well, err, said)
	}
	well, said = examine(func(d *Doctor) { d.Config.Data = t.TempDir() })
	if well || !strings.Contains(said, "There is no data in") {
		t.Errorf("on an empty folder: %v\n%s", well, said)
	}
}

func TestLanguageOfTheTerminal(t *testing.T) {
	for env, want := range map[string]string{"LANG=zh_CN.UTF-8": "zh-CN", "LANG=C": "en", "": "en", "LC_ALL=C LANG=zh_CN": "en", "LC_MESSAGES=zh_TW LANG=en_US": "zh-CN"} {
		get := func(name string) string {
			for f := range strings.FieldsSeq(env) {
				if v, ok := strings.CutPrefix(f, name+"="); ok {
					return v
				}
			}
			return ""
		}
		if got := Language(get); got != want {
			t.Errorf("%s: %s", env, got)
		}
	}
}
