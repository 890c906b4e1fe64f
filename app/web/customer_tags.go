package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type customerTagsPage struct {
	Page
	Tags []*desk.CustomerTag
}

type customerTagPage struct {
	Page
	T      *desk.CustomerTag
	Colors []view.Option
}

// customerTagging is what tags a customer has, and could have.
type customerTagging struct {
	ID    desk.CustomerID
	Given []*desk.CustomerTag
	All   []*desk.CustomerTag
	CSRF  string
}

// Has tells whether the customer has a tag.
func (t *customerTagging) Has(id desk.CustomerTagID) bool {
	return slices.ContainsFunc(t.Given, func(g *desk.CustomerTag) bool { return g.ID == id })
}

func (w *Web) taggingOf(c echo.Context, id desk.CustomerID) (*customerTagging, error) {
	ctx, by := c.Request().Context(), actor(c)
	t := &customerTagging{ID: id, CSRF: visitOf(c).csrf}
	given, err := w.Desk.TagsOf(ctx, by, id)
	if err != nil {
		return nil, err
	}
	t.Given = given[id]
	t.All, err = w.Desk.CustomerTags(ctx, by)
	return t, err
}

func (w *Web) tagCustomer(c echo.Context) error {
	id, err := param[desk.CustomerID](c, "id")
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	tags := []desk.CustomerTagID{}
	for _, s := range form["tag_ids"] {
		tags = append(tags, desk.CustomerTagID(number(s, -1)))
	}
	if err := w.Desk.TagCustomer(c.Request().Context(), actor(c), id, tags); err != nil {
		return err
	}
	if !isPart(c) {
		return c.Redirect(http.StatusSeeOther, "/customers/"+id.String())
	}
	t, err := w.taggingOf(c, id)
	if err != nil {
		return err
	}
	return w.part(c, http.StatusOK, "customers/_tags", t)
}

// tagOptions are the tags to choose one from; the first is none of them.
func tagOptions(tags []*desk.CustomerTag, none string) []view.Option {
	options := []view.Option{{Value: "0", Text: none}}
	for _, t := range tags {
		options = append(options, view.Option{Value: t.ID.String(), Text: t.Name})
	}
	return options
}

func (w *Web) customerTags(c echo.Context) error {
	p := &customerTagsPage{}
	p.Nav = "admin"
	var err error
	if p.Tags, err = w.Desk.CustomerTags(c.Request().Context(), actor(c)); err != nil {
		return err
	}
	return w.show(c, "admin/customer_tags/index", p)
}

// customerTagOf is the tag of the path; "new" is one to be made.
func (w *Web) customerTagOf(c echo.Context) (*customerTagPage, error) {
	p := &customerTagPage{T: &desk.CustomerTag{Color: desk.TagColors[0]}}
	p.Nav = "admin"
	say := w.sayer(c)
	for _, name := range desk.TagColors {
		p.Colors = append(p.Colors, view.Option{Value: name, Text: say("color." + name)})
	}
	if c.Param("id") == "new" {
		return p, nil
	}
	id, err := param[desk.CustomerTagID](c, "id")
	if err != nil {
		return nil, err
	}
	p.T, err = w.Desk.CustomerTag(c.Request().Context(), actor(c), id)
	return p, err
}

func (w *Web) customerTag(c echo.Context) error {
	p, err := w.customerTagOf(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/customer_tags/form", p)
}

func (w *Web) saveCustomerTag(c echo.Context) error {
	p, err := w.customerTagOf(c)
	if err != nil {
		return err
	}
	p.T.Name, p.T.Color = text(c, "name"), text(c, "color")
	if _, err := w.Desk.SaveCustomerTag(c.Request().Context(), actor(c), *p.T); err != nil {
		return w.again(c, err, "admin/customer_tags/form", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/customer-tags")
}
