package journey

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"deskbell/app/apptest"
	"deskbell/app/desk"
)

var (
	link     = regexp.MustCompile(`(?:href|data-hx-get|src)="(/[^"#]*)"`)
	identity = regexp.MustCompile(` id="([^"]+)"`)
	leftKey  = regexp.MustCompile(`>\s*[a-z_]+(\.[a-z_]+)+\s*<|(?:title|aria-label)="[a-z_]+(\.[a-z_]+)+"`)
	unshown  = regexp.MustCompile(`(?s)<template.*?</template>|<script.*?</script>`)
	leftHole = regexp.MustCompile(`>[^<]*\{\d\}[^<]*<`)
)

// TestEveryLink follows each link from each page, in both languages: every page is drawn, no text is missing, no id stands
// twice, and reading changes nothing.
func TestEveryLink(t *testing.T) {
	w := newWorld(t)
	for _, lang := range desk.Locales {
		w.Must(w.Desk.ChangeProfile(t.Context(), w.Alice.Actor(), desk.Profile{Name: "Alice", Locale: lang, TimeZone: "Asia/Shanghai"}))
		w.Must(w.Desk.Settle(t.Context()))
		before, err := w.Desk.LastEvent(t.Context())
		w.Must(err)
		n := crawl(t, w.Alice, lang)
		if n < 30 {
			t.Errorf("%s: only %d pages were found", lang, n)
		}
		after, err := w.Desk.LastEvent(t.Context())
		w.Must(err)
		if after != before {
			events, _ := w.Desk.EventsAfter(t.Context(), desk.System, before, 10)
			t.Errorf("%s: reading pages recorded %v", lang, events)
		}
	}
}

func crawl(t *testing.T, b *apptest.Browser, lang string) int {
	seen, todo := map[string]bool{"/": true}, []string{"/"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		page := b.Get(path)
		if page.Code == http.StatusSeeOther {
			todo = append(todo, page.Header.Get("Location"))
			continue
		}
		page.Status(http.StatusOK)
		if !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
			continue
		}
		checkPage(t, path, lang, page)
		for _, m := range link.FindAllStringSubmatch(page.Body, -1) {
			next := strings.ReplaceAll(m[1], "&amp;", "&")
			if !seen[next] && !strings.HasPrefix(next, "/assets/") && !strings.HasPrefix(next, "/stream") && !strings.HasPrefix(next, "/chat/") {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return len(seen)
}

func checkPage(t *testing.T, path, lang string, page *apptest.Page) {
	if got := page.Attr("html", "lang"); strings.Contains(page.Body, "<html") && got != lang && !strings.Contains(path, "/html") {
		t.Errorf("%s is in %q, want %s", path, got, lang)
	}
	shown := unshown.ReplaceAllString(page.Body, "")
	for _, left := range append(leftKey.FindAllString(shown, -1), leftHole.FindAllString(shown, -1)...) {
		t.Errorf("%s in %s shows %.100q", path, lang, left)
	}
	ids := map[string]bool{}
	for _, m := range identity.FindAllStringSubmatch(shown, -1) {
		if ids[m[1]] {
			t.Errorf("%s has the id %s twice", path, m[1])
		}
		ids[m[1]] = true
	}
}
