package desk

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"image"
	"io"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// unpacked is a picture out of a zip file.
type unpacked struct {
	Sticker
	raw []byte
}

// entriesMost bounds the list of a zip's contents: folders and what systems leave in them stand there too.
const entriesMost = 500

// unpack reads the pictures of a sticker pack. Whatever a zip claims of itself, at most StickersEach entries are unpacked and of
// each no more than a sticker may have, so that a bomb costs five megabytes. Its faults are of the field "file" and name the entry.
func unpack(b []byte) ([]unpacked, error) {
	if len(b) > StickerPackSize {
		return nil, Invalid("file", "fault.pack_too_large", StickerPackSize>>20)
	}
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // no name is used as a path here
		return nil, Invalid("file", "fault.pack_not_zip")
	}
	if len(r.File) > entriesMost {
		return nil, Invalid("file", "fault.pack_too_many", StickersEach, len(r.File))
	}
	var entries []*zip.File
	for _, f := range r.File {
		if !litter(f) {
			entries = append(entries, f)
		}
	}
	if len(entries) == 0 {
		return nil, Invalid("file", "fault.pack_empty")
	}
	if len(entries) > StickersEach {
		return nil, Invalid("file", "fault.pack_too_many", StickersEach, len(entries))
	}
	pictures := make([]unpacked, 0, len(entries))
	for _, f := range entries {
		p, err := unpackOne(f)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, p)
	}
	return pictures, nil
}

// litter are folders, and what macOS and Windows put beside pictures.
func litter(f *zip.File) bool {
	name := strings.ReplaceAll(f.Name, `\`, "/")
	base := path.Base(name)
	return strings.HasSuffix(name, "/") || strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, ".") || strings.EqualFold(base, "thumbs.db") || strings.EqualFold(base, "desktop.ini")
}

func unpackOne(f *zip.File) (p unpacked, err error) {
	file := entryName(f)
	if f.Flags&1 != 0 { // PKWARE APPNOTE 4.4.4: encrypted
		return p, Invalid("file", "fault.pack_locked")
	}
	most := map[string]int{".png": StickerSize, ".jpg": StickerSize, ".jpeg": StickerSize, ".gif": StickerMoving}[strings.ToLower(path.Ext(file))]
	if most == 0 {
		return p, Invalid("file", "fault.sticker_kind", file)
	}
	if f.Method != zip.Store && f.Method != zip.Deflate {
		return p, Invalid("file", "fault.sticker_broken", file)
	}
	in, err := f.Open()
	if err != nil {
		return p, Invalid("file", "fault.sticker_broken", file)
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if len(raw) > most {
		return p, Invalid("file", "fault.sticker_large", file, most>>10)
	}
	var corrupt flate.CorruptInputError
	if err != nil && !errors.As(err, &corrupt) && !errors.Is(err, zip.ErrChecksum) && !errors.Is(err, zip.ErrFormat) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return p, err
	}
	if err != nil {
		return p, Invalid("file", "fault.sticker_broken", file)
	}
	return sticker(file, raw, most)
}

// sticker looks whether the bytes are a picture of a kind that browsers draw, and how large it is. GIFs are kept as they are, so
// that they move; their first frame must be sound.
func sticker(file string, raw []byte, most int) (p unpacked, err error) {
	kind := mimetype.Detect(raw).String()
	if kind != "image/png" && kind != "image/jpeg" && kind != "image/gif" {
		return p, Invalid("file", "fault.sticker_kind", file)
	}
	if kind != "image/gif" && len(raw) > StickerSize { // a PNG that is named .gif
		return p, Invalid("file", "fault.sticker_large", file, StickerSize>>10)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || config.Width < 1 || config.Height < 1 {
		return p, Invalid("file", "fault.sticker_broken", file)
	}
	if config.Width > stickerSide || config.Height > stickerSide {
		return p, Invalid("file", "fault.sticker_wide", file, config.Width, config.Height, stickerSide)
	}
	if _, _, err := image.Decode(bytes.NewReader(raw)); err != nil {
		return p, Invalid("file", "fault.sticker_broken", file)
	}
	p.raw = bereft(raw, kind)
	p.Name = clip(cleanName(strings.TrimSuffix(file, path.Ext(file))), 80)
	p.ContentType, p.Width, p.Height = kind, config.Width, config.Height
	return p, nil
}

// entryName is the last part of an entry's name. Chinese Windows writes names in GBK without saying so; some of them, like 微笑, happen
// to be Greek and Cyrillic letters in UTF-8.
func entryName(f *zip.File) string {
	if name, err := simplifiedchinese.GB18030.NewDecoder().String(f.Name); err == nil && f.NonUTF8 && (!utf8.ValidString(f.Name) || strings.ContainsFunc(f.Name, farLetter) && !strings.ContainsFunc(f.Name, nearLetter)) {
		return cleanName(name)
	}
	return cleanName(f.Name)
}

func farLetter(r rune) bool  { return r > 0x7F && r < 0x800 && !unicode.Is(unicode.Latin, r) }
func nearLetter(r rune) bool { return r >= 0x800 || r > 0x7F && unicode.Is(unicode.Latin, r) }
