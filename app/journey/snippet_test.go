package journey

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// page serves a plain static page of another origin, with a policy that allows the desk in script-src and frame-src and nothing else.
func (h *house) page(body string) string {
	h.t.Helper()
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src %[1]s; frame-src %[1]s; require-trusted-types-for 'script'", h.url))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>Shop</title><h1>Tea</h1>`+body+`<p id="after">After</p></html>`)
	}))
	listen(h.t, site, "127.0.0.3")
	site.Start()
	h.t.Cleanup(site.Close)
	return site.URL
}

// The code that admin mode shows, pasted into a strict page, shows what the desk says: offline contents, a tab, a window of its own, the chat itself.
func TestPastedCodeShowsWhatTheDeskSays(t *testing.T) {
	h, browser := open(t), browserOf(t)
	p := visit(t, browser, h.url+"/login")
	p.do(chromedp.EmulateViewport(1440, 900), chromedp.SendKeys(chromedp.CSS("input[name=email]"), "alice@tea.example"), chromedp.SendKeys(chromedp.CSS("input[type=password]"), password+"\r"))
	p.until("logged in", `location.pathname === '/conversations'`)
	p.do(chromedp.Navigate(h.url + "/admin/snippets/new"))
	p.until("the form", `!!document.querySelector('[name=widget_0]')`)
	p.run(fmt.Sprintf(`(() => { const f = document.querySelector('form.form').elements; f.name.value = 'Shop'; f.who_0.value = 'a%d'; f.widget_0.value = '%d'; f.offline.value = '<p style="color: red">We are <b>closed</b><img src="x" onerror="alert(1)"></p>'; f.online.value = '<p>Talk to <em>Bo</em></p>'; })()`, h.bo.ID, h.widget.ID))
	p.run(`document.querySelector('form.form .primary').click()`)
	p.until("its code", `!!document.getElementById('snippet')`)
	code := p.texts(`[document.getElementById('snippet').textContent]`)[0]
	var id desk.SnippetID = 1

	site := visit(t, browser, h.page(code))
	place := `document.querySelector('[data-deskbell]')`
	site.until("the offline contents, without what could run", place+`.innerText.trim() === 'We are closed' && getComputedStyle(`+place+`.querySelector('p')).color === 'rgb(255, 0, 0)' && !document.querySelector('deskbell-widget') && !document.querySelector('[onerror]')`)

	p.do(chromedp.Navigate("about:blank")) // the console asks for news of its own
	must(t, h.Desk.Connected(t.Context(), desk.System, h.bo.Agent(), true))
	before := h.asked.Load()
	site.do(chromedp.Reload())
	site.until("a tab at the edge", `(r => r.right === innerWidth && r.top > 100 && r.bottom < innerHeight - 100)(`+launcher+`.getBoundingClientRect())`)
	site.until("the online contents", place+`.innerText.trim() === 'Talk to Bo'`)
	if n := h.asked.Load() - before; n != 1 {
		t.Errorf("the code made %d requests before a press, want 1", n)
	}
	site.run(place + `.querySelector('a').click()`)
	f := h.window(site)
	f.do(write("to Bo, please"))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	eventually(t, "who was named has it", func() bool {
		c, err := h.Desk.Conversation(t.Context(), h.alice, h.conversation())
		must(t, err)
		return c.AssigneeID == h.bo.Agent()
	})

	change := func(kind string) {
		s, err := h.Desk.Snippet(t.Context(), h.alice, id)
		must(t, err)
		s.Kind = kind
		_, err = h.Desk.SaveSnippet(t.Context(), h.alice, *s)
		must(t, err)
		site.do(chromedp.Reload())
	}
	change("popup")
	site.until("a link to a window of its own, and no widget", place+`.querySelector('a')?.href.includes('/chat/`+h.widget.PublicID+`?agent=') && !document.querySelector('deskbell-widget')`)
	site.run(`window.open = (...a) => { window.opened = a; return {}; }; ` + place + `.querySelector('a').click()`)
	site.until("opened as a window", `window.opened[2].startsWith('popup,width=')`)

	change("embedded")
	site.until("the chat stands in the place of the code", place+`.querySelector('deskbell-widget')?.shadowRoot.querySelector('iframe') && (r => r.height >= 400 && r.bottom <= document.getElementById('after').getBoundingClientRect().top)(`+place+`.querySelector('deskbell-widget').getBoundingClientRect())`)
	g := site.frame(h.url + "/chat/")
	g.until("the same visitor, and nothing to close", has("to Bo, please")+` && !document.querySelector('[title="Close chat"]')`)
	site.until("nothing has taken the page's focus", `document.activeElement === document.body`)
	g.until("and nothing in it has one", `document.activeElement === document.body`)
	site.quiet()
}

// Without scripts the code shows a page of the desk's.
func TestPastedCodeWithoutScripts(t *testing.T) {
	h := open(t)
	s, err := h.Desk.SaveSnippet(t.Context(), h.alice, desk.Snippet{Name: "Shop", Kind: "tab", NoScript: `<p>Call <a href="tel:+861">us</a></p>`, Levels: []desk.Level{{InboxID: h.widget.ID}}})
	must(t, err)
	res, err := http.Get(h.url + "/snippets/" + s.PublicID)
	must(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	text, csp := string(b), res.Header.Get("Content-Security-Policy")
	if res.StatusCode != 200 || !strings.Contains(text, "Call ") || !strings.Contains(csp, "sandbox") || strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("%s %q under %q", res.Status, text, csp)
	}
	if res, err := http.Get(h.url + "/snippet.js?id=unknown"); err != nil || res.StatusCode != 404 {
		t.Errorf("an unknown one: %v %v", res, err)
	}
}
