package email

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// provider is an identity provider as RFC 6749 and RFC 7636 want it: codes are used once, PKCE is checked, each refresh token ends
// when it has been used, and the last access token alone is good.
type provider struct {
	*httptest.Server
	mu        sync.Mutex
	codes     map[string]string // code to challenge
	refresh   string
	access    string
	n         int
	refreshed int
	away      bool
	host      *mailhost.Host
}

func newProvider(t *testing.T) *provider {
	p := &provider{codes: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/authorize", p.authorize)
	mux.HandleFunc("/token", p.token)
	mux.HandleFunc("/introspect", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		token := r.URL.Query().Get("token")
		json.NewEncoder(w).Encode(map[string]any{"active": token == p.access && token != "", "email": support})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	if q.Get("client_id") != "deskbell" || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("state") == "" || q.Get("login_hint") != support {
		http.Error(w, "bad request: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	p.n++
	code := fmt.Sprintf("code-%d", p.n)
	p.codes[code] = q.Get("code_challenge")
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"state": {q.Get("state")}, "code": {code}}.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	refuse := func(status int, code string) {
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": "says the provider"})
	}
	if p.away {
		refuse(http.StatusServiceUnavailable, "temporarily_unavailable")
		return
	}
	if r.PostFormValue("client_secret") != "client secret" {
		refuse(http.StatusUnauthorized, "invalid_client")
		return
	}
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		code, sum := r.PostFormValue("code"), sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		challenge, ok := p.codes[code]
		delete(p.codes, code)
		if !ok || challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
			refuse(http.StatusBadRequest, "invalid_grant")
			return
		}
	case "refresh_token":
		if p.refresh == "" || r.PostFormValue("refresh_token") != p.refresh {
			refuse(http.StatusBadRequest, "invalid_grant")
			return
		}
		p.refreshed++
	}
	p.n++
	p.access, p.refresh = fmt.Sprintf("access-%d", p.n), fmt.Sprintf("refresh-%d", p.n)
	p.host.SetTokens(p.access)
	json.NewEncoder(w).Encode(map[string]any{"access_token": p.access, "refresh_token": p.refresh, "token_type": "Bearer", "expires_in": 3600})
}

// set changes the provider from a test.
func (p *provider) set(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// consent is what a person does in the browser: he follows the provider's page back to the desk.
func (o *office) consent(by desk.Actor) (state, code string) {
	o.t.Helper()
	in, err := o.Inbox(o.t.Context(), desk.System, o.inbox.ID)
	o.must(err)
	to, err := o.ch.AskConsent(o.t.Context(), by, in, "https://desk.test/admin/mailboxes/consent")
	o.must(err)
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(to)
	o.must(err)
	res.Body.Close()
	back, err := res.Location()
	if err != nil {
		o.t.Fatalf("the provider answered %s to %s", res.Status, to)
	}
	return back.Query().Get("state"), back.Query().Get("code")
}

// The whole round: nobody has consented, somebody does, mail comes and goes, the token ends and another one comes, the consent is taken
// back and given again.
func TestConsent(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	h := mailhost.StartOAuth(t, p.URL+"/introspect?token=")
	p.host = h
	o := newOffice(t, h)
	o.box.IMAP.Auth, o.box.SMTP.Auth = "xoauth2", "xoauth2"
	o.box.OAuth = &desk.MailOAuth{Provider: "other", ClientID: "deskbell", AuthURL: p.URL + "/authorize", TokenURL: p.URL + "/token", Scopes: "mail"}
	o.must(o.box.Check())
	o.secrets = desk.MailboxSecrets{ClientSecret: "client secret"}
	o.save()
	o.secrets = desk.MailboxSecrets{} // those that are stored, from now on
	o.start()
	problem := func(key string) {
		t.Helper()
		o.until(key, func() bool {
			side := o.state().Receiving
			return side.Down() && side.Problem.Key == "mailbox.problem."+key
		})
	}
	problem("consent_missing")

	state, code := o.consent(o.alice)
	if _, err := o.ch.TakeConsent(t.Context(), o.crew(), state, code); !isKind(err, desk.KindConflict) {
		t.Errorf("another agent ends it: %v", err)
	}
	if _, err := o.ch.TakeConsent(t.Context(), o.alice, state, code); !isKind(err, desk.KindConflict) {
		t.Errorf("a state was used twice: %v", err)
	}
	state, _ = o.consent(o.alice)
	if _, err := o.ch.TakeConsent(t.Context(), o.alice, state, "a guess"); !isKind(err, desk.KindConflict) {
		t.Errorf("a code that is none: %v", err)
	}
	state, code = o.consent(o.alice)
	o.later(11 * time.Minute)
	if _, err := o.ch.TakeConsent(t.Context(), o.alice, state, code); !isKind(err, desk.KindConflict) {
		t.Errorf("too late: %v", err)
	}
	state, code = o.consent(o.alice)
	_, err := o.ch.TakeConsent(t.Context(), o.alice, state, code)
	o.must(err)
	o.until("the mailbox is up", o.up)
	h.Fill(support, letterFrom("mei@example.test", "1@x", "Tea", "one"))
	o.awaitRows("filed", 1)
	o.awaitDelivery(o.reply(1, "by consent"), "sent")

	// The token ends: another one comes, and with it another lasting one.
	o.later(2 * time.Hour)
	o.awaitDelivery(o.reply(1, "two hours later"), "sent")
	o.halt()
	o.start()
	o.until("the mailbox is up", o.up)
	var sealed []byte
	o.must(o.DB().Readers().QueryRow("select secrets from inboxes where id = ?", o.inbox.ID).Scan(&sealed))
	p.set(func() {
		if p.refreshed == 0 || strings.Contains(string(sealed), p.refresh) {
			t.Errorf("refreshed %d times, secrets %q", p.refreshed, sealed)
		}
	})

	// The provider is away for a while, then it takes the token back although it has not ended.
	p.set(func() { p.away, p.access = true, "" })
	o.later(2 * time.Hour)
	o.save()
	problem("provider_away")
	p.set(func() { p.away = false })
	o.until("the mailbox is up again", o.up)
	p.set(func() { p.access = "taken back" })
	o.save()
	o.until("another token", o.up)

	// The consent itself is taken back, and given again.
	p.set(func() { p.refresh, p.access = "", "" })
	h.SetTokens("none")
	o.later(2 * time.Hour)
	o.save()
	problem("consent_over")
	failed := o.reply(1, "waits for consent")
	o.until("an attempt", func() bool { return o.count("select attempts from deliveries where message_id = ?", failed.ID) > 0 })
	state, code = o.consent(o.alice)
	_, err = o.ch.TakeConsent(t.Context(), o.alice, state, code)
	o.must(err)
	o.until("the mailbox is up once more", o.up)
	o.awaitDelivery(failed, "sent")
}
