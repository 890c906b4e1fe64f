package journey

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
	"deskbell/app/wire"
)

// The loader with the longest first line that a widget can give it is still small: goal of quality's.
func TestTheLoaderIsSmallWithEveryWord(t *testing.T) {
	script, err := os.ReadFile("../../static/dist/widget.js")
	if err != nil {
		t.Skip("the front end is not built: make assets")
	}
	for _, icon := range desk.Icons {
		look, err := json.Marshal(wire.ButtonOf(desk.Widget{Color: "#5b3fa0", Ink: "#fefefe", Position: "left", Icon: icon, ButtonText: "Ask the people of our shop now", X: 400, Y: 399, Width: 800, Height: 1200,
			Words: map[string]desk.Words{"zh-CN": {ButtonText: "在线咨询客服人员"}}}))
		must(t, err)
		quoted, err := json.Marshal(string(look))
		must(t, err)
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		must(t, err)
		_, err = z.Write([]byte("document.currentScript.dataset.look=" + string(quoted) + ";\n" + string(script)))
		must(t, err)
		must(t, z.Close())
		if b.Len() > 4096 {
			t.Errorf("the loader of a widget with the icon %s weighs %d bytes, more than 4096", icon, b.Len())
		}
	}
}

func (h *house) redesign(w desk.Widget) {
	h.t.Helper()
	must(h.t, w.Check())
	_, err := h.Desk.SaveInbox(h.t.Context(), h.alice, desk.SavedInbox{ID: h.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: w})
	must(h.t, err)
}

const root = `document.querySelector('deskbell-widget').shadowRoot`

// What the designer says takes effect on the company's page, whose policy is as strict as there is, and in the chat.
func TestTheWidgetIsAsItWasDesigned(t *testing.T) {
	h, browser := open(t), browserOf(t)
	h.redesign(desk.Widget{Title: "Tea desk", Color: "#ffee00", Greeting: "Hello", Icon: "heart", ButtonText: "Ask us", Position: "left", X: 48, Y: 32, Width: 420, Height: 450,
		Notice: "Closed on Monday", NoticeLink: "https://tea.example/hours", CSS: ".bubble { border-radius: 3px } :root { --surface: rgb(250, 250, 240) }",
		Ask: map[string]string{"name": "must", "email": "may"}, AskLead: "So that we can call you by name"})
	shop := visit(t, browser, h.shop+"/?id")
	shop.until("the button at its first sight", launcher+`.innerText.trim() === 'Ask us' && getComputedStyle(`+launcher+`).backgroundColor === 'rgb(255, 238, 0)' && getComputedStyle(`+launcher+`).color === 'rgb(29, 28, 26)'`)
	shop.until("its place", `(r => r.left === 48 && Math.round(innerHeight - r.bottom) === 32)(`+launcher+`.getBoundingClientRect())`)
	shop.run(launcher + `.click()`)
	shop.until("the window's size", `(r => r.width === 420 && r.height === 450 && r.left === 48)(`+root+`.querySelector('iframe').getBoundingClientRect())`)
	f := h.window(shop)
	f.until("the notice", `document.querySelector('.notice a')?.href === 'https://tea.example/hours' && document.querySelector('.notice').textContent === 'Closed on Monday'`)
	f.until("the form before the chat", `!!document.querySelector('.leave form [name=name]') && document.querySelector('.lead').textContent.includes('by name') && document.querySelector('form.write').hidden`)
	f.until("the title and the page's own style sheet", `document.querySelector('h1').textContent === 'Tea desk' && getComputedStyle(document.querySelector('main')).getPropertyValue('--surface').trim() === 'rgb(250, 250, 240)'`)
	f.run(`document.querySelector('.leave .primary').click()`)
	f.until("its fault", `document.querySelector('.leave .fault:not(:empty)') && document.activeElement.name === 'name'`)
	shop.run(`deskbell('send', 'written before he said who he is')`)
	f.do(chromedp.SendKeys(chromedp.CSS(`[name="name"]`), "Li Lei"))
	f.run(`document.querySelector('.leave .primary').click()`)
	f.until("the chat, and what had waited", `!document.querySelector('.leave') && !document.querySelector('form.write').hidden && document.querySelector('.me .foot')?.textContent === 'Sent'`)
	f.until("bubbles by the style sheet", `getComputedStyle(document.querySelector('.bubble')).borderRadius.startsWith('3px')`)
	c, err := h.Desk.Conversation(t.Context(), h.alice, h.conversation())
	must(t, err)
	if c.CustomerName != "Li Lei" {
		t.Errorf("the customer is %q", c.CustomerName)
	}

	// The window goes where its head is drawn to, and never off the screen.
	f.run(`(() => { const head = document.querySelector('.head'), at = (type, x, y) => head.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: 'mouse', button: 0, screenX: x, screenY: y, bubbles: true }));
		head.setPointerCapture = () => {}; at('pointerdown', 0, 0); at('pointermove', 60, -20); at('pointerup', 60, -20); at('pointermove', 500, 500); })()`)
	shop.until("moved", `(r => Math.round(r.left) === 108)(`+root+`.querySelector('iframe').getBoundingClientRect())`)
	f.run(`(() => { const head = document.querySelector('.head'), at = (type, x, y) => head.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: 'mouse', button: 0, screenX: x, screenY: y, bubbles: true }));
		at('pointerdown', 0, 0); at('pointermove', -5000, 5000); at('pointerup', -5000, 5000); })()`)
	shop.until("held by the screen's edge", `(r => r.left === 0 && Math.round(r.bottom) === innerHeight)(`+root+`.querySelector('iframe').getBoundingClientRect())`)
	shop.quiet()
	f.quiet()
}

// The designer draws what is in its form before it is saved, and what it saves the page gets without another snippet.
func TestDesignerDrawsWhatItSays(t *testing.T) {
	h, browser := open(t), browserOf(t)
	p := visit(t, browser, h.url+"/login")
	p.do(chromedp.EmulateViewport(1440, 900), chromedp.SendKeys(chromedp.CSS("input[name=email]"), "alice@tea.example"), chromedp.SendKeys(chromedp.CSS("input[type=password]"), password+"\r"))
	p.until("logged in", `location.pathname === '/conversations'`)
	p.do(chromedp.Navigate(h.url + "/admin/widgets/" + h.widget.ID.String()))
	page := `document.querySelector('#preview iframe').contentDocument`
	chat := page + `?.querySelector('deskbell-widget')?.shadowRoot.querySelector('iframe')?.contentDocument`
	p.until("the greeting", chat+`?.querySelector('.bubble')?.textContent === 'Welcome! 欢迎'`)
	p.run(`(() => { const set = (name, value) => { const e = document.getElementById('designer').elements[name]; e.value = value; e.dispatchEvent(new Event('input', { bubbles: true })); }; set('greeting', 'Good day'); set('color', '#ffee00'); set('ink', '#ffffff'); set('button_text', 'Ask'); })()`)
	p.until("drawn at once", chat+`?.querySelector('.bubble')?.textContent === 'Good day' && `+page+`.querySelector('deskbell-widget').shadowRoot.querySelector('button').innerText.trim() === 'Ask'`)
	p.until("told that it cannot be read", `document.getElementById('contrast').classList.contains('bad')`)
	p.run(`document.querySelector('[data-better]').click()`)
	p.until("mended by a press", `!document.getElementById('contrast').classList.contains('bad') && document.getElementById('designer').elements.color.value !== '#ffee00'`)
	p.run(`document.querySelector('#preview button[value=phone]').click()`)
	p.until("a phone", `document.querySelector('#preview iframe').clientWidth === 390 && `+chat+`?.querySelector('.bubble')?.textContent === 'Good day'`)
	p.run(`document.querySelector('#designer .primary').click()`)
	p.until("saved", `window.toasted?.some(x => x.length > 0)`)
	shop := visit(t, browser, h.shop)
	shop.run(`new Promise(done => { const look = () => document.querySelector('deskbell-widget') ? done() : setTimeout(look, 20); look(); })`)
	shop.run(launcher + `.click()`)
	f := h.window(shop)
	f.until("the same page's snippet shows it", `document.querySelector('.bubble')?.textContent === 'Good day'`)
	p.quiet()
}
