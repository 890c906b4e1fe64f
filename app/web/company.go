package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/health"
	"deskbell/app/view"
)

type adminPage struct{ Page }

type companyPage struct {
	Page
	C                desk.Company
	Languages, Zones []view.Option
}

type healthPage struct {
	Page
	Parts []healthPart
	Worst health.State
}

// admin is the menu on a phone, and the list of agents where there is room for both.
func (w *Web) admin(c echo.Context) error {
	p := &adminPage{}
	p.Nav = "admin"
	return w.show(c, "admin/index", p)
}

func (w *Web) company(c echo.Context) error {
	return w.show(c, "admin/company/form", w.companyPage(visitOf(c).company))
}

func (w *Web) companyPage(of desk.Company) *companyPage {
	p := &companyPage{C: of, Languages: languages(), Zones: zoneOptions(of.TimeZone)}
	p.Nav = "admin"
	return p
}

func (w *Web) changeCompany(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	company := visitOf(c).company
	company.Name, company.Locale, company.TimeZone = text(c, "company"), text(c, "locale"), text(c, "time_zone")
	company.Phone, company.Address = text(c, "phone"), text(c, "address")
	logo, err := readLogo(c)
	if err == nil {
		err = w.Desk.ChangeCompany(ctx, by, company)
	}
	if err == nil {
		err = w.keepLogo(ctx, by, company, logo)
	}
	if err != nil {
		return w.again(c, err, "admin/company/form", w.companyPage(company))
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/company")
}

// healthPart is one part in the reader's words.
type healthPart struct {
	Name, Of string
	Held     bool // a restored copy, which can be released
	State    health.State
	Text     string
	Since    time.Time
}

func (w *Web) health(c echo.Context) error {
	p := &healthPage{Worst: health.OK}
	p.Nav = "admin"
	say := func(key string, args ...any) string { return w.Views.T(visitOf(c).reader.Lang, key, args...) }
	var parts []health.Part
	if w.Health != nil {
		parts = w.Health(c.Request().Context())
	}
	for _, part := range parts {
		p.Parts = append(p.Parts, healthPart{say("health.part." + part.Name), part.Of, part.Name == "copy", part.State, part.Words.In(say), part.Since})
		if part.State == health.Failed || part.State == health.Warn && p.Worst == health.OK {
			p.Worst = part.State
		}
	}
	return w.show(c, "admin/health/index", p)
}

// release lets a restored copy work again.
func (w *Web) release(c echo.Context) error {
	if w.Release == nil {
		return desk.NotFound
	}
	if err := w.Release(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	w.notice(c, "notice.released")
	return c.Redirect(http.StatusSeeOther, "/admin/health")
}
