package webchat

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

func (d *Door) upload(c echo.Context) error {
	ctx := c.Request().Context()
	name, content, err := rest.Uploaded(c.Response(), c.Request(), d.desk.Limit.File)
	if err != nil {
		return err
	}
	f, err := d.desk.Upload(ctx, rest.CallerOf(ctx).By, name, content)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wire.Visitor.File(f))
}

func (d *Door) download(c echo.Context) error {
	r := c.Request()
	thumb := r.URL.Query().Get("thumb") == "1"
	f, content, err := d.desk.OpenFile(r.Context(), rest.CallerOf(r.Context()).By, c.Param("id"), thumb)
	if err != nil {
		return err
	}
	rest.ServeFile(c.Response(), r, f, content, thumb)
	return nil
}

// logo is public, unlike every other file; nothing but the logo is found here.
func (d *Door) logo(c echo.Context) error {
	r := c.Request()
	company, err := d.desk.Company(r.Context(), desk.System)
	if err == nil && company.LogoFile == "" {
		err = desk.NotFound
	}
	if err != nil {
		d.answer(c, err)
		return nil
	}
	f, content, err := d.desk.OpenFile(r.Context(), desk.System, company.LogoFile, true)
	if err == nil && f.Width == 0 {
		err = errors.Join(desk.NotFound, errors.New("the logo is no picture"))
	}
	if err != nil {
		d.answer(c, err)
		return nil
	}
	rest.ServeFile(c.Response(), r, f, content, true)
	return nil
}
