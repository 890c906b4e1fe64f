package email

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"deskbell/app/channel"
	"deskbell/app/desk"
)

const (
	consentWait = 10 * time.Minute // somebody who was asked has so long to consent
	early       = 2 * time.Minute  // a token that ends so soon is not begun with
)

// consents are the log ins by consent: those that somebody is asked for just now, and the tokens that open mailboxes for an hour. Both
// live in memory alone; what lasts is sealed with the passwords.
type consents struct {
	mu    sync.Mutex
	asked map[string]asked // by state
	given map[desk.InboxID]*oauth2.Token
	turn  map[desk.InboxID]*sync.Mutex // one refresh at a time: providers void a token that is used twice
}

// asked is one consent on its way: who asked, and the secret that proves that it is the same desk which comes back (RFC 7636).
type asked struct {
	inbox              desk.InboxID
	agent              desk.AgentID
	verifier, redirect string
	at                 time.Time
}

func oauthConfig(o *desk.MailOAuth, secret, redirect string) (*oauth2.Config, []oauth2.AuthCodeOption) {
	conf := &oauth2.Config{ClientID: o.ClientID, ClientSecret: secret, RedirectURL: redirect}
	switch o.Provider {
	case "google":
		conf.Endpoint = oauth2.Endpoint{AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token", AuthStyle: oauth2.AuthStyleInParams}
		conf.Scopes = []string{"https://mail.google.com/"}
		return conf, []oauth2.AuthCodeOption{oauth2.AccessTypeOffline, oauth2.ApprovalForce} // else it gives a lasting token the first time only
	case "microsoft":
		base := "https://login.microsoftonline.com/" + url.PathEscape(or(o.Tenant, "common")) + "/oauth2/v2.0/"
		conf.Endpoint = oauth2.Endpoint{AuthURL: base + "authorize", TokenURL: base + "token", AuthStyle: oauth2.AuthStyleInParams}
		conf.Scopes = []string{"offline_access", "https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"}
		return conf, nil
	}
	conf.Endpoint = oauth2.Endpoint{AuthURL: o.AuthURL, TokenURL: o.TokenURL, AuthStyle: oauth2.AuthStyleInParams}
	conf.Scopes = strings.Fields(o.Scopes)
	return conf, []oauth2.AuthCodeOption{oauth2.AccessTypeOffline}
}

// AskConsent begins a consent for a mailbox and answers the provider's page to go to. redirect is the desk's page to which the
// provider leads back.
func (c *Channel) AskConsent(ctx context.Context, by desk.Actor, in *desk.Inbox, redirect string) (string, error) {
	if err := by.Can(desk.ManageInboxes); err != nil {
		return "", err
	}
	box, secrets, err := settingsOf(ctx, c.desk, in)
	if desk.IsSealed(err) {
		return "", desk.Conflict("mailbox.problem.sealed")
	}
	if err != nil {
		return "", err
	}
	if !box.Consents() || box.OAuth == nil {
		return "", desk.Conflict("error.no_consent_wanted")
	}
	a := asked{inbox: in.ID, agent: by.Agent(), verifier: oauth2.GenerateVerifier(), redirect: redirect, at: c.desk.Clock()}
	state := rand.Text()
	c.consents.mu.Lock()
	defer c.consents.mu.Unlock()
	maps.DeleteFunc(c.consents.asked, func(_ string, old asked) bool { return a.at.Sub(old.at) > consentWait })
	if len(c.consents.asked) >= 1000 {
		return "", desk.Conflict("error.too_many_consents")
	}
	c.consents.asked[state] = a
	conf, options := oauthConfig(box.OAuth, secrets.ClientSecret, redirect)
	options = append(options, oauth2.S256ChallengeOption(a.verifier), oauth2.SetAuthURLParam("login_hint", box.IMAP.Username))
	return conf.AuthCodeURL(state, options...), nil
}

// TakeConsent ends a consent: it gives the provider's code back for tokens and stores the one that lasts. Only who asked may end it, once,
// and soon.
func (c *Channel) TakeConsent(ctx context.Context, by desk.Actor, state, code string) (desk.InboxID, error) {
	c.consents.mu.Lock()
	a, ok := c.consents.asked[state]
	delete(c.consents.asked, state)
	c.consents.mu.Unlock()
	if !ok || a.agent != by.Agent() || c.desk.Clock().Sub(a.at) > consentWait {
		return 0, desk.Conflict("error.consent_over")
	}
	in, err := c.desk.Inbox(ctx, by, a.inbox)
	if err != nil {
		return 0, err
	}
	box, secrets, err := settingsOf(ctx, c.desk, in)
	if err != nil {
		return 0, err
	}
	if box.OAuth == nil || code == "" {
		return in.ID, desk.Conflict("error.consent_refused")
	}
	defer c.inTurn(in.ID)() // or whoever waits for a consent would at once renew what it has just given
	conf, _ := oauthConfig(box.OAuth, secrets.ClientSecret, a.redirect)
	token, err := conf.Exchange(c.outside(ctx), code, oauth2.VerifierOption(a.verifier))
	if err != nil {
		c.log.Warn("exchange a code for tokens", "inbox", in.ID, "error", said(err))
		return in.ID, desk.Conflict("error.consent_failed", said(err))
	}
	if token.RefreshToken == "" {
		return in.ID, desk.Conflict("error.consent_short")
	}
	secrets.Refresh = token.RefreshToken
	c.keepToken(in.ID, token)
	return in.ID, c.desk.GiveConsent(ctx, by, in.ID, secrets)
}

// outside is a context in which oauth2 speaks to providers through the guard, and follows nobody elsewhere.
func (c *Channel) outside(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     &http.Transport{DialContext: c.dial, TLSClientConfig: c.Trust, DisableKeepAlives: true, Proxy: nil},
		Timeout:       helloWait,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}

// keepToken remembers what opens a mailbox, until it ends by the desk's clock; nil: nothing does.
func (c *Channel) keepToken(id desk.InboxID, t *oauth2.Token) {
	c.consents.mu.Lock()
	defer c.consents.mu.Unlock()
	if t == nil {
		delete(c.consents.given, id)
		return
	}
	if t.ExpiresIn > 0 {
		t.Expiry = c.desk.Clock().Add(time.Duration(t.ExpiresIn) * time.Second)
	}
	c.consents.given[id] = t
}

// authorize puts the token that opens a mailbox where passwords stand, fetching another one when the last is over.
func (c *Channel) authorize(ctx context.Context, id desk.InboxID, m *mailbox, secrets desk.MailboxSecrets) error {
	if !m.Consents() {
		return nil
	}
	token, err := c.token(ctx, id, m.OAuth, secrets)
	if err != nil {
		return err
	}
	for _, side := range []*Server{&m.imap, &m.smtp} {
		if side.Auth == "xoauth2" {
			side.Password = token
		}
	}
	return nil
}

// inTurn waits until nobody else fetches tokens for a mailbox, and gives way by what it returns.
func (c *Channel) inTurn(id desk.InboxID) (done func()) {
	c.consents.mu.Lock()
	turn := c.consents.turn[id]
	if turn == nil {
		turn = &sync.Mutex{}
		c.consents.turn[id] = turn
	}
	c.consents.mu.Unlock()
	turn.Lock()
	return turn.Unlock
}

func (c *Channel) token(ctx context.Context, id desk.InboxID, o *desk.MailOAuth, secrets desk.MailboxSecrets) (string, error) {
	defer c.inTurn(id)()
	if o == nil || secrets.Refresh == "" { // taken away: the token that it gave is not to be used either
		return "", consentProblem("consent_missing", errors.New("nobody has consented yet"))
	}
	c.consents.mu.Lock()
	known := c.consents.given[id]
	c.consents.mu.Unlock()
	if id != 0 && known != nil && (known.Expiry.IsZero() || c.desk.Clock().Add(early).Before(known.Expiry)) {
		return known.AccessToken, nil
	}
	if id != 0 { // while this one waited its turn another may have renewed it
		if err := c.desk.InboxSecrets(ctx, desk.System, id, &secrets); err != nil {
			return "", err
		}
	}
	if o == nil || secrets.Refresh == "" {
		return "", consentProblem("consent_missing", errors.New("nobody has consented yet"))
	}
	conf, _ := oauthConfig(o, secrets.ClientSecret, "")
	fresh, err := conf.TokenSource(c.outside(ctx), &oauth2.Token{RefreshToken: secrets.Refresh}).Token()
	if err != nil {
		return "", refreshProblem(err)
	}
	c.keepToken(id, fresh)
	if fresh.RefreshToken == "" || fresh.RefreshToken == secrets.Refresh || id == 0 {
		return fresh.AccessToken, nil
	}
	secrets.Refresh = fresh.RefreshToken // the provider gives another one each time, and the old one ends
	return fresh.AccessToken, c.desk.KeepInboxSecrets(context.WithoutCancel(ctx), desk.System, id, secrets)
}

func consentProblem(key string, err error, args ...any) *channel.Problem {
	return &channel.Problem{Field: "imap.auth", Key: "mailbox.problem." + key, Args: args, Err: err}
}

// refreshProblem tells a consent that is over from a provider that is away.
func refreshProblem(err error) *channel.Problem {
	plain := fmt.Errorf("renew the token: %s", said(err)) // the library's own words hold the answer's body
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return consentProblem("provider_away", plain, said(err))
	}
	switch refused.ErrorCode {
	case "invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied":
		return consentProblem("consent_over", plain, said(err))
	case "invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type", "invalid_request":
		return consentProblem("client_refused", plain, said(err))
	}
	return consentProblem("provider_away", plain, said(err))
}

// said are a provider's words for a refusal, or what went wrong on the way to it.
func said(err error) string {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return printable(err.Error())
	}
	words := strings.TrimSpace(refused.ErrorCode + " " + refused.ErrorDescription)
	if words == "" && refused.Response != nil {
		words = refused.Response.Status
	}
	return printable(words)
}

// refusedToken forgets a token that a mail server did not take, so that the next attempt comes with another one, and says so in words.
func (c *Channel) refusedToken(id desk.InboxID, s Server, err error) error {
	var login *loginError
	if s.Auth != "xoauth2" || !errors.As(err, &login) {
		return err
	}
	c.keepToken(id, nil)
	return consentProblem("token_refused", err, s.Host)
}
