package desk

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"deskbell/app/blob"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	thumbSize   = 480             // pixels of a thumbnail's longer side
	pixelLimit  = 40_000_000      // decoded at most: a small file can claim to be a huge picture
	pictureSize = int64(25 << 20) // bytes of a file that is looked at as a picture
)

// painting lets one picture at a time be decoded: each may take a few hundred megabytes.
var painting = make(chan struct{}, 1)

// store puts the bytes into blobs.db and finds out what they are.
func (d *Desk) store(ctx context.Context, r io.Reader, limit int64, rewrite bool) (*File, error) {
	head := make([]byte, 3072)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return nil, err
	}
	head = head[:n]
	f := &File{ContentType: mimetype.Detect(head).String()}
	r = io.MultiReader(bytes.NewReader(head), r)
	var pic *picture
	if isPicture(f.ContentType) {
		raw, err := io.ReadAll(io.LimitReader(r, min(limit, pictureSize)+1))
		if err != nil {
			return nil, err
		}
		if pic = look(raw, f.ContentType); pic != nil && rewrite {
			raw = pic.clean
			if f.ContentType == "image/webp" { // read here, but written by nobody: it goes on as PNG
				f.ContentType = "image/png"
			}
		} else if rewrite {
			raw = bereft(raw, f.ContentType)
		}
		r = io.MultiReader(bytes.NewReader(raw), r)
	}
	if f.Sum, f.Size, err = d.blobs.Put(ctx, r, limit); err != nil {
		if errors.Is(err, blob.ErrTooLarge) {
			return nil, &Error{Kind: KindTooLarge, Key: "error.file_too_large", Args: []any{limit >> 20}}
		}
		return nil, d.trouble(err)
	}
	if pic == nil {
		return f, nil
	}
	f.Width, f.Height = pic.width, pic.height
	thumb, _, err := d.blobs.Put(ctx, bytes.NewReader(pic.thumb), limit)
	f.Thumb = &thumb
	return f, d.trouble(err)
}

func isPicture(contentType string) bool {
	switch contentType {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return true
	}
	return false
}

// picture is what was found in a file that is one.
type picture struct {
	width, height int
	thumb         []byte // JPEG
	clean         []byte // the picture without metadata, upright
}

// look decodes a picture within bounds; nil when it is none after all, or too large to be decoded.
func look(raw []byte, contentType string) *picture {
	config, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || config.Width < 1 || config.Height < 1 || config.Width > pixelLimit/config.Height {
		return nil
	}
	if contentType == "image/gif" && !animates(raw) || contentType == "image/jpeg" && coefficients(raw) > coeffsLimit {
		return nil
	}
	painting <- struct{}{}
	defer func() { <-painting }()
	im, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil
	}
	im = upright(im, orientation(raw))
	p := &picture{width: im.Bounds().Dx(), height: im.Bounds().Dy()}
	if p.thumb, err = small(im); err != nil {
		return nil
	}
	if p.clean, err = bare(raw, im, contentType); err != nil {
		return nil
	}
	return p
}

// bare is the picture encoded anew, so that nothing but pixels is left. An animation keeps its frames: GIF has no EXIF, and
// its comments are dropped by encoding the frames again.
func bare(raw []byte, im image.Image, contentType string) ([]byte, error) {
	var out bytes.Buffer
	switch contentType {
	case "image/jpeg":
		err := jpeg.Encode(&out, im, &jpeg.Options{Quality: 88})
		return out.Bytes(), err
	case "image/gif":
		all, err := gif.DecodeAll(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		err = gif.EncodeAll(&out, all)
		return out.Bytes(), err
	}
	err := png.Encode(&out, im)
	return out.Bytes(), err
}

// small is a thumbnail on white.
func small(im image.Image) ([]byte, error) {
	b := im.Bounds()
	w, h := b.Dx(), b.Dy()
	if longer := max(w, h); longer > thumbSize {
		w, h = max(1, w*thumbSize/longer), max(1, h*thumbSize/longer)
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(to, to.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(to, to.Bounds(), im, b, draw.Over, nil)
	var out bytes.Buffer
	err := jpeg.Encode(&out, to, &jpeg.Options{Quality: 80})
	return out.Bytes(), err
}
