package web

import (
	"context"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/pquerna/otp"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// What protects an agent's account: a forgotten password, the second step at log-in, and the password said again before what
// matters is changed.

type resetPage struct {
	Page
	Email string
	Sent  bool
}

func (w *Web) newReset(c echo.Context) error { return w.show(c, "session/reset", &resetPage{}) }

// askReset answers the same, and as fast, whether there is such an agent or not.
func (w *Web) askReset(c echo.Context) error {
	ctx := c.Request().Context()
	p := &resetPage{Email: text(c, "email"), Sent: true}
	if err := w.Desk.MayRequestReset(ctx, desk.System, p.Email, c.RealIP()); err != nil {
		p.Sent = false
		return w.again(c, err, "session/reset", p)
	}
	ip := c.RealIP()
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := w.Desk.RequestReset(ctx, desk.System, p.Email, ip); err != nil {
			w.Log.Error("mail a link to a new password", "error", err)
		}
	}()
	return w.show(c, "session/reset", p)
}

func (w *Web) newPassword(c echo.Context) error {
	p, err := w.resetting(c)
	if err != nil {
		return err
	}
	return w.show(c, "session/password", p)
}

// resetting is the page behind the link of the path.
func (w *Web) resetting(c echo.Context) (*invitationPage, error) {
	ctx := c.Request().Context()
	a, err := w.Desk.Resetting(ctx, desk.System, c.Param("token"))
	if err != nil {
		return nil, err
	}
	tokens, err := w.Desk.Tokens(ctx, a.Actor())
	return &invitationPage{Name: a.Name, Email: a.Email, Tokens: len(tokens) > 0}, err
}

func (w *Web) resetPassword(c echo.Context) error {
	p, err := w.resetting(c)
	if err != nil {
		return err
	}
	if _, err := w.Desk.ResetPassword(c.Request().Context(), desk.System, c.Param("token"), c.FormValue("password"), text(c, "tokens") == "true"); err != nil {
		return w.again(c, err, "session/password", p)
	}
	w.notice(c, "notice.password_changed")
	return c.Redirect(http.StatusSeeOther, "/login")
}

// showReset makes the same link for an admin to hand over.
func (w *Web) showReset(c echo.Context) error {
	a, err := w.agentOf(c)
	if err != nil {
		return err
	}
	token, err := w.Desk.MakeReset(c.Request().Context(), actor(c), a.ID)
	if err != nil {
		return err
	}
	p, err := w.agentPage(c, a)
	if err != nil {
		return err
	}
	p.HasLink, p.Reset = w.origin(c)+"/password-reset/"+token, true
	return w.show(c, "admin/agents/form", p)
}

type codePage struct {
	Page
	Next string
}

func (w *Web) newCode(c echo.Context) error {
	if w.readCookie(c, "step") == "" {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return w.show(c, "session/code", &codePage{Next: localPath(c.QueryParam("next"))})
}

func (w *Web) completeLogIn(c echo.Context) error {
	p := &codePage{Next: localPath(c.FormValue("next"))}
	token, _, keep, err := w.Desk.CompleteLogIn(c.Request().Context(), desk.System, w.readCookie(c, "step"), c.FormValue("code"), credentials(c))
	if err != nil {
		return w.again(c, err, "session/code", p)
	}
	w.startSession(c, token, keep)
	c.SetCookie(w.cookie("step", "", -1))
	return c.Redirect(http.StatusSeeOther, p.Next)
}

// credentials are where somebody logs in from.
func credentials(c echo.Context) desk.Credentials {
	ua := c.Request().UserAgent()
	return desk.Credentials{IP: c.RealIP(), UserAgent: ua, Browser: view.Browser(ua)}
}

type twoFactorPage struct {
	Page
	T        desk.TwoFactor
	Required bool
	Codes    []string // recovery codes, shown once
}

func (w *Web) twoFactorPage(c echo.Context) (*twoFactorPage, error) {
	t, err := w.Desk.TwoFactor(c.Request().Context(), actor(c))
	p := &twoFactorPage{T: t, Required: visitOf(c).company.RequiresTwoFactor(visitOf(c).agent.Role)}
	p.Nav = "profile"
	return p, err
}

func (w *Web) twoFactor(c echo.Context) error {
	p, err := w.twoFactorPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "profile/two_factor", p)
}

func (w *Web) beginTwoFactor(c echo.Context) error {
	if err := w.Desk.BeginTwoFactor(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, twoFactorPath)
}

func (w *Web) confirmTwoFactor(c echo.Context) error {
	codes, err := w.Desk.ConfirmTwoFactor(c.Request().Context(), actor(c), c.FormValue("code"))
	return w.twoFactorDone(c, codes, err)
}

func (w *Web) newRecoveryCodes(c echo.Context) error {
	codes, err := w.Desk.NewRecoveryCodes(c.Request().Context(), actor(c))
	return w.twoFactorDone(c, codes, err)
}

func (w *Web) endTwoFactor(c echo.Context) error {
	by := actor(c)
	return w.twoFactorDone(c, nil, w.Desk.EndTwoFactor(c.Request().Context(), by, by.Agent()))
}

func (w *Web) twoFactorDone(c echo.Context, codes []string, err error) error {
	p, e := w.twoFactorPage(c)
	if e != nil {
		return e
	}
	if err != nil {
		return w.again(c, err, "profile/two_factor", p)
	}
	p.Codes = codes
	return w.show(c, "profile/two_factor", p)
}

// twoFactorPicture is the secret as a picture for the app's camera.
func (w *Web) twoFactorPicture(c echo.Context) error {
	t, err := w.Desk.TwoFactor(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	if t.URL == "" {
		return desk.NotFound
	}
	key, err := otp.NewKeyFromURL(t.URL)
	if err != nil {
		return err
	}
	picture, err := key.Image(232, 232)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Type", "image/png")
	c.Response().Header().Set("Cache-Control", "no-store")
	return png.Encode(c.Response(), picture)
}

// endAgentsTwoFactor helps somebody who has lost phone and recovery codes.
func (w *Web) endAgentsTwoFactor(c echo.Context) error {
	a, err := w.agentOf(c)
	if err != nil {
		return err
	}
	if err := w.Desk.EndTwoFactor(c.Request().Context(), actor(c), a.ID); err != nil {
		return err
	}
	w.notice(c, "notice.two_factor_ended")
	return c.Redirect(http.StatusSeeOther, c.Request().URL.Path[:strings.LastIndex(c.Request().URL.Path, "/")])
}

type provePage struct {
	Page
	Next   string
	SignOn desk.SignOn
}

func (w *Web) provePage(c echo.Context) (p *provePage, err error) {
	p = &provePage{Next: localPath(c.FormValue("next"))}
	p.SignOn, err = w.Desk.SignOn(c.Request().Context(), actor(c))
	return p, err
}

func (w *Web) newProof(c echo.Context) error {
	p, err := w.provePage(c)
	if err != nil {
		return err
	}
	return w.show(c, "session/prove", p)
}

func (w *Web) prove(c echo.Context) error {
	p, err := w.provePage(c)
	if err != nil {
		return err
	}
	if err := w.Desk.Prove(c.Request().Context(), actor(c), visitOf(c).session.ID, c.FormValue("password")); err != nil {
		return w.again(c, err, "session/prove", p)
	}
	return c.Redirect(http.StatusSeeOther, p.Next)
}

// proven asks for the password again where it was not said lately, before what protects the desk is changed.
func (w *Web) proven(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		send := r.Method != http.MethodGet && r.Method != http.MethodHead
		if visitOf(c).session.Proven(send) {
			return next(c)
		}
		back := r.URL.RequestURI()
		if send {
			back = "/"
			if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host {
				back = u.RequestURI()
			}
		}
		to := "/prove?next=" + url.QueryEscape(back)
		if isPart(c) {
			c.Response().Header().Set("HX-Redirect", to)
			return c.NoContent(http.StatusForbidden)
		}
		return c.Redirect(http.StatusSeeOther, to)
	}
}

const twoFactorPath = "/profile/two-factor"

// stepMissing says whether the company requires a second step that the agent has not set up, and this is no page for it.
func stepMissing(c echo.Context) bool {
	v := visitOf(c)
	if v.agent.TwoFactor || !v.company.RequiresTwoFactor(v.agent.Role) {
		return false
	}
	path := c.Request().URL.Path
	return !strings.HasPrefix(path, twoFactorPath) && path != "/logout" && path != "/prove"
}
