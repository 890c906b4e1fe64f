package view

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// types are the media types of built files; what is not listed is not served.
var types = map[string]string{
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".json":        "application/json",
	".webmanifest": "application/manifest+json",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".jpg":         "image/jpeg",
	".webp":        "image/webp",
	".ico":         "image/x-icon",
	".mp3":         "audio/mpeg",
	".ogg":         "audio/ogg",
	".wav":         "audio/wav",
	".html":        "text/html; charset=utf-8",
	".txt":         "text/plain; charset=utf-8",
}

// ServeHTTP answers /assets/…, kept by browsers for a year because a changed
// file has another name, and files at the root such as /widget.js and /sw.js,
// asked for again after five minutes because their names stay.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	name, lasting := strings.CutPrefix(path.Clean(r.URL.Path), "/assets/")
	name = strings.TrimPrefix(name, "/")
	tag, known := a.etags[name]
	kind := types[path.Ext(name)]
	if !known || kind == "" || name == "manifest.json" || name == ".gitkeep" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	switch {
	case lasting && a.fingerprinted(name):
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	case name == "sw.js":
		h.Set("Cache-Control", "no-cache") // browsers then see a new worker at the next visit
		h.Set("Service-Worker-Allowed", "/")
	default:
		h.Set("Cache-Control", "public, max-age=300")
	}
	switch name {
	case a.names["widget/page.js"]: // a module: other sites' pages must be allowed to read it
		h.Set("Access-Control-Allow-Origin", "*")
		fallthrough
	case "widget.js", a.names["img/icon-192.png"]: // the icon stands in notifications of those pages
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // any site may carry the widget
	}
	a.write(w, r, name, tag)
}

// write sends the file, or the .gz made beside it at build time.
func (a *Assets) write(w http.ResponseWriter, r *http.Request, name, tag string) {
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if b, err := fs.ReadFile(a.dist, name+".gz"); err == nil {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("ETag", `"`+tag+`-gz"`)
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
			return
		}
	}
	b, err := a.Read(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// Read gives a built file's bytes by its name in dist.
func (a *Assets) Read(name string) ([]byte, error) {
	b, err := fs.ReadFile(a.dist, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	packed, err := fs.ReadFile(a.dist, name+".gz")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// fingerprinted tells whether a built file's name changes with its content. All
// but the few that other sites and browsers remember do.
func (a *Assets) fingerprinted(name string) bool { return a.names[name] != name }
