package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

// company is the company's own login page.
type company struct {
	*apptest.Shop
	secret string
	now    time.Time
}

// claims are what a token says.
type claims map[string]any

// but are the same with others.
func (c claims) but(pairs ...any) claims {
	other := maps.Clone(c)
	for i := 0; i < len(pairs); i += 2 {
		if other[pairs[i].(string)] = pairs[i+1]; pairs[i+1] == nil {
			delete(other, pairs[i].(string))
		}
	}
	return other
}

func signsOn(shop *apptest.Shop) *company {
	s := &company{Shop: shop, now: time.Now().Truncate(time.Second)}
	s.Desk.Clock = func() time.Time { return s.now }
	s.Desk.Steady = s.Desk.Clock
	s.secret = s.Alice.Post("/admin/sign-on/secret").Status(http.StatusOK).All("#secret")[0]
	s.Alice.Post("/admin/sign-on", "on", "true", "name", "Tea House", "url", "https://login.tea.example/desk?from=desk").LeadsTo("/admin/sign-on")
	return s
}

// begins presses the button, and answers the words that the desk sends along.
func (s *company) begins(b *apptest.Browser, next string) (state string) {
	s.T.Helper()
	p := b.Get("/login/sso?next=" + url.QueryEscape(next)).Status(http.StatusSeeOther)
	to, err := url.Parse(p.Header.Get("Location"))
	s.Must(err)
	q := to.Query()
	state = q.Get("state")
	if to.Scheme+"://"+to.Host+to.Path != "https://login.tea.example/desk" || q.Get("from") != "desk" || q.Get("returnTo") != "http://desk.test/login/sso/return" || len(state) < 26 {
		s.T.Errorf("it leads to %s", to)
	}
	return state
}

func (s *company) says(email, state string) claims {
	return claims{"email": email, "name": "A name that nobody reads", "state": state, "iat": s.now.Unix(), "exp": s.now.Add(time.Minute).Unix()}
}

func (s *company) token(c claims) string { return jwt(s.T, `{"alg":"HS256","typ":"JWT"}`, c, s.secret) }

func (s *company) returns(b *apptest.Browser, token string) *apptest.Page {
	s.T.Helper()
	return b.Get("/login/sso/return?jwt=" + url.QueryEscape(token))
}

func jwt(t testing.TB, header string, c claims, secret string) string {
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(header)) + "." + b64(body)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

func TestSignOn(t *testing.T) {
	s := apptest.Open(t)
	s.Browser().Get("/login").HasNot("a", "Sign in with")
	s.Browser().Get("/login/sso").Status(http.StatusNotFound)
	s.Browser().Get("/login/sso/return?jwt=a.b.c").Status(http.StatusNotFound)
	s.Bo.Get("/admin/sign-on").Status(http.StatusForbidden)
	s.Bo.Post("/admin/sign-on/secret").Status(http.StatusForbidden)
	s.Alice.Post("/admin/sign-on", "on", "true", "url", "https://login.tea.example/").Status(422).Has(".fault", "Create a secret first")
	for _, bad := range []string{"", "http://login.tea.example/", "//login.tea.example", "https://", "https://a:b@login.tea.example/", "https://login.tea.example/#x", "javascript:alert(1)"} {
		s.Alice.Post("/admin/sign-on", "on", "true", "url", bad).Status(422).Has(".fault", "begins with https://")
	}

	c := signsOn(s)
	if again := c.Alice.Get("/admin/sign-on"); strings.Contains(again.Body, c.secret) || len(c.secret) < 43 {
		t.Errorf("the secret %q is shown twice, or short", c.secret)
	}
	c.Alice.Get("/admin/audit").Has("td", "Single sign-on").Has(".tag", "Password or key changed").Has(".tag", "Address of the login page: – → https://login.tea.example/desk?from=desk")
	b := c.Browser()
	b.Get("/login?next=/tickets").Has(`a[href="/login/sso?next=%2ftickets"]`, "Sign in with Tea House")
	token := c.token(c.says("Bo@Tea.example", c.begins(b, "/tickets")).but("aud", []string{"https://other.example", "http://desk.test"}))
	c.returns(b, token).LeadsTo("/tickets")
	b.Get("/tickets").Status(http.StatusOK)
	if b.Cookie("sign-on") != "" {
		t.Error("the words stay in a cookie")
	}
	b.Get("/admin").Status(http.StatusForbidden)
	c.Alice.Get("/admin/audit?agent="+id(c.Bo)).Has("td", "Logged in").Has(".tag", "Single sign-on")
	b.Post("/logout").LeadsTo("/login")
	c.Alice.Post("/admin/sign-on", "url", "https://login.tea.example/").LeadsTo("/admin/sign-on")
	b.Get("/login/sso").Status(http.StatusNotFound)
}

// Whatever the answer of the login page has wrong with it lets nobody in.
func TestSignOnIsRefused(t *testing.T) {
	s := signsOn(apptest.Open(t))
	off := false
	_, err := s.Desk.ChangeAgent(t.Context(), s.Alice.Actor(), s.Chen.Agent.ID, desk.AgentChange{Enabled: &off})
	s.Must(err)
	unix := func(d time.Duration) int64 { return s.now.Add(d).Unix() }
	signed := func(header, secret string) func(claims) string {
		return func(c claims) string { return jwt(t, header, c, secret) }
	}
	with := func(pairs ...any) func(claims) string {
		return func(c claims) string { return s.token(c.but(pairs...)) }
	}
	const hs256 = `{"alg":"HS256"}`
	for what, one := range map[string]struct {
		token func(claims) string
		says  string
	}{
		"nothing":             {func(claims) string { return "" }, "not signed"},
		"none":                {signed(`{"alg":"none"}`, s.secret), "not signed"},
		"none, unsigned":      {func(c claims) string { w := jwt(t, `{"alg":"none"}`, c, ""); return w[:strings.LastIndex(w, ".")+1] }, "not signed"},
		"HS512":               {signed(`{"alg":"HS512"}`, s.secret), "not signed"},
		"critical":            {signed(`{"alg":"HS256","crit":["exp"]}`, s.secret), "not signed"},
		"alg twice":           {signed(`{"alg":"none","alg":"HS256"}`, s.secret), "not signed"},
		"another secret":      {signed(hs256, "another secret of this length, more or less"), "not signed"},
		"no secret":           {signed(hs256, ""), "not signed"},
		"unsigned":            {func(c claims) string { w := s.token(c); return w[:strings.LastIndex(w, ".")+1] }, "not signed"},
		"too long":            {with("pad", strings.Repeat("x", 8000)), "not signed"},
		"email is a number":   {with("email", 7), "not signed"},
		"over":                {with("exp", unix(-2*time.Minute)), "took too long"},
		"no end":              {with("exp", nil), "incomplete"},
		"an hour":             {with("exp", unix(time.Hour)), "longer than ten minutes"},
		"not yet":             {with("nbf", unix(5*time.Minute)), "took too long"},
		"from the future":     {with("iat", unix(5*time.Minute)), "took too long"},
		"old":                 {with("iat", unix(-time.Hour)), "took too long"},
		"nobody":              {with("email", ""), "incomplete"},
		"another desk's":      {with("aud", "https://other.example"), "another desk"},
		"for no desk":         {with("aud", []string{}), "another desk"},
		"unknown":             {with("email", "eve@tea.example"), "No agent here has the address eve@tea.example"},
		"disabled":            {with("email", "chen@tea.example"), "No agent here has the address chen@tea.example"},
		"words of nobody":     {with("state", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "did not begin in this browser"},
		"no words":            {with("state", nil), "did not begin in this browser"},
		"words of a stranger": {func(c claims) string { return s.token(c.but("state", s.begins(s.Browser(), "/"))) }, "did not begin in this browser"},
	} {
		b := s.Browser()
		s.now = s.now.Add(time.Second)
		page := s.returns(b, one.token(s.says("bo@tea.example", s.begins(b, "/tickets")))).Status(http.StatusUnauthorized).Has(".notice.bad", one.says)
		if b.Cookie("session") != "" || page.Attr(`input[name="next"]`, "value") != "/tickets" {
			t.Errorf("%s: it goes on to %q with a session %q", what, page.Attr(`input[name="next"]`, "value"), b.Cookie("session"))
		}
		b.Get("/conversations").LeadsTo("/login?next=%2Fconversations")
	}
}

// An answer works once, in the browser that began, and leads to pages of this desk only.
func TestSignOnIsOneBrowsers(t *testing.T) {
	s := signsOn(apptest.Open(t))
	b, victim, thief := s.Browser(), s.Browser(), s.Browser()
	token := s.token(s.says("bo@tea.example", s.begins(b, "/tickets")))
	s.returns(victim, token).Status(http.StatusUnauthorized) // who began nothing
	s.begins(victim, "/")
	s.returns(victim, token).Status(http.StatusUnauthorized).Has(".notice.bad", "did not begin in this browser")
	thief.Keep(b)
	s.returns(b, token).LeadsTo("/tickets")
	s.returns(b, token).Status(http.StatusUnauthorized)
	s.returns(thief, token).Status(http.StatusUnauthorized).Has(".notice.bad", "used already") // with all of the browser's cookies
	if thief.Cookie("session") != "" {
		t.Error("used twice")
	}
	for _, evil := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)", "/login/sso", "http:evil"} {
		fresh := s.Browser()
		s.returns(fresh, s.token(s.says("bo@tea.example", s.begins(fresh, evil)))).LeadsTo("/")
	}

	// Another's session ends where somebody signs on.
	was := s.Browser()
	was.Keep(s.Bo)
	s.returns(s.Bo, s.token(s.says("alice@tea.example", s.begins(s.Bo, "/admin")))).LeadsTo("/admin")
	s.Bo.Get("/admin").Status(http.StatusOK)
	was.Get("/conversations").LeadsTo("/login?next=%2Fconversations")

	// A new secret ends the old one.
	state := s.begins(b, "/")
	old := s.token(s.says("bo@tea.example", state))
	s.Alice.Post("/admin/sign-on/secret").Status(http.StatusOK)
	s.returns(b, old).Status(http.StatusUnauthorized).Has(".notice.bad", "not signed")

	flood := s.Browser()
	for range 120 {
		s.returns(flood, "x")
	}
	s.returns(flood, "x").Status(http.StatusTooManyRequests)
}

// Sign-on stands in the place of the password: the second step comes after it, and it shows again who one is.
func TestSignOnInThePlaceOfAPassword(t *testing.T) {
	s := signsOn(apptest.Open(t))
	s.now = s.now.Add(3 * time.Hour)
	s.Alice.Get("/admin/company").LeadsTo("/prove?next=%2Fadmin%2Fcompany")
	s.Alice.Get("/prove?next=/admin/company").Has(`a[href="/login/sso?next=%2fadmin%2fcompany"]`, "Sign in with Tea House")
	before := s.Alice.Cookie("session")
	s.returns(s.Alice, s.token(s.says("alice@tea.example", s.begins(s.Alice, "/admin/company")))).LeadsTo("/admin/company")
	s.Alice.Get("/admin/company").Status(http.StatusOK)
	if s.Alice.Cookie("session") != before {
		t.Error("other tabs have lost their session")
	}

	// Who was invited comes without a password; the invitation is over.
	link := strings.TrimPrefix(s.Alice.Post("/admin/agents", "name", "Dan", "email", "dan@tea.example", "role", "agent", "capacity", "5").Status(200).All("#invitation")[0], "http://desk.test")
	dan := s.Browser()
	s.returns(dan, s.token(s.says("dan@tea.example", s.begins(dan, "/profile")))).LeadsTo("/profile")
	dan.Get("/profile").Status(http.StatusOK)
	s.Browser().Get(link).Status(http.StatusNotFound)
	if a, err := s.Desk.AgentByEmail(t.Context(), desk.System, "dan@tea.example"); err != nil || a.Invited {
		t.Errorf("still invited: %+v %v", a, err)
	}
	other := s.Browser()
	other.Get("/login")
	other.Post("/login", "email", "dan@tea.example", "password", "").Status(http.StatusUnauthorized)

	s.Must(s.Desk.BeginTwoFactor(t.Context(), s.Bo.Actor()))
	two, err := s.Desk.TwoFactor(t.Context(), s.Bo.Actor())
	s.Must(err)
	code, err := totp.GenerateCode(two.Secret, s.now)
	s.Must(err)
	_, err = s.Desk.ConfirmTwoFactor(t.Context(), s.Bo.Actor(), code)
	s.Must(err)
	s.now = s.now.Add(time.Minute)
	b := s.Browser()
	s.returns(b, s.token(s.says("bo@tea.example", s.begins(b, "/tickets")))).LeadsTo("/login/code?next=%2Ftickets")
	b.Get("/tickets").LeadsTo("/login?next=%2Ftickets")
	b.Get("/login/code")
	code, err = totp.GenerateCode(two.Secret, s.now)
	s.Must(err)
	b.Post("/login/code", "code", code, "next", "/tickets").LeadsTo("/tickets")
	s.Must(err)
	s.Alice.Get("/admin/audit?agent="+id(s.Bo)).Has("td", "Logged in").Has(".tag", "Single sign-on")
}
