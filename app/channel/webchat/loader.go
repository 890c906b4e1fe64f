package webchat

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// Loader serves /widget.js. With ?id= it says first, in the tag's own data-look, how the widget looks: so that the button is right
// at the first visit already, with no second request and no further global.
func (d *Door) Loader(assets *view.Assets) echo.HandlerFunc {
	return func(c echo.Context) error {
		w := desk.Widget{}
		inbox, err := d.widget(c.Request().Context(), c.QueryParam("id"))
		if err == nil {
			w, err = desk.WidgetOf(inbox)
		}
		if err != nil || !assets.Built() { // an unknown widget's button looks like Deskbell's own
			assets.ServeHTTP(c.Response(), c.Request())
			return nil
		}
		button, err := d.ready(c.Request().Context(), inbox, w)
		if err != nil {
			return err
		}
		first, err := json.Marshal(button)
		if err != nil {
			return err
		}
		quoted, err := json.Marshal(string(first))
		if err != nil {
			return err
		}
		s, err := d.scripts.get(assets, inbox.PublicID, "document.currentScript.dataset.look="+string(quoted), "widget.js")
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "public, max-age=300")
		s.serve(c.Response(), c.Request())
		return nil
	}
}

// scripts keeps for each widget and each snippet the script as it last went out, packed: every page of a shop asks for one, and packing is most
// of what an answer costs.
type scripts struct {
	mu sync.Mutex
	by map[string]*script
}

// script is what the desk says now, and then built scripts that are always the same.
type script struct {
	first       string
	plain, gzip []byte
	tag         string
}

// get gives the script that begins with first and goes on with the built ones of those names.
func (s *scripts) get(assets *view.Assets, key, first string, names ...string) (*script, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept := s.by[key]; kept != nil && kept.first == first {
		return kept, nil
	}
	var plain, packed bytes.Buffer
	plain.WriteString(first)
	for _, name := range names {
		text, err := assets.Read(name)
		if err != nil {
			return nil, err
		}
		plain.WriteString(";\n")
		plain.Write(text)
	}
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(plain.Bytes()); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if s.by == nil {
		s.by = map[string]*script{}
	}
	s.by[key] = &script{first, plain.Bytes(), packed.Bytes(), fmt.Sprintf("%08x", crc32.ChecksumIEEE(plain.Bytes()))}
	return s.by[key], nil
}

// serve answers with the script, which any site may carry, or that the browser has it already.
func (s *script) serve(w http.ResponseWriter, r *http.Request) {
	h, body, tag := w.Header(), s.plain, s.tag
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body, tag = s.gzip, s.tag+"-gz"
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
