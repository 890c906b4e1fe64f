package journey

import (
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

func TestVisitorLeavesANote(t *testing.T) {
	h, root := open(t), browserOf(t)
	_, err := h.Desk.SaveInbox(t.Context(), h.alice, desk.SavedInbox{ID: h.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{Greeting: "Welcome! 欢迎", Categories: []string{"Tea", "Cups"}}})
	must(t, err)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	f.until("the button", `!document.querySelector('[title="Leave a note"]').hidden`)
	f.run(`document.querySelector('[title="Leave a note"]').click()`)
	f.until("the form", `!!document.querySelector('.leave form')`)
	f.run(`document.querySelector('.leave .primary').click()`)
	f.until("its faults, each at its place", `[...document.querySelectorAll('.leave .fault')].filter(e => e.textContent).length >= 3 && document.activeElement.name === 'name'`)
	f.do(chromedp.SendKeys(chromedp.CSS(`[name="name"]`), "Li Lei"), chromedp.SendKeys(chromedp.CSS(`[name="phone"]`), "13800138000"), chromedp.SendKeys(chromedp.CSS(`[name="text"]`), "Call me"))
	f.run(`document.querySelector('.leave .primary').click()`)
	f.until("it stands in the log", `!document.querySelector('.leave') && `+has("Call me"))
	list, _, err := h.Desk.Conversations(t.Context(), h.alice, desk.ConversationList{Kind: "ticket", Origin: "note", Limit: 10})
	must(t, err)
	if len(list) != 1 || list[0].Ticket.Subject != "Tea: Call me" {
		t.Fatalf("tickets: %+v", list)
	}
	h.reply(h.bo, list[0].ID, desk.Draft{Text: "We shall"})
	f.until("the answer", has("We shall"))
	shop.quiet()
}
