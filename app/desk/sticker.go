package desk

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"deskbell/app/blob"
)

// StickerPack is a set of small pictures that both sides of a chat send.
type StickerPack struct {
	ID        StickerPackID
	Name      string // up to 20 characters
	CreatedAt time.Time
	Stickers  []Sticker
}

// Sticker is one picture of a pack.
type Sticker struct {
	ID          string // 128 random bits
	PackID      StickerPackID
	Name        string
	ContentType string // image/png, image/jpeg or image/gif, by its bytes
	Sum         blob.Sum
	Size        int64 // bytes
	Width       int
	Height      int
}

// The limits of stickers: requirements E-emo-01 and E-emo-02.
const (
	StickerPacks    = 5        // packs
	StickersEach    = 50       // stickers in a pack
	StickerPackSize = 15 << 20 // bytes of a pack
	StickerSize     = 50 << 10 // bytes of a PNG or a JPEG
	StickerMoving   = 100 << 10
	stickerSide     = 1000 // pixels
	stickerPackName = 20   // characters
)

const stickerColumns = "public_id, pack_id, name, content_type, sha256, size, width, height"

func scanSticker(row scanner) (s Sticker, err error) {
	var sum []byte
	err = row.Scan(&s.ID, &s.PackID, &s.Name, &s.ContentType, &sum, &s.Size, &s.Width, &s.Height)
	copy(s.Sum[:], sum)
	if errors.Is(err, sql.ErrNoRows) {
		err = NotFound
	}
	return s, err
}

// StickerPacks lists the packs with their stickers, in the admins' order. Both sides may see them.
func (d *Desk) StickerPacks(ctx context.Context, _ Actor) ([]*StickerPack, error) {
	rows, err := d.read().QueryContext(ctx, "select id, name, created_at from sticker_packs order by position, id")
	packs, err := collect(rows, err, func(row scanner) (*StickerPack, error) {
		var p StickerPack
		var created int64
		err := row.Scan(&p.ID, &p.Name, &created)
		p.CreatedAt = at(created)
		return &p, err
	})
	if err != nil {
		return nil, err
	}
	rows, err = d.read().QueryContext(ctx, "select "+stickerColumns+" from stickers order by id")
	stickers, err := collect(rows, err, scanSticker)
	for _, p := range packs {
		for _, s := range stickers {
			if s.PackID == p.ID {
				p.Stickers = append(p.Stickers, s)
			}
		}
	}
	return packs, err
}

// OpenSticker reads the picture of one.
func (d *Desk) OpenSticker(ctx context.Context, _ Actor, id string) (*File, *blob.Reader, error) {
	s, err := findSticker(ctx, d.read(), id)
	if err != nil {
		return nil, nil, err
	}
	r, err := d.blobs.Open(ctx, s.Sum)
	return &File{ID: s.ID, Name: s.Name, Size: s.Size, ContentType: s.ContentType, Sum: s.Sum, Width: s.Width, Height: s.Height}, r, err
}

func findSticker(ctx context.Context, r reader, id string) (Sticker, error) {
	return scanSticker(r.QueryRowContext(ctx, "select "+stickerColumns+" from stickers where public_id = ?", id))
}

// AddStickerPack makes a pack out of a zip file: every picture in it becomes a sticker under its own name. When anything in it
// does not fit, nothing is stored and the fault of the field "file" says what it is.
func (d *Desk) AddStickerPack(ctx context.Context, by Actor, name string, zip []byte) (*StickerPack, error) {
	if err := by.Can(ManageCompany); err != nil {
		return nil, err
	}
	var c check
	if name = strings.Join(strings.Fields(oneLine(name)), " "); name == "" {
		c.fault("name", "fault.name_missing")
	}
	if utf8.RuneCountInString(name) > stickerPackName {
		c.fault("name", "fault.too_long", stickerPackName)
	}
	pictures, err := unpack(zip)
	if e := (*Error)(nil); errors.As(err, &e) {
		c.fields = append(c.fields, e.Fields...)
	} else if err != nil {
		return nil, err
	}
	if c.err() != nil {
		return nil, c.err()
	}
	stickers := make([]Sticker, len(pictures))
	for i, p := range pictures {
		stickers[i] = p.Sticker
		stickers[i].ID = randomID()
		if stickers[i].Sum, stickers[i].Size, err = d.blobs.Put(ctx, bytes.NewReader(p.raw), StickerMoving); err != nil {
			return nil, d.trouble(err)
		}
	}
	pack := &StickerPack{Name: name, Stickers: stickers}
	return pack, d.Write(ctx, by, func(tx *Tx) error { return tx.addStickers(pack) })
}

func (tx *Tx) addStickers(p *StickerPack) error {
	var have, taken int
	if err := tx.QueryRow("select count(*), count(*) filter (where name = ?) from sticker_packs", p.Name).Scan(&have, &taken); err != nil {
		return err
	}
	if have >= StickerPacks {
		return Invalid("file", "fault.packs_full", StickerPacks)
	}
	if taken > 0 {
		return Invalid("name", "fault.name_taken")
	}
	if err := tx.QueryRow("insert into sticker_packs(name, position, created_at) values (?1, (select coalesce(max(position), 0) + 1 from sticker_packs), ?2) returning id", p.Name, ms(tx.now)).Scan(&p.ID); err != nil {
		return err
	}
	p.CreatedAt = tx.now
	for i := range p.Stickers {
		s := &p.Stickers[i]
		s.PackID = p.ID
		if _, err := tx.Exec("insert into stickers(pack_id, "+strings.Replace(stickerColumns, "pack_id, ", "", 1)+") values (?, ?, ?, ?, ?, ?, ?, ?)", s.PackID, s.ID, s.Name, s.ContentType, s.Sum[:], s.Size, s.Width, s.Height); err != nil {
			return err
		}
	}
	return tx.Record(StickersChanged, 0, int64(p.ID), nil)
}

// RaiseStickerPack puts a pack before the one in front of it. The first stays where it is.
func (d *Desk) RaiseStickerPack(ctx context.Context, by Actor, id StickerPackID) error {
	return d.onStickerPack(ctx, by, id, nil, func(tx *Tx) error {
		_, err := tx.Exec(`with a as (select id, position from sticker_packs where id = ?1),
				b as (select p.id, p.position from sticker_packs p, a where p.position < a.position order by p.position desc limit 1)
			update sticker_packs set position = iif(id = ?1, (select position from b), (select position from a))
			where exists (select 1 from b) and id in (?1, (select id from b))`, id)
		return err
	})
}

// DeleteStickerPack takes a pack away. What was sent of it stays where it was sent.
func (d *Desk) DeleteStickerPack(ctx context.Context, by Actor, id StickerPackID) error {
	return d.onStickerPack(ctx, by, id, Facts{"deleted": true}, func(tx *Tx) error {
		_, err := tx.Exec("delete from sticker_packs where id = ?", id)
		return err
	})
}

func (d *Desk) onStickerPack(ctx context.Context, by Actor, id StickerPackID, facts Facts, step func(*Tx) error) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		var there bool
		if err := tx.QueryRow("select exists (select 1 from sticker_packs where id = ?)", id).Scan(&there); err != nil || !there {
			return orElse(err, NotFound)
		}
		if err := step(tx); err != nil {
			return err
		}
		return tx.Record(StickersChanged, 0, int64(id), facts)
	})
}

// sticker makes the file that a message carries when it is a sticker: it has its own, so that it stays when the pack goes.
func (tx *Tx) sticker(ctx context.Context, by Actor, id string) (File, error) {
	s, err := findSticker(ctx, tx, id)
	if err != nil {
		return File{}, orElse(notMissing(err), Invalid("sticker_id", "fault.sticker_gone"))
	}
	f := File{ID: randomID(), Name: s.Name, Size: s.Size, ContentType: s.ContentType, Sum: s.Sum, Width: s.Width, Height: s.Height, CreatedAt: tx.now}
	_, err = tx.Exec("insert into files(public_id, uploader_kind, uploader_id, name, size, content_type, sha256, width, height, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		f.ID, by.Kind, by.ID, f.Name, f.Size, f.ContentType, f.Sum[:], f.Width, f.Height, ms(tx.now))
	return f, err
}

// carried are the files of a message that is being made: those that were uploaded before, or the sticker that it is.
func (tx *Tx) carried(ctx context.Context, by Actor, m *Message, ids []string, sticker string) (err error) {
	if sticker == "" {
		m.Files, err = tx.claimFiles(ctx, by, ids)
		return err
	}
	f, err := tx.sticker(ctx, by, sticker)
	m.Kind, m.Files = "sticker", []File{f}
	return err
}

// stickerAlone finds the fault of a sticker that comes with more.
func stickerAlone(c *check, sticker, text string, files []string) {
	if sticker != "" && (strings.TrimSpace(text) != "" || len(files) > 0) {
		c.fault("sticker_id", "fault.sticker_alone")
	}
}
