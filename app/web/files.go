package web

import (
	"errors"
	"html"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/mail"
	"deskbell/app/view"
	"deskbell/app/wire"
)

// upload stores one file for a message that is being written, as it comes in.
func (w *Web) upload(c echo.Context) error {
	// A phone on a bad line needs its time; the server's own deadline is for forms.
	_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(10 * time.Minute))
	parts, err := c.Request().MultipartReader()
	if err != nil {
		return desk.Invalid("file", "fault.file_missing")
	}
	for {
		part, err := parts.NextPart()
		var much *http.MaxBytesError
		if err != nil && !errors.As(err, &much) { // its end, or no form at all: the sender's doing
			return desk.Invalid("file", "fault.file_missing")
		}
		if err != nil {
			return err
		}
		if part.FormName() != "file" {
			continue
		}
		f, err := w.Desk.Upload(c.Request().Context(), actor(c), part.FileName(), part)
		if errors.Is(err, io.ErrUnexpectedEOF) { // cut off
			return desk.Invalid("file", "fault.file_missing")
		}
		if err != nil {
			return err
		}
		return c.JSON(http.StatusCreated, wire.Console.File(f))
	}
}

// file sends an attachment: pictures that were re-encoded here as themselves, all
// else to be saved, and nothing that a browser would run on this origin.
func (w *Web) file(c echo.Context) error {
	return w.sendFile(c, actor(c), c.Param("id"))
}

func (w *Web) sendFile(c echo.Context, by desk.Actor, id string) error {
	thumb := c.QueryParam("thumb") != ""
	f, r, err := w.Desk.OpenFile(c.Request().Context(), by, id, thumb)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Type", "application/octet-stream")
	show := "attachment"
	switch {
	case thumb && f.Thumb != nil:
		h.Set("Content-Type", pictureType(f))
		show = "inline"
	case f.Width > 0 && safePicture(f.ContentType):
		h.Set("Content-Type", f.ContentType)
		show = "inline"
	case strings.HasPrefix(f.ContentType, "audio/"), strings.HasPrefix(f.ContentType, "video/"):
		h.Set("Content-Type", f.ContentType)
		show = "inline"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(show, map[string]string{"filename": f.Name}))
	http.ServeContent(c.Response(), c.Request(), "", f.CreatedAt, r)
	return nil
}

func safePicture(kind string) bool {
	return kind == "image/png" || kind == "image/jpeg" || kind == "image/gif" || kind == "image/webp"
}

// messageHTML is a mail for its frame: sanitised, and under a policy of its own that
// runs nothing and fetches nothing. Remote pictures come only when they are asked for.
func (w *Web) messageHTML(c echo.Context) error {
	m, err := w.messageOf(c)
	if err != nil {
		return err
	}
	if m.HTML == "" {
		return desk.NotFound
	}
	pictures := c.QueryParam("pictures") == "1"
	safe := mail.SanitizeOptions{Remote: pictures, Leads: true, CID: func(cid string) string {
		for _, f := range m.Files {
			if f.ContentID == cid && safePicture(f.ContentType) {
				return "/files/" + f.ID
			}
		}
		return ""
	}}
	visible, quoted := parted(m)
	clean := mail.Sanitize(visible, safe)
	if quoted = mail.Sanitize(quoted, safe); quoted != "" { // each is sanitised by itself, so that neither leaves its place
		words := html.EscapeString(w.Views.T(visitOf(c).reader.Lang, "message.quoted"))
		clean += `<details class="deskbell-fold"><summary title="` + words + `" aria-label="` + words + `">•••</summary>` + quoted + `</details>`
	}
	kind := view.Foreign
	if pictures {
		kind = view.ForeignPictures
	}
	view.Guard(c.Response().Header(), kind)
	c.Response().Header().Set("X-Held-Pictures", strconv.FormatBool(mail.HasRemote(clean)))
	return c.HTML(http.StatusOK, mailFrame+clean+"</body></html>")
}

// mailFrame is what stands around a mail: black on white in both themes, as it was meant.
const mailFrame = `<!doctype html><html><head><meta charset="utf-8"><base target="_blank"><style>
body{margin:0;padding:2px;font:14px/20px system-ui,-apple-system,"Segoe UI",Roboto,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#1d1c1a;background:#fff;overflow-wrap:anywhere}
img{max-width:100%;height:auto}img[data-remote-src]{display:inline-block;min-width:24px;min-height:16px;background:#f3f1ec;border:1px dashed #8a857a}
table{max-width:100%}pre{white-space:pre-wrap}blockquote{margin:4px 0 4px 4px;padding-left:10px;border-left:2px solid #e4e0d8;color:#57534b}a{color:#0b5c6b}
.deskbell-fold{margin-top:8px}.deskbell-fold>summary{display:inline-grid;place-items:center;min-width:32px;height:24px;border-radius:6px;background:#f3f1ec;color:#57534b;font-size:11px;letter-spacing:1px;cursor:pointer;list-style:none}
.deskbell-fold>summary::-webkit-details-marker{display:none}.deskbell-fold>summary:hover{background:#e4e0d8}.deskbell-fold>summary:focus-visible{outline:2px solid #0b5c6b;outline-offset:2px}.deskbell-fold[open]>summary{margin-bottom:8px}
@media(pointer:coarse){.deskbell-fold>summary{min-width:48px;height:44px}}
</style></head><body>`
