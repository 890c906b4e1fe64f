package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type adminPage struct{ Page }

type companyPage struct {
	Page
	C                desk.Company
	Languages, Zones []view.Option
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
	company.TwoFactor, company.CustomersPage = text(c, "two_factor"), c.FormValue("customers_page") == "true"
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
