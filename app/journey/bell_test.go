package journey

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// whisper writes what agents alone read.
func (h *house) whisper(by desk.Actor, id desk.ConversationID, text string) {
	h.t.Helper()
	_, err := h.Desk.Reply(h.t.Context(), by, id, desk.Draft{Text: text, Internal: true})
	must(h.t, err)
}

// A colleague brings Bo in: the bell counts, a sentence leads there, and what was opened is read.
func TestTheBell(t *testing.T) {
	h := open(t)
	p := h.console(browserOf(t))
	p.do(chromedp.Navigate(h.url + "/notifications"))
	p.until("nothing unread, live", `!!document.querySelector('#told .empty') && document.documentElement.dataset.line === ''`)
	_, m := h.says(desk.Actor{Name: "李雷"}, "龙井到货了吗？")
	_, err := h.Desk.Join(t.Context(), h.alice, m.ConversationID)
	must(t, err)
	_, err = h.Desk.Bring(t.Context(), h.alice, m.ConversationID, h.bo.Agent())
	must(t, err)
	p.until("the row comes by itself", `document.querySelectorAll('#told .noti-new').length === 1 && document.querySelector('#told').textContent.includes('李雷')`)
	p.until("the bell counts", `document.querySelector('.rail .dot[data-of="bell"]').textContent === '1'`)
	h.whisper(h.alice, m.ConversationID, "@Bo what do we have?")
	p.until("and the next", `document.querySelectorAll('#told .noti-new').length === 2 && document.querySelector('.rail .dot[data-of="bell"]').textContent === '2'`)
	p.click("#told .noti-new a")
	p.until("it leads to the conversation", `location.pathname === '/conversations/`+m.ConversationID.String()+`' && `+written+`.at(-1) === '@Bo what do we have?'`)
	p.until("and both are read", `document.querySelector('.rail .dot[data-of="bell"]').hidden`)
	_, err = h.Desk.SendNotice(t.Context(), h.alice, desk.Notice{Subject: "Tasting", Text: "at four"})
	must(t, err)
	p.until("a sentence at the foot of the page", toast("Tasting"))
	p.do(press("Escape"))
	p.goes("n")
	p.until("the page by keyboard", `location.pathname === '/notifications' && document.querySelectorAll('#told .noti-new').length === 1`)
	p.click(".noti-read button")
	p.until("all is read", `!!document.querySelector('#told .empty') && document.querySelector('.rail .dot[data-of="bell"]').hidden && document.querySelector('.noti-read button').disabled`)
	p.quiet()
}

// Who looks at one tab gets no popups from the others, and who looks at none gets one from all of them together.
func TestManyTabsPopUpOnce(t *testing.T) {
	h := open(t)
	p := h.console(browserOf(t))
	q := p.another(h.url + "/conversations")
	q.until("the other tab", `document.documentElement.dataset.line === ''`)
	const away = `document.hasFocus = () => false; window.dispatchEvent(new Event('blur')); `
	const popups = `window.popped = []; navigator.serviceWorker.getRegistration = async () => undefined;
		window.Notification = class { static permission = 'granted'; constructor(title) { popped.push(title); channel.postMessage(title); } };
		{ const ask = navigator.locks.request.bind(navigator.locks); window.weighed = 0;
		  navigator.locks.request = (name, ...rest) => { const done = ask(name, ...rest); if (name === 'deskbell-popup') done.then(() => weighed++); return done; } }
		{ const set = setTimeout; window.setTimeout = (run, ms, ...args) => set(run, ms === 2750 ? 600000 : ms, ...args) } // a slow tab has all the time to hear that another popped up
		window.all = []; window.channel = new BroadcastChannel('popped'); channel.onmessage = e => all.push(e.data); `
	p.run(popups + `document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))`)
	p.until("that somebody looks", `(window.held ??= navigator.locks.query().then(l => { held = undefined; seen = l.held.some(x => x.name === 'deskbell-eyes') })) && window.seen`)
	q.run(popups + away)
	h.says(desk.Actor{Name: "Ann"}, "one")
	q.until("Ann in the other tab, and whether she is to pop up", rowNames+`.includes('Ann') && weighed === 1`)
	p.until("and in the first", rowNames+`.includes('Ann')`)
	p.run(away)
	p.until("that nobody looks", `(window.held ??= navigator.locks.query().then(l => { held = undefined; none = !l.held.some(x => x.name === 'deskbell-eyes') })) && window.none`)
	h.says(desk.Actor{Name: "Ben"}, "two")
	q.until("Ben in the other tab", rowNames+`.includes('Ben')`)
	p.until("and in the first", rowNames+`.includes('Ben')`)
	p.until("one popup, of Ben", `[...popped, ...all].join() === 'Ben'`)
	q.until("and no other", `[...popped, ...all].join() === 'Ben'`)
}

const roomSaid = `[...document.querySelectorAll('#room .msg:not([data-pending]) .text')].map(p => p.textContent)`

// Bo talks with Alice, in two tabs, over a line that breaks.
func TestColleaguesTalk(t *testing.T) {
	h := open(t)
	p := h.console(browserOf(t))
	said := func(text string) *desk.RoomMessage {
		m, err := h.Desk.WriteToColleagues(t.Context(), h.alice, desk.With{AgentID: h.bo.Agent()}, desk.RoomDraft{Text: text})
		must(t, err)
		return m
	}
	said("Is there <oolong> left?")
	p.until("the rail counts", `document.querySelector('.rail .dot[data-of="colleagues"]').textContent === '1'`)
	room := fmt.Sprintf("%s/colleagues/agent-%d", h.url, h.alice.Agent())
	p.goes("m")
	p.until("the list by keyboard", `location.pathname === '/colleagues' && document.documentElement.dataset.line === '' && !!document.querySelector('#rooms .unread')`)
	p.do(press("j"), press("Enter"))
	p.until("the room, read", roomSaid+`.join() === 'Is there <oolong> left?' && document.querySelector('.rail .dot[data-of="colleagues"]').hidden && document.activeElement.tagName === 'TEXTAREA'`)
	p.do(typed("两盒"), press("Enter"))
	p.until("it is said, once", roomSaid+`.join() === 'Is there <oolong> left?,两盒' && !document.querySelector('[data-pending]')`)
	last := said("Bring one")
	p.until("the answer comes", roomSaid+`.at(-1) === 'Bring one'`)
	q := p.another(room)
	q.until("the other tab has it all", roomSaid+`.length === 3`)
	_, err := h.Desk.RecallRoomMessage(t.Context(), h.alice, last.ID)
	must(t, err)
	p.until("what is recalled loses its words", `document.querySelectorAll('#room .msg.recalled').length === 1 && !document.body.textContent.includes('Bring one')`)

	h.cut()
	p.do(chromedp.Focus(chromedp.CSS("[data-room-form] textarea")), typed("at once"), press("Enter"))
	p.until("what cannot be sent stays in place", `!!document.querySelector('#room .msg.failed [data-room-act="again"]')`)
	h.mend()
	p.click(`#room .msg.failed [data-room-act="again"]`)
	p.until("and is sent again", roomSaid+`.at(-1) === 'at once' && !document.querySelector('[data-pending]')`)
	q.until("in the other tab too, once", roomSaid+`.filter(t => t === 'at once').length === 1`)
	p.quiet()

	// On a phone: the list, then the room, with the way back.
	p.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(room))
	p.until("the room fills the phone", `document.documentElement.scrollWidth <= 390 && getComputedStyle(document.querySelector('.list')).display === 'none' && document.querySelector('[data-room-form] .primary').getBoundingClientRect().bottom <= innerHeight`)
	p.click("#talk .back")
	p.until("back to the list", `location.pathname === '/colleagues' && document.querySelector('#rooms .row').getBoundingClientRect().height >= 44`)
}
