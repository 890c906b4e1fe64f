package webchat

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

// A script is packed when it changes, not for each page that asks; a browser that has it is told so.
func TestScriptsArePackedOnce(t *testing.T) {
	s := openShop(t, Limits{})
	assets, err := view.NewAssets(fstest.MapFS{
		"dist/manifest.json": {Data: []byte(`{"widget.js":"widget.js","snippet.js":"snippet.js"}`)},
		"dist/widget.js":     {Data: []byte("the loader")}, "dist/snippet.js": {Data: []byte("the rest")},
	})
	must(t, err)
	d, e := New(s.Desk, s.hub, s.news, s.api, func(*http.Request) string { return "" }, Limits{}), echo.New()
	e.GET("/widget.js", d.Loader(assets))
	e.GET("/snippet.js", d.Snippet(assets))
	get := func(path, tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w
	}
	snippet, err := s.SaveSnippet(t.Context(), s.alice, desk.Snippet{Name: "Shop", Kind: "tab", Levels: []desk.Level{{InboxID: s.widget.ID}}, Offline: "<p>closed</p>"})
	must(t, err)
	for _, path := range []string{"/widget.js?id=" + s.widget.PublicID, "/snippet.js?id=" + snippet.PublicID} {
		first := get(path, "")
		if tag := first.Header().Get("ETag"); first.Code != http.StatusOK || tag == "" || get(path, tag).Code != http.StatusNotModified {
			t.Errorf("%s: %d, tag %q, again %d", path, first.Code, tag, get(path, tag).Code)
		}
	}
	loader := "/widget.js?id=" + s.widget.PublicID
	was, kept := get(loader, ""), d.scripts.by[s.widget.PublicID]
	get(loader, "")
	if d.scripts.by[s.widget.PublicID] != kept {
		t.Error("packed again, and nothing has changed")
	}
	_, err = s.SaveInbox(t.Context(), s.alice, desk.SavedInbox{ID: s.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{Color: "#aa0000"}})
	must(t, err)
	if now := get(loader, was.Header().Get("ETag")); now.Code != http.StatusOK || !strings.Contains(now.Body.String(), "#aa0000") || !strings.HasSuffix(now.Body.String(), ";\nthe loader") {
		t.Errorf("with another colour it says %d %q", now.Code, now.Body)
	}
	if len(d.scripts.by) != 2 {
		t.Errorf("%d scripts are kept", len(d.scripts.by))
	}
}
