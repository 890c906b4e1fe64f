package journey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// noticed stands for the system's notifications in the company's page, and lets the page be hidden.
const noticed = `(() => {
	window.notices = [];
	window.Notification = class { static permission = 'default'; static async requestPermission() { return (this.permission = 'granted'); } constructor(title, o) { notices.push({ title, ...o }); } close() {} };
})()`

const hidden = `Object.defineProperty(document, 'hidden', { value: %v, configurable: true })`

// A press asks; then messages that come while nobody looks are one notification with the last words, and the title says it.
func TestNotificationsOnAPress(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	shop.run(noticed)
	f := h.chat(shop)
	f.until("the button that asks", `!!document.querySelector('.head [aria-label="Notify me of answers"]:not([hidden])')`)
	shop.until("nothing was asked before", `Notification.permission === 'default'`)
	f.run(`document.querySelector('[aria-label="Notify me of answers"]').click()`)
	f.until("it is gone", `document.querySelector('[aria-label="Notify me of answers"]').hidden`)
	f.do(write("hello"))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	id := h.conversation()
	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	h.reply(h.bo, id, desk.Draft{Text: "you look at me"})
	f.until("the answer", has("you look at me"))
	shop.until("no notice to one who looks", `notices.length === 0`)
	f.run(fmt.Sprintf(hidden, true))
	shop.run(fmt.Sprintf(hidden, true))
	for i := range 3 {
		h.reply(h.bo, id, desk.Draft{Text: fmt.Sprintf("part %d", i)})
	}
	shop.until("each takes the place of the one before, and only the first is loud", `notices.length === 3 && notices.every(n => n.tag === 'deskbell' && n.title === 'Bo') && notices[2].body === 'part 2' && notices.map(n => n.renotify).join() === 'true,false,false'`)
	shop.until("the title says it", `document.title === 'New message'`)
	shop.run(fmt.Sprintf(hidden, false) + `; document.dispatchEvent(new Event('visibilitychange'))`)
	shop.until("the page has its title again", `document.title === 'Shop'`)
	shop.quiet()
	f.quiet()
}

// The chat that was opened in a second tab is written there; the first says so, goes on showing, and takes it back on a press.
func TestTheChatMovesToTheOtherTab(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	f.do(write("from the first"))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	other := shop.another(h.shop)
	g := h.chat(other)
	f.until("told", `document.querySelector('.moved span')?.textContent === 'This conversation goes on in another tab.' && document.querySelector('.write').inert`)
	g.do(write("from the second"))
	f.until("still shown", has("from the second"))
	f.run(`document.querySelector('.moved button').click()`)
	f.until("back", `!document.querySelector('.moved') && !document.querySelector('.write').inert`)
	g.until("and gone there", `!!document.querySelector('.moved')`)

	visitors := func() []*desk.Customer {
		list, _, err := h.Desk.Customers(t.Context(), h.alice, desk.CustomerList{Limit: 10})
		must(t, err)
		return list
	}
	must(t, h.Desk.EraseCustomer(t.Context(), h.alice, visitors()[0].ID))
	h.cut() // both begin anew, at the same moment
	h.mend()
	const anew = `!document.querySelector('.me')`
	f.until("he is known no more", anew)
	g.until("nor in the other", anew)
	if list := visitors(); len(list) != 1 {
		t.Errorf("one browser is %d visitors", len(list))
	}
}

// Near its end a text is counted, one that is too long is not sent; an upload can be stopped; who waits can leave; history comes in as
// one goes up; what an agent writes is linked only where that is safe.
func TestWhatAVisitorCanDo(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	f.run(`(() => { const x = document.querySelector('textarea'); x.value = 'é'.repeat(1401); x.dispatchEvent(new Event('input')); })()`)
	f.until("counted", `document.querySelector('.count').textContent === '99 characters left'`)
	f.run(`(() => { const x = document.querySelector('textarea'); x.value = 'é'.repeat(1502); x.dispatchEvent(new Event('input')); })()`)
	f.until("too long", `document.querySelector('.count.over').textContent.includes('2') && document.querySelector('.go').disabled`)
	f.run(`(() => { const x = document.querySelector('textarea'); x.value = ''; x.dispatchEvent(new Event('input')); })()`)
	f.do(write("is somebody there?"))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)

	f.run(`XMLHttpRequest.prototype.send = function () { this.upload.onprogress({ lengthComputable: true, loaded: 40, total: 100 }); }`) // a line that stands still
	f.run(`(() => { const d = new DataTransfer(); d.items.add(new File(['x'.repeat(1e5)], 'slow.txt', { type: 'text/plain' })); const i = document.querySelector('input[type=file]'); i.files = d.files; i.dispatchEvent(new Event('change')); })()`)
	f.do(write(""))
	f.until("how far it is", `document.querySelector('progress')?.value === 40`)
	f.run(`[...document.querySelectorAll('.foot button')].find(b => b.textContent === 'Cancel').click()`)
	f.until("it is gone", `!document.querySelector('progress') && !document.querySelector('.card')`)

	f.until("the way out", `!document.querySelector('.wait').hidden`)
	f.run(`[...document.querySelectorAll('.wait button')].find(b => b.textContent === 'Leave the queue').click()`)
	f.until("he has left", `document.querySelector('.wait').hidden && [...document.querySelectorAll('.line')].some(l => l.textContent.startsWith('Conversation ended'))`)

	f.do(write("once more"))
	f.until("a new one", `[...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	const story = `[...document.querySelectorAll('.line:not(.older) span, .me .bubble')].map(x => x.textContent).join(' | ')`
	f.until("where each begins and ends", story+` === 'Conversation started | is somebody there? | Conversation ended | Conversation started | once more'`)
	var id desk.ConversationID
	eventually(t, "a new conversation", func() bool {
		list, _, err := h.Desk.Conversations(t.Context(), h.alice, desk.ConversationList{Kind: "chat", View: "all", Limit: 10})
		must(t, err)
		if len(list) == 1 {
			id = list[0].ID
		}
		return id != 0
	})
	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	for i := range 45 {
		h.reply(h.bo, id, desk.Draft{Text: fmt.Sprintf("line %02d", i)})
	}
	h.reply(h.bo, id, desk.Draft{Text: `javascript:alert(1) data:text/html,x <a href="x">y</a> www.tea.example/a?b=1.`})
	f.until("all of it", has("line 44"))
	f.until("one safe link", `JSON.stringify([...document.querySelectorAll('.bubble a')].map(a => [a.href, a.rel])) === JSON.stringify([['https://www.tea.example/a?b=1', 'noopener noreferrer nofollow']])`)
	shop.do(chromedp.Reload())
	f = h.chat(shop, "line 44")
	f.until("the last ones", has("line 44")+` && !`+has("line 05"))
	f.until("the ones before, as he goes up", `(document.querySelector('.log').scrollTop = 0, `+has("line 05")+` && `+has("is somebody there?")+`)`)
	if n := strings.Count(strings.Join(f.texts(bubbles), "\n"), "line 30"); n != 1 {
		t.Errorf("a line stands there %d times", n)
	}
	f.until("where each begins and ends, as before", story+` === 'Conversation started | is somebody there? | Conversation ended | Conversation started | once more | Bo joined'`)
}
