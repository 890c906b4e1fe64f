package webchat

import (
	"context"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/rest"
	"deskbell/app/wire"
)

type packs struct {
	Body struct {
		Items []wire.StickerPack `json:"items" nullable:"false"`
	}
}

func (d *Door) stickers(ctx context.Context, by desk.Actor, _ *struct{}) (*packs, error) {
	list, err := d.desk.StickerPacks(ctx, by)
	out := &packs{}
	out.Body.Items = wire.Visitor.StickerPacks(list)
	return out, err
}

// sticker is public, like the logo: an <img> sends no token.
func (d *Door) sticker(c echo.Context) error {
	r := c.Request()
	f, content, err := d.desk.OpenSticker(r.Context(), desk.System, c.Param("id"))
	if err != nil {
		d.answer(c, err)
		return nil
	}
	rest.ServeFile(c.Response(), r, f, content, false)
	return nil
}
