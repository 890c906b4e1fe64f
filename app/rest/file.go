package rest

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"deskbell/app/blob"
	"deskbell/app/desk"
)

// Uploaded finds the field "file" of a multipart request and answers its name
// and its bytes as they arrive; nothing is kept in memory or in a folder. Only
// what stands before the file is read, at most 64 kB of it, and the whole
// ends soon after limit bytes.
func Uploaded(w http.ResponseWriter, r *http.Request, limit int64) (name string, file io.Reader, err error) {
	// A phone on a bad line needs its time; the server's own deadline is for small bodies.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Minute))
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return "", nil, &Problem{Status: http.StatusUnsupportedMediaType, Code: "error.bad_request", Detail: "multipart/form-data with a field \"file\" is wanted"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit+aroundFile)
	parts := multipart.NewReader(r.Body, params["boundary"])
	for range 10 {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		if part.FormName() == "file" {
			return part.FileName(), faulty{part}, nil
		}
		if n, err := io.Copy(io.Discard, io.LimitReader(part, 64<<10)); err != nil || n == 64<<10 {
			break
		}
	}
	return "", nil, BadRequest("body.file", "a field \"file\" is missing")
}

// aroundFile is what may stand around a file in a request, in bytes.
const aroundFile = 128 << 10

// faulty tells a body that breaks off from a fault of ours.
type faulty struct{ io.Reader }

func (f faulty) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		var big *http.MaxBytesError
		if !errors.As(err, &big) {
			err = BadRequest("body", "the body breaks off")
		}
	}
	return n, err
}

// shown are the types that a browser may show by itself; all others are saved.
var shown = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/wav": true, "audio/webm": true, "audio/mp4": true,
	"video/mp4": true, "video/webm": true,
}

// ServeFile answers with a file, or a part of it, in a way that no upload can
// become a page of ours: its sniffed type, nosniff, a policy that allows nothing,
// and as a download unless it is a picture or the like.
func ServeFile(w http.ResponseWriter, r *http.Request, f *desk.File, content *blob.Reader, thumb bool) {
	kind, _, _ := strings.Cut(f.ContentType, ";")
	if thumb && f.Thumb != nil {
		kind = "image/jpeg"
	}
	disposition := "attachment"
	if shown[kind] {
		disposition = "inline"
	} else {
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	// RFC 6266; FormatMediaType encodes after RFC 2231, so that no name breaks the line.
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	http.ServeContent(w, r, "", f.CreatedAt, content)
}
