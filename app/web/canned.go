package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

type cannedPage struct {
	Page
	Own, Shared []*desk.Canned
}

type cannedForm struct {
	Page
	C          *desk.Canned
	Categories []string // those that there are
}

// Keeps says whether the reader may change the company's.
func (p *cannedPage) Keeps() bool { return p.Me.Actor().May(desk.ManageCompany) }
func (p *cannedForm) Keeps() bool {
	return p.C.AgentID == p.Me.ID || p.Me.Actor().May(desk.ManageCompany)
}

func (w *Web) canned(c echo.Context) error {
	p, err := w.cannedPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "canned/index", p)
}

func (w *Web) cannedPage(c echo.Context) (*cannedPage, error) {
	p := &cannedPage{}
	p.Nav, p.Me = "profile", visitOf(c).agent
	all, err := w.Desk.CannedResponses(c.Request().Context(), actor(c))
	for _, one := range all {
		if one.AgentID == 0 {
			p.Shared = append(p.Shared, one)
		} else {
			p.Own = append(p.Own, one)
		}
	}
	return p, err
}

// cannedList is what the composer offers.
func (w *Web) cannedList(c echo.Context) error {
	all, err := w.Desk.CannedResponses(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	type one struct {
		Category string `json:"category"`
		Text     string `json:"text"`
	}
	list := make([]one, 0, len(all))
	for _, a := range all {
		list = append(list, one{a.Category, a.Text})
	}
	return c.JSON(http.StatusOK, list)
}

// cannedOf is the response of the path; "new" is one to be made, ?company=1 for everybody.
func (w *Web) cannedOf(c echo.Context) (*cannedForm, error) {
	ctx, by := c.Request().Context(), actor(c)
	p := &cannedForm{C: &desk.Canned{AgentID: by.Agent()}}
	p.Nav, p.Me = "profile", visitOf(c).agent
	if c.FormValue("company") == "1" {
		p.C.AgentID = 0
	}
	if c.Param("id") != "new" {
		id, err := param[desk.CannedID](c, "id")
		if err != nil {
			return nil, err
		}
		if p.C, err = w.Desk.CannedResponse(ctx, by, id); err != nil {
			return nil, err
		}
	}
	all, err := w.Desk.CannedResponses(ctx, by)
	for _, one := range all {
		if n := len(p.Categories); one.Category != "" && one.AgentID == p.C.AgentID && (n == 0 || p.Categories[n-1] != one.Category) {
			p.Categories = append(p.Categories, one.Category)
		}
	}
	return p, err
}

func (w *Web) cannedOne(c echo.Context) error {
	p, err := w.cannedOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "canned/form", p)
}

func (w *Web) saveCanned(c echo.Context) error {
	p, err := w.cannedOf(c)
	if err != nil {
		return err
	}
	p.C.Category, p.C.Text = text(c, "category"), text(c, "text")
	if _, err := w.Desk.SaveCanned(c.Request().Context(), actor(c), *p.C); err != nil {
		return w.again(c, err, "canned/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/canned")
}

// exportCanned is a table of what the reader has: his own, or with ?company=1 the company's.
func (w *Web) exportCanned(c echo.Context) error {
	p, err := w.cannedPage(c)
	if err != nil {
		return err
	}
	list := p.Own
	if c.QueryParam("company") == "1" {
		list = p.Shared
	}
	out := w.spreadsheet(c, "canned-responses")
	out.Write("category", "text")
	for _, one := range list {
		out.Write(one.Category, one.Text)
	}
	return out.Close()
}

func (w *Web) importCanned(c echo.Context) error {
	p, err := w.cannedPage(c)
	if err != nil {
		return err
	}
	var list []desk.Canned
	owner := actor(c).Agent()
	if c.FormValue("company") == "1" {
		owner = 0
	}
	rows, err := readTable(c, "file")
	for i, row := range rows {
		if len(row) == 0 {
			continue // an empty row of a workbook
		}
		if len(row) != 2 {
			err = desk.Invalid("file", "fault.csv_line", i+1)
			break
		}
		if i == 0 && strings.EqualFold(row[0], "category") && strings.EqualFold(row[1], "text") {
			continue
		}
		list = append(list, desk.Canned{Category: row[0], Text: row[1]})
	}
	if err == nil {
		_, err = w.Desk.ImportCanned(c.Request().Context(), actor(c), owner, list)
	}
	if err != nil {
		return w.again(c, err, "canned/index", p)
	}
	w.notice(c, "notice.imported")
	return c.Redirect(http.StatusSeeOther, "/canned")
}
