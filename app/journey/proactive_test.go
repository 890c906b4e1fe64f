package journey

import (
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

const (
	peeks    = `document.querySelector('deskbell-widget').hasAttribute('peek')`
	peekSize = `document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe').getBoundingClientRect()`
)

// An invitation comes when the page was read far enough, beside the closed widget; it is accepted, and stands before the first words.
func TestAnInvitationIsAccepted(t *testing.T) {
	h, root := open(t), browserOf(t)
	_, err := h.Desk.SaveProactive(t.Context(), h.alice, desk.Proactive{InboxID: h.widget.ID, Name: "help", Text: "Shall I help you choose?", Enabled: true, URL: "127.0.0.2*?id", Scroll: 60, DailyMax: 1})
	must(t, err)
	shop := visit(t, root, h.shop+"?id")
	shop.until("the button", `!!document.querySelector('deskbell-widget')`)
	shop.run(`new Promise(done => requestIdleCallback(() => setTimeout(done, 1100)))`) // the rules were looked at twice
	shop.until("nothing is made ready", `!document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe') && performance.getEntriesByType('resource').length === 1`)
	shop.run(`scrollTo(0, document.body.scrollHeight)`)
	f := h.window(shop)
	shop.until("a small card", peeks+` && `+peekSize+`.height > 60 && `+peekSize+`.height < 300`)
	f.until("the invitation", `document.querySelector('.peek p')?.textContent === 'Shall I help you choose?'`)
	f.run(`document.querySelector('.peek .answer').click()`)
	shop.until("the chat is open", `document.querySelector('deskbell-widget').hasAttribute('open') && !`+peeks)
	f.do(write("Yes please"))
	f.until("stored, once and in order", `document.querySelector('.me .foot')?.textContent === 'Sent' && JSON.stringify(`+bubbles+`) === JSON.stringify(['Welcome! 欢迎', 'Shall I help you choose?', 'Yes please'])`)
	if got := h.said(h.conversation()); len(got) != 2 || got[0] != "Shall I help you choose?" {
		t.Errorf("the agent reads %q", got)
	}
	eventually(t, "it is counted as shown and accepted", func() bool {
		list, err := h.Desk.Proactives(t.Context(), h.alice)
		must(t, err)
		return list[0].Shown == 1 && list[0].Accepted == 1
	})
	shop.quiet()
	f.quiet()
}

// One who looks around is seen by the agents as he walks; one of them speaks first, and the visitor answers.
func TestAnAgentSpeaksFirst(t *testing.T) {
	h, root := open(t), browserOf(t)
	_, err := h.Desk.SaveInbox(t.Context(), h.alice, desk.SavedInbox{ID: h.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{Greeting: "Welcome! 欢迎", Watch: true}})
	must(t, err)
	console := h.console(root)
	console.do(chromedp.Navigate(h.url + "/visitors"))
	console.until("nobody", `document.querySelector('.empty h2')?.textContent === 'Nobody is on the site'`)
	shop := visit(t, root, h.shop+"/first?id")
	console.until("he is there", `document.querySelectorAll('#visitor-rows tbody tr').length === 1 && document.querySelector('#visitor-rows').textContent.includes('/first?id')`)
	shop.do(chromedp.Navigate(h.shop + "/second?id"))
	console.until("where he went", `document.querySelector('#visitor-rows td:nth-child(2) > small').textContent.includes('/second?id') && document.querySelector('.trail summary').textContent === '2 pages'`)
	console.run(`document.querySelector('.visits details.pop').open = true`)
	console.do(chromedp.SendKeys(chromedp.CSS(".speak textarea"), "Can I "))
	shop.do(chromedp.Navigate(h.shop + "/third?id"))
	console.until("where he goes meanwhile, and what is being written", `document.querySelector('#visitor-rows td:nth-child(2) > small').textContent.includes('/third?id') && document.querySelector('.speak textarea').value === 'Can I ' && document.querySelector('.visits details.pop').open`)
	console.do(chromedp.SendKeys(chromedp.CSS(".speak textarea"), "help?"))
	console.click(".speak button")
	console.until("in the chat", `location.pathname.startsWith('/conversations/') && !!document.querySelector('#composer textarea')`)

	f := h.window(shop)
	shop.until("a card", peeks)
	f.until("who speaks and what", `document.querySelector('.peek b').textContent === 'Bo' && document.querySelector('.peek p').textContent === 'Can I help?'`)
	f.run(`document.querySelector('.peek .answer').click()`)
	f.do(write("Yes, which is the best?"))
	console.until("the answer", `[...document.querySelectorAll('#messages .msg .text')].some(m => m.textContent === 'Yes, which is the best?')`)
	shop.quiet()
	f.quiet()
	console.quiet()
}
