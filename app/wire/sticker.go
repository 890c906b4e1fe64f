package wire

import (
	"strings"

	"deskbell/app/desk"
)

// StickerPack is a set of small pictures that both sides of a chat send.
type StickerPack struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Stickers []Sticker `json:"stickers" nullable:"false"`
}

// Sticker is one of them; it is sent as a message's sticker_id.
type Sticker struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// StickerPacks makes the packs' form.
func (r Reader) StickerPacks(packs []*desk.StickerPack) []StickerPack {
	list := []StickerPack{}
	for _, p := range packs {
		w := StickerPack{ID: p.ID.String(), Name: p.Name, Stickers: []Sticker{}}
		for _, s := range p.Stickers {
			w.Stickers = append(w.Stickers, Sticker{ID: s.ID, Name: s.Name, URL: strings.TrimSuffix(r.Files, "files/") + "stickers/" + s.ID, Width: s.Width, Height: s.Height})
		}
		list = append(list, w)
	}
	return list
}
