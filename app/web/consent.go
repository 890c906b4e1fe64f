package web

import (
	"errors"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// consentPage leads to the provider's page. It is a link and no redirect: the form's answer may not lead to another site.
type consentPage struct {
	Page
	In   *desk.Inbox // nil on the way back
	To   string
	Back string
	Says string // what came of it
	Bad  bool
}

func (w *Web) askConsent(c echo.Context) error {
	in, _, err := w.inboxOf(c, desk.Email)
	if err != nil {
		return err
	}
	if w.AskConsent == nil || in.ID == 0 {
		return desk.NotFound
	}
	p := &consentPage{In: in, Back: "/admin/mailboxes/" + in.ID.String()}
	p.Nav = "admin"
	if p.To, err = w.AskConsent(c.Request().Context(), actor(c), in, w.origin(c)+"/admin/mailboxes/consent"); err != nil {
		return err
	}
	return w.show(c, "admin/mailboxes/consent", p)
}

// takeConsent is where the provider leads back to, and says what came of it. The provider's words in the address are not shown: anybody
// can write an address.
func (w *Web) takeConsent(c echo.Context) error {
	if w.TakeConsent == nil {
		return desk.NotFound
	}
	p := &consentPage{Back: "/admin/mailboxes", Says: w.Views.T(visitOf(c).reader.Lang, "notice.consented")}
	p.Nav = "admin"
	id, err := w.TakeConsent(c.Request().Context(), actor(c), c.QueryParam("state"), c.QueryParam("code"))
	if id != 0 {
		p.Back += "/" + id.String()
	}
	var known *desk.Error
	if errors.As(err, &known) && known.Kind == desk.KindConflict {
		p.Bad, p.Says, err = true, w.Views.T(visitOf(c).reader.Lang, known.Key, known.Args...), nil
	}
	if err != nil {
		return err
	}
	return w.show(c, "admin/mailboxes/consent", p)
}
