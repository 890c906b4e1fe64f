package journey

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// What something on the way refused is said to be not sent, also on the next page, and goes out once when the visitor asks for it.
func TestARefusedMessageIsSentAgainOnAPress(t *testing.T) {
	h, root := open(t), browserOf(t)
	p := visit(t, root, h.url+"/chat/"+h.widget.PublicID)
	p.do(write("first"))
	p.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	h.wall.Store(true)
	p.do(write("second"))
	const failed = `[...document.querySelectorAll('.me .foot')].at(-1).innerText.includes('Not sent') && [...document.querySelectorAll('.me .foot button')].map(b => b.textContent).join() === 'Try again,Delete'`
	p.until("not sent, with two ways on", failed)
	p.do(chromedp.Reload())
	p.until("the same on the next page", failed)
	h.wall.Store(false)
	p.run(`[...document.querySelectorAll('.me .foot button')].find(b => b.textContent === 'Try again').click()`)
	p.until("sent", `!document.querySelector('.me .foot button') && document.querySelectorAll('.me').length === 2`)
	if got := h.said(h.conversation()); len(got) != 2 || got[1] != "second" {
		t.Errorf("stored is %q", got)
	}
}

// The window is moved by the arrow keys on its head, never off the screen, and is where it was on the next page.
func TestTheWindowIsMovedByKeys(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, "about:blank")
	shop.do(chromedp.EmulateViewport(1200, 900), chromedp.Navigate(h.shop))
	f := h.chat(shop)
	const at = `document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe').style.translate`
	key := func(name string) {
		f.run(`document.querySelector('.head').dispatchEvent(new KeyboardEvent('keydown', { key: '` + name + `', bubbles: true, cancelable: true }))`)
	}
	f.until("it can have the focus", `document.querySelector('.head').tabIndex === 0 && document.querySelector('.head').getAttribute('aria-label') === 'Move this window with the arrow keys'`)
	key("ArrowLeft")
	key("ArrowUp")
	shop.until("moved", at+` === '-16px -16px'`)
	for range 80 {
		key("ArrowLeft")
	}
	shop.until("at the edge, and not beyond", `Math.abs(document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe').getBoundingClientRect().left) < 1`)
	was := shop.texts(`[` + at + `]`)[0]
	shop.do(chromedp.Reload())
	f = h.chat(shop)
	shop.until("where it was", at+` === `+quote(was))
	shop.do(chromedp.EmulateViewport(700, 900))
	const onScreen = `(r => r.left > -2 && r.top > -2 && r.right < innerWidth + 2 && r.bottom < innerHeight + 2)(document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe').getBoundingClientRect())`
	shop.until("on a narrower page it is not beyond the edge", onScreen)

	shop.run(`document.documentElement.style.zoom = 1.5; dispatchEvent(new Event('resize'))`)
	shop.until("a page that is zoomed pushes nothing off the screen", onScreen)
	for range 60 {
		key("ArrowDown")
		key("ArrowRight")
	}
	shop.until("nor is it moved off", onScreen+` && document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe').getBoundingClientRect().bottom > innerHeight - 3`)
	shop.quiet()
}

// Whatever a page says to all its elements, the widget moves nothing on it and stands where it belongs; a page that takes a new body without
// being loaded takes it along, with the chat that was open; and what took out the widget alone meant it.
func TestTheWidgetStandsApartFromThePage(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	shop.until("the launcher", `!!document.querySelector('deskbell-widget')`)
	shop.run(`{ const s = new CSSStyleSheet(); document.adoptedStyleSheets = [s];
		s.replaceSync('body { display: flex; gap: 60px; justify-content: space-between } body > * { position: relative; margin: 30px; padding: 30px; border: 5px solid; min-height: 200px; transform: translateX(10px); filter: blur(2px); opacity: .5; contain: paint }') }`)
	shop.until("nothing moves for it", `(() => { const w = document.querySelector('deskbell-widget'), at = () => [...document.querySelectorAll('h1, p')].map(e => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].join() }).join(' '), now = at();
		w.style.setProperty('display', 'none'); const without = at(); w.style.removeProperty('display'); return now === without })()`)
	shop.until("the button stands in its corner", `(r => Math.abs(r.right - (document.documentElement.clientWidth - 20)) < 1 && Math.abs(r.bottom - (innerHeight - 20)) < 1)(`+launcher+`.getBoundingClientRect())`)

	f := h.chat(shop)
	f.do(write("before"))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	shop.run(`{ const next = document.createElement('body'), h = document.createElement('h1'); h.textContent = 'Next'; next.append(h); document.documentElement.replaceChild(next, document.body) }`)
	g := shop.frame(h.url + "/chat/")
	g.until("the same chat", has("before"))
	g.until("open", `document.activeElement?.tagName === 'TEXTAREA'`)
	g.do(write("after"))
	g.until("one can go on", has("after")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	shop.run(`{ const next = document.createElement('h1'); next.textContent = 'Third'; document.body.replaceChildren(next) }`)
	shop.frame(h.url+"/chat/").until("once more", has("after"))
	if got := h.said(h.conversation()); len(got) != 2 {
		t.Errorf("stored is %q", got)
	}
	shop.run(`new Promise(done => { document.querySelector('deskbell-widget').remove(); requestAnimationFrame(done) })`)
	shop.until("gone, as it was meant", `!document.querySelector('deskbell-widget')`)
	shop.quiet()
}

// Who the visitor is, the page may say while his session is only being begun.
func TestWhatAPageTellsWhileASessionBeginsIsKept(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.together("/visitor/v1/sessions", 2)
	shop := visit(t, root, h.shop)
	shop.until("the launcher", `!!document.querySelector('deskbell-widget')`)
	shop.run(`deskbell('on', 'ready', () => { window.here = true })`)
	shop.run(launcher + `.click()`)
	shop.until("the frame is there", `window.here === true`)
	eventually(t, "his session is asked for", func() bool { return h.meeting.Load().people.Load() == 1 })
	shop.run(`deskbell('visitor', { name: 'Li Lei', email: 'no address' })`) // what is no good is left out, and nothing else
	shop.run(`new Promise(done => setTimeout(done, 500))`)                   // longer than the chat waits for the page's next words
	h.visitor(h.url)                                                         // the second at the meeting: now both are answered
	eventually(t, "he has his name", func() bool {
		list, _, err := h.Desk.Customers(t.Context(), h.alice, desk.CustomerList{Limit: 10, Query: "Li Lei"})
		return err == nil && len(list) == 1
	})

	// What is said while the desk answers what the page has told stands in no answer yet, and stays.
	f := h.window(shop)
	f.do(write("first"))
	f.until("stored", has("first")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	shop.run(`window.renewed = 0; addEventListener('message', e => { if (e.data?.type === 'token') renewed++ })`)
	made, let := h.delay("/visitor/v1/sessions", http.StatusOK)
	shop.run(`deskbell('visitor', { name: 'Han Meimei' })`)
	<-made
	_, err := h.Desk.Join(t.Context(), h.bo, h.conversation())
	must(t, err)
	h.reply(h.bo, h.conversation(), desk.Draft{Text: "Hello, Meimei"})
	f.until("the answer", has("Hello, Meimei"))
	let()
	shop.until("the page's word has arrived", `renewed > 0`)
	f.until("all of it, once and in order", `JSON.stringify(`+bubbles+`) === JSON.stringify(['Welcome! 欢迎', 'first', 'Hello, Meimei'])`)
}

// Who opens the chat while the desk is away has it when the desk is back, without another press.
func TestADeskThatWasAwayIsAskedAgain(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	shop.until("the launcher", `!!document.querySelector('deskbell-widget')`)
	shop.run(`deskbell('on', 'ready', () => { window.here = true })`)
	h.cut()
	shop.run(launcher + `.click()`)
	shop.until("there is a frame, which has nothing to say", `!!document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe')`)
	shop.run(`new Promise(done => { const f = document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe'); f.onload = done; setTimeout(done, 1000) })`) // it has failed
	h.mend()
	shop.until("asked again", `window.here === true`)
	shop.frame(h.url+"/chat/").until("the chat", has("Welcome! 欢迎")+` && document.activeElement?.tagName === 'TEXTAREA'`)
}
