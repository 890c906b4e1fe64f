package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// Single sign-on by a JWT (RFC 7519): the desk sends the browser to the company's login page with words of its own (state) and the address
// to come back to (returnTo); the page sends it back there with a token that names the agent and repeats the words.

const (
	signOnBack = "/login/sso/return"
	signOnWait = 30 * time.Minute // for somebody to log in at the company's page
	signOnLife = 10 * time.Minute // of a token at most: it stands in an address
)

// signOnClaims are what the login page signs. iat, nbf and aud are looked at when they are there.
type signOnClaims struct {
	Email     string   `json:"email"`
	State     string   `json:"state"`
	Expires   float64  `json:"exp"` // seconds since 1970
	Issued    float64  `json:"iat"`
	NotBefore float64  `json:"nbf"`
	Audience  audience `json:"aud"`
}

// audience is one name or a list of such: RFC 7519 section 4.1.3.
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		return rest.Unmarshal(text, (*[]string)(a))
	}
	*a = make(audience, 1)
	return rest.Unmarshal(text, &(*a)[0])
}

// beginSignOn leads to the company's login page. The words are kept in a cookie, so that an answer that somebody else has got for himself logs
// nobody in as him (RFC 6749 section 10.12), together with the page that was wanted, which is no one else's business.
func (w *Web) beginSignOn(c echo.Context) error {
	s, err := w.Desk.SignOn(c.Request().Context(), desk.System)
	if err != nil {
		return err
	}
	if !s.On {
		return desk.NotFound
	}
	to, err := url.Parse(s.URL)
	if err != nil {
		return err
	}
	state := rand.Text()
	c.SetCookie(w.cookie("sign-on", state+"."+base64.RawURLEncoding.EncodeToString([]byte(localPath(c.QueryParam("next")))), signOnWait))
	q := to.Query()
	q.Set("state", state)
	q.Set("returnTo", w.origin(c)+signOnBack)
	to.RawQuery = q.Encode()
	return c.Redirect(http.StatusSeeOther, to.String())
}

// endSignOn takes the login page's answer. The cookie is over with it, however it is.
func (w *Web) endSignOn(c echo.Context) error {
	ctx, v := c.Request().Context(), visitOf(c)
	kept, next, _ := strings.Cut(w.readCookie(c, "sign-on"), ".")
	wanted, _ := base64.RawURLEncoding.DecodeString(next)
	p := &loginPage{Next: localPath(string(wanted))}
	c.SetCookie(w.cookie("sign-on", "", -1))
	by, in := desk.System, credentials(c)
	said, err := w.signedOn(c, kept)
	var token string
	if err == nil {
		if v.agent != nil {
			by, said.At = actor(c), v.session.ID
		}
		token, _, err = w.Desk.LogInBySignOn(ctx, by, said, in)
	}
	needed := errors.Is(err, desk.CodeNeeded)
	if err != nil && !needed {
		var e *desk.Error
		if errors.As(err, &e) && e.Kind == desk.KindUnauthorized { // whoever sets it up looks here
			w.Log.Warn("sign-on refused", "why", e.Key, "ip", in.IP)
		}
		return w.loginAgain(c, err, p)
	}
	if v.session != nil && token != "" { // somebody else was here
		if err := w.Desk.EndSession(ctx, by, v.session.ID); err != nil {
			return err
		}
	}
	switch {
	case needed:
		c.SetCookie(w.cookie("step", token, 0))
		return c.Redirect(http.StatusSeeOther, "/login/code?next="+url.QueryEscape(p.Next))
	case token != "":
		w.startSession(c, token, false)
	}
	return c.Redirect(http.StatusSeeOther, p.Next)
}

// signedOn checks the token: who signed it, for which browser and which desk, and whether it holds now.
func (w *Web) signedOn(c echo.Context, state string) (said desk.SignedOn, err error) {
	ctx := c.Request().Context()
	if err := w.Desk.MaySignOn(ctx, desk.System, c.RealIP()); err != nil {
		return said, err
	}
	s, err := w.Desk.SignOn(ctx, desk.System)
	if err != nil {
		return said, err
	}
	if !s.On {
		return said, desk.NotFound
	}
	secret, err := w.Desk.SignOnSecret(ctx, desk.System)
	if err != nil {
		return said, err
	}
	refused := func(key string) (desk.SignedOn, error) {
		return desk.SignedOn{}, &desk.Error{Kind: desk.KindUnauthorized, Key: key}
	}
	var k signOnClaims
	now, skew := float64(w.Desk.Clock().Unix()), rest.Skew.Seconds()
	switch token := c.QueryParam("jwt"); {
	case len(token) > 8000 || !rest.Verify(token, secret, &k):
		return refused("error.sign_on_wrong")
	case k.Email == "" || k.Expires == 0 || k.Expires > now+signOnLife.Seconds()+skew:
		return refused("error.sign_on_claims")
	case k.Audience != nil && !slices.Contains(k.Audience, w.origin(c)):
		return refused("error.sign_on_claims")
	case k.Expires+skew < now || k.Issued-skew > now || k.NotBefore-skew > now || k.Issued != 0 && k.Issued+signOnLife.Seconds()+skew < now:
		return refused("error.sign_on_over")
	case state == "" || subtle.ConstantTimeCompare([]byte(k.State), []byte(state)) != 1:
		return refused("error.sign_on_state")
	}
	return desk.SignedOn{Email: k.Email, State: state, Until: time.Unix(int64(k.Expires+skew)+1, 0)}, nil
}

// signOnPage is where an admin says how agents are signed on.
type signOnPage struct {
	Page
	S      desk.SignOn
	Live   bool   // it is on already
	Made   bool   // there is a secret
	Secret string // a new one, shown this once
	Back   string // the address to come back to
	Origin string
}

func (w *Web) signOnPage(c echo.Context) (p *signOnPage, err error) {
	ctx := c.Request().Context()
	p = &signOnPage{Back: w.origin(c) + signOnBack, Origin: w.origin(c)}
	p.Nav = "admin"
	if p.S, err = w.Desk.SignOn(ctx, actor(c)); err != nil {
		return nil, err
	}
	secret, err := w.Desk.SignOnSecret(ctx, desk.System)
	p.Live, p.Made = p.S.On, secret != ""
	return p, err
}

func (w *Web) signOn(c echo.Context) error {
	p, err := w.signOnPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/sign_on/form", p)
}

func (w *Web) changeSignOn(c echo.Context) error {
	p, err := w.signOnPage(c)
	if err != nil {
		return err
	}
	p.S = desk.SignOn{On: c.FormValue("on") == "true", Name: text(c, "name"), URL: text(c, "url")}
	if err := w.Desk.ChangeSignOn(c.Request().Context(), actor(c), p.S); err != nil {
		return w.again(c, err, "admin/sign_on/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/sign-on")
}

// newSignOnSecret makes the secret and shows it this once.
func (w *Web) newSignOnSecret(c echo.Context) error {
	secret, err := w.Desk.NewSignOnSecret(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	p, err := w.signOnPage(c)
	if err != nil {
		return err
	}
	p.Secret = secret
	return w.show(c, "admin/sign_on/form", p)
}
