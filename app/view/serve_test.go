package view

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func get(h http.Handler, path string, header ...string) *http.Response {
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestAssets(t *testing.T) {
	a, err := NewAssets(fstest.MapFS{
		"dist/manifest.json":     {Data: []byte(`{"js/app.js":"js/app-5XK2.js","widget.js":"widget.js"}`)},
		"dist/js/app-5XK2.js":    {Data: []byte("let tea")},
		"dist/js/app-5XK2.js.gz": {Data: []byte("gzipped")},
		"dist/widget.js":         {Data: []byte("widget")},
		"dist/sw.js":             {Data: []byte("worker")},
		"dist/notes.md":          {Data: []byte("not for browsers")},
		"js/app.js":              {Data: []byte("source")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.URL("js/app.js"); got != "/assets/js/app-5XK2.js" {
		t.Errorf("URL is %s", got)
	}
	for _, c := range []struct {
		path, status, cache string
	}{
		{"/assets/js/app-5XK2.js", "200 OK", "public, max-age=31536000, immutable"},
		{"/widget.js", "200 OK", "public, max-age=300"},
		{"/sw.js", "200 OK", "no-cache"},
		{"/assets/js/app.js", "404 Not Found", ""},
		{"/assets/manifest.json", "404 Not Found", ""},
		{"/assets/notes.md", "404 Not Found", ""},
		{"/assets/../js/app.js", "404 Not Found", ""},
		{"/assets/js/app-5XK2.js.gz", "404 Not Found", ""},
	} {
		res := get(a, c.path)
		if res.Status != c.status || res.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s: %s, %q; want %s, %q", c.path, res.Status, res.Header.Get("Cache-Control"), c.status, c.cache)
		}
	}
	plain, zipped := get(a, "/assets/js/app-5XK2.js"), get(a, "/assets/js/app-5XK2.js", "Accept-Encoding", "br, gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" {
		t.Error("the prebuilt .gz goes to those who accept it and to nobody else")
	}
	if plain.Header.Get("ETag") == zipped.Header.Get("ETag") {
		t.Error("two encodings under one entity tag")
	}
	if again := get(a, "/assets/js/app-5XK2.js", "If-None-Match", plain.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again with its entity tag: %s", again.Status)
	}
}

// A long file is built packed alone, and unpacked for the few who do not accept that.
func TestLongAssetsArePackedAlone(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte("let tea = 1"))
	z.Close()
	a, err := NewAssets(fstest.MapFS{"dist/manifest.json": {Data: []byte(`{"js/app.js":"js/app-5XK2.js"}`)}, "dist/js/app-5XK2.js.gz": {Data: b.Bytes()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, accept := range []string{"gzip", "", "br"} {
		res := get(a, "/assets/js/app-5XK2.js", "Accept-Encoding", accept)
		body, err := io.ReadAll(res.Body)
		if accept == "gzip" {
			z, e := gzip.NewReader(bytes.NewReader(body))
			if e != nil {
				t.Fatal(e)
			}
			body, err = io.ReadAll(z)
		}
		if err != nil || res.StatusCode != http.StatusOK || string(body) != "let tea = 1" || res.Header.Get("ETag") == "" || res.Header.Get("Content-Type") != types[".js"] {
			t.Errorf("%q: %s %q %v", accept, res.Status, body, err)
		}
	}
}

func TestAssetsBeforeTheBuild(t *testing.T) {
	a, err := NewAssets(fstest.MapFS{"dist/.gitkeep": {}})
	if err != nil {
		t.Fatal(err)
	}
	if a.Built() || a.URL("js/app.js") != "/assets/js/app.js" {
		t.Errorf("an unbuilt front end: %v, %s", a.Built(), a.URL("js/app.js"))
	}
}

func TestGuardForbidsInlineCode(t *testing.T) {
	for kind, ancestors := range map[Kind]string{
		Console: "frame-ancestors 'none'", Visitor: "frame-ancestors 'self' https://shop.example",
		Foreign: "frame-ancestors 'self'", ForeignPictures: "frame-ancestors 'self'",
	} {
		h := http.Header{}
		Guard(h, kind, "https://shop.example")
		csp := h.Get("Content-Security-Policy")
		scripts := "default-src 'none'"
		if _, rest, ok := strings.Cut(csp, "script-src "); ok {
			scripts, _, _ = strings.Cut(rest, ";")
		}
		if strings.Contains(scripts, "unsafe") || strings.Contains(csp, "unsafe-eval") {
			t.Errorf("kind %d lets code in: %s", kind, csp)
		}
		if !strings.Contains(csp, ancestors) || !strings.Contains(csp, "base-uri 'none'") {
			t.Errorf("kind %d: want %q and base-uri in %s", kind, ancestors, csp)
		}
	}
	h := http.Header{}
	Guard(h, Foreign)
	if csp := h.Get("Content-Security-Policy"); strings.Contains(csp, "allow-scripts") || strings.Contains(csp, "https:") {
		t.Errorf("a mail may run code or fetch pictures: %s", csp)
	}
}
