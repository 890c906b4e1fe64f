package journey

import (
	"testing"

	"github.com/chromedp/chromedp"
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
	h.chat(shop)
	shop.until("where it was", at+` === `+quote(was))
	shop.do(chromedp.EmulateViewport(700, 900))
	shop.until("on a narrower page it is not beyond the edge", `(r => r.left > -1 && r.right < innerWidth + 1)(document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe').getBoundingClientRect())`)
	shop.quiet()
}
