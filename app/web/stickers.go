package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

type stickersPage struct {
	Page
	Packs []*desk.StickerPack
	Name  string // of the pack that is being added
}

// Full tells that no pack can be added.
func (p *stickersPage) Full() bool { return len(p.Packs) >= desk.StickerPacks }

// Most is what a pack may have, in bytes.
func (p *stickersPage) Most() int { return desk.StickerPackSize }

// stickerPacks is what the composer offers.
func (w *Web) stickerPacks(c echo.Context) error {
	packs, err := w.Desk.StickerPacks(c.Request().Context(), actor(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wire.Console.StickerPacks(packs))
}

func (w *Web) sticker(c echo.Context) error {
	f, r, err := w.Desk.OpenSticker(c.Request().Context(), actor(c), c.Param("id"))
	if err != nil {
		return err
	}
	rest.ServeFile(c.Response(), c.Request(), f, r, false)
	return nil
}

func (w *Web) stickersPage(c echo.Context) (p *stickersPage, err error) {
	p = &stickersPage{Name: text(c, "name")}
	p.Nav = "admin"
	p.Packs, err = w.Desk.StickerPacks(c.Request().Context(), actor(c))
	return p, err
}

func (w *Web) stickers(c echo.Context) error {
	p, err := w.stickersPage(c)
	if err != nil {
		return err
	}
	return w.show(c, "admin/stickers/index", p)
}

// addStickers makes a pack of a zip file. When it is refused the page says why, and the name stays.
func (w *Web) addStickers(c echo.Context) error {
	p, err := w.stickersPage(c)
	if err != nil {
		return err
	}
	zip, err := readUpload(c, "file", desk.StickerPackSize)
	if err == nil {
		_, err = w.Desk.AddStickerPack(c.Request().Context(), actor(c), p.Name, zip)
	}
	if err != nil {
		return w.again(c, err, "admin/stickers/index", p)
	}
	w.notice(c, "notice.saved")
	return c.Redirect(http.StatusSeeOther, "/admin/stickers")
}

// readUpload reads a file of a form, and one byte more than most of one that is too large.
func readUpload(c echo.Context, field string, most int64) ([]byte, error) {
	head, err := c.FormFile(field)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, desk.Invalid(field, "fault.file_missing")
	}
	if err != nil {
		return nil, err
	}
	f, err := head.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}

func (w *Web) raiseStickers(c echo.Context) error {
	id, err := param[desk.StickerPackID](c, "id")
	if err != nil {
		return err
	}
	if err := w.Desk.RaiseStickerPack(c.Request().Context(), actor(c), id); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/admin/stickers")
}
