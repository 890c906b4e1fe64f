package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// adminPage is the menu on a phone; where there is room beside it, what a desk needs to be of use.
type adminPage struct {
	Page
	Steps []adminStep
}

type adminStep struct {
	Name, Icon, Where string
	Done              bool
}

// Left is how many steps are still to be done.
func (p *adminPage) Left() (n int) {
	for _, s := range p.Steps {
		if !s.Done {
			n++
		}
	}
	return n
}

type companyPage struct {
	Page
	C                desk.Company
	Languages, Zones []view.Option
}

func (w *Web) admin(c echo.Context) error {
	ctx, by := c.Request().Context(), actor(c)
	inboxes, err := w.Desk.Inboxes(ctx, by, "")
	if err != nil {
		return err
	}
	in := map[string]bool{}
	for _, one := range inboxes {
		in[one.Channel] = in[one.Channel] || one.Enabled
	}
	agents, err := w.Desk.Agents(ctx, by)
	if err != nil {
		return err
	}
	teams, err := w.Desk.Teams(ctx, by)
	if err != nil {
		return err
	}
	canned, err := w.Desk.CannedResponses(ctx, by)
	if err != nil {
		return err
	}
	p := &adminPage{Steps: []adminStep{
		{"company", "building-2", "/admin/company", visitOf(c).company.LogoFile != ""},
		{"widget", "globe", "/admin/widgets", in[desk.Webchat]},
		{"mailbox", "mail", "/admin/mailboxes", in[desk.Email]},
		{"agents", "users-round", "/admin/agents", len(agents) > 1},
		{"teams", "layers", "/admin/teams", len(teams) > 0},
		{"canned", "square-slash", "/canned", len(canned) > 0},
	}}
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
