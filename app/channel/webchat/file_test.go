package webchat

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"deskbell/app/wire"
)

func picture(t testing.TB) []byte {
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 600, 300))))
	return b.Bytes()
}

func TestFilesBothWays(t *testing.T) {
	s := openShop(t, Limits{})
	li, wang := s.session(`{}`).VisitorToken, s.session(`{}`).VisitorToken
	var f wire.File
	s.upload(li, "../../茶 leaves.png", picture(t)).into(t, &f)
	if f.Name != "茶 leaves.png" || f.ContentType != "image/png" || f.Width != 600 || f.ThumbURL == "" || f.URL != "/visitor/v1/files/"+f.ID {
		t.Errorf("kept %+v", f)
	}
	s.problem("another's upload, sent", s.call("POST", "/messages", wang, `{"file_id":"`+f.ID+`"}`), 422, "")
	m := s.send(li, `{"file_id":"`+f.ID+`"}`)
	if m.Kind != "image" || len(m.Files) != 1 || m.Files[0].ID != f.ID {
		t.Errorf("sent %+v", m)
	}
	path := strings.TrimPrefix(f.URL, prefix)
	got := s.call("GET", path, li, "")
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "image/png" || got.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "inline") {
		t.Errorf("the file: %s %v", got.Status, got.Header)
	}
	if small := s.call("GET", path+"?thumb=1", li, ""); small.Header.Get("Content-Type") != "image/jpeg" || len(small.body) == 0 {
		t.Errorf("the thumbnail: %s %v", small.Status, small.Header)
	}
	s.problem("another visitor", s.call("GET", path, wang, ""), 404, "error.not_found")
	s.problem("nobody", s.call("GET", path, "", ""), 401, "error.unauthorized")
	s.problem("no such file", s.call("GET", "/files/nobody", li, ""), 404, "error.not_found")
}

func TestNoUploadIsAPage(t *testing.T) {
	s := openShop(t, Limits{})
	li := s.session(`{}`).VisitorToken
	for name, content := range map[string]string{
		"a.html": "<!doctype html><script>alert(1)</script>", "a.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"a.png": "<html><script>alert(1)</script>", "a.xml": `<?xml version="1.0"?><x/>`, "a.pdf": "%PDF-1.4\n", "a\"\r\nSet-Cookie: x=1.txt": "text", "": "x",
	} {
		var f wire.File
		s.upload(li, name, []byte(content)).into(t, &f)
		got := s.call("GET", "/files/"+f.ID, li, "")
		if got.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") ||
			got.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || got.Header.Get("Set-Cookie") != "" || string(got.body) != content {
			t.Errorf("%q is served as %v", name, got.Header)
		}
	}
}

func TestUploadFaults(t *testing.T) {
	s := openShop(t, Limits{})
	s.Limit.File = 1 << 20
	li := s.session(`{}`).VisitorToken
	for _, name := range []string{"a.asp", "a.EXE", "a.Asa", "a.vBs", "a.bat", "a.PIF", "a.scr", `C:\a.exe`} {
		s.problem(name, s.upload(li, name, []byte("x")), 422, "error.invalid")
	}
	s.problem("too large", s.upload(li, "a.bin", make([]byte, 1<<20+1)), 413, "")
	s.problem("no form", s.call("POST", "/files", li, `{}`), 415, "")
	s.problem("no boundary", s.call("POST", "/files", li, `{}`, "Content-Type", "multipart/form-data"), 415, "")
	s.problem("no file", s.call("POST", "/files", li, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n", "Content-Type", "multipart/form-data; boundary=x"), 400, "")
	s.problem("broken off", s.call("POST", "/files", li, "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nb", "Content-Type", "multipart/form-data; boundary=x"), 400, "")
	s.problem("a large part before it", s.call("POST", "/files", li, "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"+strings.Repeat("b", 100_000)+"\r\n--x--\r\n", "Content-Type", "multipart/form-data; boundary=x"), 400, "")
}

// An endless upload is refused when it passes the limit, not when it ends; nor does one that never comes to its file go on.
func TestEndlessUpload(t *testing.T) {
	for name, begin := range map[string]string{
		"a file":   "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
		"preamble": "what stands before the first part",
	} {
		t.Run(name, func(t *testing.T) { endlessUpload(t, begin) })
	}
}

func endlessUpload(t *testing.T, begin string) {
	s := openShop(t, Limits{})
	li := s.session(`{}`).VisitorToken
	r, w := io.Pipe()
	defer r.Close()
	go func() {
		io.WriteString(w, begin)
		for b := make([]byte, 64<<10); ; {
			if _, err := w.Write(b); err != nil {
				return
			}
		}
	}()
	req, err := http.NewRequest("POST", s.url+prefix+"/files", r)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+li)
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // the server closed the line while we still sent: as good
	}
	resp.Body.Close()
	if resp.StatusCode != 413 && resp.StatusCode != 400 {
		t.Errorf("answered %s", resp.Status)
	}
}
