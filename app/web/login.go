package web

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type loginPage struct {
	Page
	Email, Next string
	Keep        bool
	SignOn      desk.SignOn // at the company's own page
}

func (w *Web) newLogin(c echo.Context) error {
	ctx := c.Request().Context()
	if needed, err := w.Desk.NeedsSetup(ctx, desk.System); err != nil || needed {
		return redirectOr(c, err, "/setup")
	}
	next := localPath(c.QueryParam("next"))
	if visitOf(c).agent != nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	p := &loginPage{Next: next}
	var err error
	if p.SignOn, err = w.Desk.SignOn(ctx, desk.System); err != nil {
		return err
	}
	return w.show(c, "session/new", p)
}

// loginAgain draws the log-in page with what was wrong.
func (w *Web) loginAgain(c echo.Context, cause error, p *loginPage) (err error) {
	if p.SignOn, err = w.Desk.SignOn(c.Request().Context(), desk.System); err != nil {
		return err
	}
	return w.again(c, cause, "session/new", p)
}

func (w *Web) logIn(c echo.Context) error {
	p := &loginPage{Email: text(c, "email"), Next: localPath(c.FormValue("next")), Keep: c.FormValue("keep") == "true"}
	in := credentials(c)
	in.Email, in.Password, in.Keep = p.Email, c.FormValue("password"), p.Keep
	token, _, err := w.Desk.LogIn(c.Request().Context(), desk.System, in)
	if errors.Is(err, desk.CodeNeeded) {
		c.SetCookie(w.cookie("step", token, 0))
		return c.Redirect(http.StatusSeeOther, "/login/code?next="+url.QueryEscape(p.Next))
	}
	if err != nil {
		return w.loginAgain(c, err, p)
	}
	w.startSession(c, token, p.Keep)
	return c.Redirect(http.StatusSeeOther, p.Next)
}

// startSession gives the browser its session. How long it lives the desk decides;
// the cookie only has to outlive that.
func (w *Web) startSession(c echo.Context, token string, keep bool) {
	age := time.Duration(0)
	if keep {
		age = 30 * 24 * time.Hour
	}
	c.SetCookie(w.cookie("session", token, age))
	c.SetCookie(w.cookie("form", "", -1))
}

func (w *Web) logOut(c echo.Context) error {
	v := visitOf(c)
	if err := w.Desk.EndSession(c.Request().Context(), actor(c), v.session.ID); err != nil {
		return err
	}
	c.SetCookie(w.cookie("session", "", -1))
	c.Response().Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return c.Redirect(http.StatusSeeOther, "/login")
}

type invitationPage struct {
	Page
	Name, Email string
	Tokens      bool // he has API tokens, which may end too
}

func (w *Web) newInvitation(c echo.Context) error {
	a, err := w.Desk.Invited(c.Request().Context(), desk.System, c.Param("token"))
	if err != nil {
		return err
	}
	return w.show(c, "session/invitation", &invitationPage{Name: a.Name, Email: a.Email})
}

func (w *Web) acceptInvitation(c echo.Context) error {
	ctx, password := c.Request().Context(), c.FormValue("password")
	invited, err := w.Desk.Invited(ctx, desk.System, c.Param("token"))
	if err != nil {
		return err
	}
	a, err := w.Desk.AcceptInvitation(ctx, desk.System, c.Param("token"), password)
	if err != nil {
		return w.again(c, err, "session/invitation", &invitationPage{Name: invited.Name, Email: invited.Email})
	}
	in := credentials(c)
	in.Email, in.Password = a.Email, password
	token, _, err := w.Desk.LogIn(ctx, desk.System, in)
	if err != nil {
		return err
	}
	w.startSession(c, token, false)
	return c.Redirect(http.StatusSeeOther, "/")
}
