package webchat

import (
	"errors"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// logo is public, unlike every other file; nothing but the logo is found here.
func (d *Door) logo(c echo.Context) error {
	company, err := d.desk.Company(c.Request().Context(), desk.System)
	return d.picture(c, company.LogoFile, err)
}

// widgetLogo is the logo of one widget: as public as the company's.
func (d *Door) widgetLogo(c echo.Context) error {
	inbox, err := d.widget(c.Request().Context(), c.Param("id"))
	if err != nil {
		return d.picture(c, "", err)
	}
	w, err := desk.WidgetOf(inbox)
	return d.picture(c, w.LogoFile, err)
}

// avatar is an agent's picture, for the visitors of widgets that tell who the agents are.
func (d *Door) avatar(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := desk.ParseID[desk.AgentID](c.Param("id"))
	if err != nil {
		return err
	}
	w, err := desk.WidgetOf(guestOf(ctx).inbox)
	if err == nil && w.HideAgents {
		err = desk.NotFound
	}
	if err != nil {
		return err
	}
	a, err := d.desk.Agent(ctx, desk.System, id)
	if err != nil {
		return err
	}
	return d.picture(c, a.AvatarFile, nil)
}

// picture serves the small copy of a file that is a picture, and of no other.
func (d *Door) picture(c echo.Context, file string, err error) error {
	if err == nil && file == "" {
		err = desk.NotFound
	}
	if err != nil {
		d.answer(c, err)
		return nil
	}
	r := c.Request()
	f, content, err := d.desk.OpenFile(r.Context(), desk.System, file, true)
	if err == nil && f.Width == 0 {
		err = errors.Join(desk.NotFound, errors.New("the file is no picture"))
	}
	if err != nil {
		d.answer(c, err)
		return nil
	}
	rest.ServeFile(c.Response(), r, f, content, true)
	return nil
}
