package journey

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// A slash offers what is said often, found by a part of it or by the first letters of its pinyin, with the names filled in.
func TestCannedResponsesInTheComposer(t *testing.T) {
	h := open(t)
	for _, c := range []desk.Canned{{AgentID: h.bo.Agent(), Category: "发货", Text: "{{customer.name}}您好，今天发顺丰。{{agent.name}}"}, {AgentID: h.bo.Agent(), Category: "Prices", Text: "See the list."}} {
		_, err := h.Desk.SaveCanned(t.Context(), h.bo, c)
		must(t, err)
	}
	_, m := h.says(desk.Actor{Name: "李雷"}, "什么时候发货？")
	_, err := h.Desk.Join(t.Context(), h.bo, m.ConversationID)
	must(t, err)
	p := h.console(browserOf(t))
	p.do(chromedp.Navigate(fmt.Sprintf("%s/conversations/%d", h.url, m.ConversationID)), chromedp.WaitVisible(chromedp.CSS("#text")), chromedp.Focus(chromedp.CSS("#text")))
	p.do(typed("/"))
	p.until("both are offered", `document.querySelectorAll('.offers li').length === 2`)
	p.do(typed("fsf"))
	p.until("the one by its pinyin", `document.querySelectorAll('.offers li').length === 1 && document.querySelector('.offers li').textContent.includes('李雷您好')`)
	p.do(press("Enter"))
	p.until("it is in the text, not sent", `document.querySelector('#text').value === '李雷您好，今天发顺丰。Bo' && !document.querySelector('.offers')`)
	if said := h.said(m.ConversationID); len(said) != 1 {
		t.Errorf("sent by choosing: %q", said)
	}
	p.run(`document.querySelector('[data-compose]').dataset.customer = ''; document.querySelector('#text').value = ''`)
	p.do(typed("/fsf"))
	p.until("it is offered", `document.querySelectorAll('.offers li').length === 1`)
	p.do(press("Enter"))
	p.until("nobody is called by a number", `document.querySelector('#text').value === '您好，今天发顺丰。Bo'`)
	p.run(`document.querySelector('#text').value = '李雷您好，今天发顺丰。Bo'`)
	p.do(typed(" /zzz"))
	p.until("a slash before what is unknown is a slash", `!document.querySelector('.offers')`)
	p.do(press("Enter"))
	p.until("it is sent", written+`.at(-1) === '李雷您好，今天发顺丰。Bo /zzz'`)
	p.do(typed("/"))
	p.until("they are offered again", `!!document.querySelector('.offers')`)
	p.do(press("Escape"))
	p.until("Escape takes them away, and not the cursor", `!document.querySelector('.offers') && document.activeElement.id === 'text'`)

	// The button puts the slash, and takes it back; the list itself can be used by the same keys.
	p.run(`document.querySelector('#text').value = ''; document.querySelector('[data-do=canned]').click()`)
	p.until("they are offered by the button", `document.querySelector('#text').value === '/' && document.querySelector('#text').getAttribute('aria-activedescendant') === 'offer-0'`)
	p.do(press("Escape"))
	p.until("its slash is gone", `document.querySelector('#text').value === '' && document.activeElement.id === 'text'`)
	p.run(`document.querySelector('[data-do=canned]').click()`)
	p.until("and offered again", `document.querySelectorAll('#offers li').length === 2`)
	p.run(`window.second = document.querySelectorAll('#offers li span')[1].textContent`)
	p.do(chromedp.Focus(chromedp.CSS("#offers")), press("ArrowDown"), press("Enter"))
	p.until("the second is in the text", `document.querySelector('#text').value === second && document.activeElement.id === 'text'`)

	// In a whisper an @ offers the colleagues, by name or pinyin, and in an answer nobody.
	_, err = h.Desk.CreateAgent(t.Context(), h.alice, desk.NewAgent{Email: "chen@tea.example", Name: "陈晨", Role: desk.Crew, Password: "longjing before rain"})
	must(t, err)
	p.run(`document.querySelector('#text').value = ''`)
	p.do(typed("ask mei@tea.example or @"))
	p.until("an answer names nobody", `!document.querySelector('.offers') && document.querySelector('#text').value.endsWith('@')`)
	p.run(`document.querySelector('#text').value = ''; document.querySelector('[name=internal][value=true]').click()`)
	p.do(typed("请@"))
	p.until("colleagues are offered", `[...document.querySelectorAll('.offers li span')].map(s => s.textContent).join() === 'Admin,陈晨'`)
	p.do(typed("cc"))
	p.until("the one by his pinyin", `document.querySelectorAll('.offers li').length === 1`)
	p.do(press("Tab"))
	p.until("his name is in the text", `document.querySelector('#text').value === '请@陈晨 ' && !document.querySelector('.offers')`)
	p.quiet()
}
