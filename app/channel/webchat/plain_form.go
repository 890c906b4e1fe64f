package webchat

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"deskbell/app/desk"
	"deskbell/app/rest"
)

// plainMost is the size of the form's fields in bytes, all together: 2000 characters, and some.
const plainMost = 64 << 10

// plainSent is what came with the form besides its fields: a file that stands last, with its bytes as they arrive; nil: none was chosen.
type plainSent struct {
	name string
	file io.Reader
	look bool // nothing is to be stored, whatever stands in the form
}

// plainForm reads the form's fields into r.PostForm, and comes to stand before its file. Nothing of that is kept in memory or in a folder.
func plainForm(w http.ResponseWriter, r *http.Request, largest int64) (sent plainSent, err error) {
	sent.look = r.URL.Query().Get("look") != ""
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		r.Body = http.MaxBytesReader(w, r.Body, plainMost)
		return sent, r.ParseForm()
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(10 * time.Minute)) // for a phone on a bad line
	r.Body = http.MaxBytesReader(w, r.Body, 2*largest+plainMost)                        // who sends somewhat too much is to read so
	r.PostForm = url.Values{}
	parts, left := multipart.NewReader(r.Body, params["boundary"]), int64(plainMost)
	for range 20 {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			r.Form = r.PostForm
			return sent, nil
		}
		if err != nil {
			break
		}
		if part.FormName() == "file" {
			if r.Form = r.PostForm; part.FileName() != "" {
				sent.name, sent.file = part.FileName(), part
			}
			return sent, nil
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if left -= int64(len(value)); err != nil || left < 0 {
			break
		}
		r.PostForm.Add(part.FormName(), string(value))
	}
	return sent, rest.BadRequest("body", "the form cannot be read")
}

// keepPlain stores the file for the message that goes with it. The rest of one that is too large is read and dropped, so that the browser
// shows the answer and no broken line.
func (d *Door) keepPlain(r *http.Request, by desk.Actor, sent plainSent) (ids []string, err error) {
	if sent.file == nil {
		return nil, nil
	}
	if err := d.desk.AllowFile(r.Context(), desk.System, d.source(r), r.ContentLength); err != nil {
		return nil, err
	}
	f, err := d.desk.Upload(r.Context(), by, sent.name, sent.file)
	if err != nil {
		_, _ = io.Copy(io.Discard, sent.file)
		if e := (*desk.Error)(nil); errors.As(err, &e) && e.Kind == desk.KindTooLarge {
			return nil, desk.Invalid("file", "fault.file_over", d.desk.Limit.File>>20)
		}
		return nil, err
	}
	return []string{f.ID}, nil
}
