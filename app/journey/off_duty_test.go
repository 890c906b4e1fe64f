package journey

import (
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// offHours ends work for the whole company, and says what a visitor finds then.
func (h *house) offHours(w desk.Widget) {
	h.t.Helper()
	_, err := h.Desk.SaveSchedule(h.t.Context(), h.alice, desk.Schedule{}, false)
	must(h.t, err)
	h.dress(w)
}

// dress gives the widget other settings.
func (h *house) dress(w desk.Widget) {
	h.t.Helper()
	w.Greeting = "Welcome! 欢迎"
	_, err := h.Desk.SaveInbox(h.t.Context(), h.alice, desk.SavedInbox{ID: h.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: w})
	must(h.t, err)
}

// noteOf is the one note that there is.
func (h *house) noteOf() *desk.Conversation {
	h.t.Helper()
	var list []*desk.Conversation
	eventually(h.t, "a note is there", func() bool {
		var err error
		list, _, err = h.Desk.Conversations(h.t.Context(), h.alice, desk.ConversationList{Kind: "ticket", Origin: "note", Limit: 10})
		must(h.t, err)
		return len(list) == 1
	})
	return list[0]
}

const shownForm = `!!document.querySelector('.leave:not([hidden]) form')`

// Off hours a note is left on a page that leads to no chat; the answer is seen live, and with a number on the button by one who comes back.
func TestOffHoursANoteIsLeftAndAnswered(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.offHours(desk.Widget{OffDuty: "note", Menu: []desk.MenuItem{{Text: "Orders"}}})
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	f.until("the form, which cannot be closed", shownForm+` && !document.querySelector('.leave .press') && document.querySelector('.write').hidden`)
	f.do(chromedp.SendKeys(chromedp.CSS(`[name="name"]`), "Li Lei"), chromedp.SendKeys(chromedp.CSS(`[name="phone"]`), "+44 20 7946 0000"), chromedp.SendKeys(chromedp.CSS(`[name="text"]`), "Is there longjing?"))
	f.run(`navigator.mediaDevices.getUserMedia = async () => { const c = new AudioContext(), o = c.createOscillator(), d = c.createMediaStreamDestination(); o.connect(d); o.start(); return d.stream; }`)
	f.run(`document.querySelector('.voice.mic').click()`)
	f.until("it records", `!!document.querySelector('.recording [role=timer]')`)
	f.until("for a second", `document.querySelector('.recording [role=timer]').textContent !== '0:00'`)
	f.run(`document.querySelector('.recording .stop').click()`)
	f.until("it can be heard", `!!document.querySelector('.voices audio')`)
	f.run(`document.querySelector('.leave .primary').click()`)
	f.until("what he left, and no way to write", has("Is there longjing?")+` && document.querySelector('.write').hidden && document.querySelector('.choices').hidden && !document.querySelector('.again').hidden && document.querySelector('.note.good').textContent.includes('Thank you')`)
	n := h.noteOf()
	list, _, err := h.Desk.Messages(t.Context(), h.alice, n.ID, desk.MessageList{Limit: 5})
	must(t, err)
	if len(list[0].Files) != 1 || list[0].Files[0].Kind() != "audio" {
		t.Errorf("the voice: %+v", list[0].Files)
	}
	if c, err := h.Desk.Counts(t.Context(), h.alice, "chat"); err != nil || c.All != 0 {
		t.Errorf("a note made a chat: %+v, %v", c, err)
	}
	f.run(`document.querySelector('.again button').click()`)
	f.until("the form again", shownForm)
	h.reply(h.bo, n.ID, desk.Draft{Text: "Yes, since Friday"})
	f.until("the answer comes into view", has("Yes, since Friday")+` && !document.querySelector('.log').closest('[hidden]')`)
	one := `document.querySelector('deskbell-widget')?.shadowRoot.querySelector('b').textContent === '1'`
	eventually(t, "the answer is read", func() bool {
		c, err := h.Desk.Conversation(t.Context(), h.alice, n.ID)
		must(t, err)
		return c.CustomerReadSeq == c.LastSeq
	})
	shop.do(chromedp.Reload()) // the chat is closed now
	shop.until("the button", `!!document.querySelector('deskbell-widget')`)
	h.reply(h.bo, n.ID, desk.Draft{Text: "Two kinds"})
	shop.until("a number on the button", one)
	shop.do(chromedp.Reload())
	shop.until("and still when he comes back", one)
	shop.quiet()
}

func TestOffHoursAFixedText(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.offHours(desk.Widget{OffDuty: "text", OffText: "Back on Monday at nine."})
	f := h.chat(visit(t, root, h.shop))
	f.until("the text and nothing else", `document.querySelector('.off-duty')?.textContent === 'Back on Monday at nine.' && document.querySelector('.write').hidden && document.querySelector('.talk').hidden && document.querySelector('[title="Leave a note"]').hidden`)
	f.run(`window.dispatchEvent(new Event('online'))`) // the line's own words do not take its place
	f.until("still there", `document.querySelector('.off-duty').textContent === 'Back on Monday at nine.'`)
	f.quiet()
}

func TestOffHoursAChatAsUsual(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.offHours(desk.Widget{})
	f := h.chat(visit(t, root, h.shop))
	f.until("he can write, and is told that nobody is there", `!document.querySelector('.write').hidden && document.querySelector('.who p').textContent.includes('away')`)
	f.do(write("hello?"))
	f.until("stored", has("hello?")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	if got := h.said(h.conversation()); !slices.Equal(got, []string{"hello?"}) {
		t.Errorf("the agent reads %q", got)
	}
	f.quiet()
}

// Who has waited for long is offered to leave a note: it ends his waiting, knows him, and keeps the chat that he left for it.
func TestANoteInPlaceOfWaiting(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	shop.run(`deskbell('visitor', { name: 'Li Lei', phone: '+44 20 7946 0000' })`)
	f.do(write("anybody?"))
	f.until("he waits, and nothing is offered yet", `!document.querySelector('.wait').hidden && document.querySelector('.wait button').hidden`)
	chat := h.conversation()
	eventually(t, "the page's word of him has arrived", func() bool {
		c, err := h.Desk.Conversation(t.Context(), h.alice, chat)
		must(t, err)
		return c.CustomerName == "Li Lei"
	})
	must(t, h.Desk.Write(t.Context(), desk.System, func(tx *desk.Tx) error { // four minutes later
		_, err := tx.Exec("update conversations set created_at = created_at - ? where id = ?", (4 * time.Minute).Milliseconds(), chat)
		return err
	}))
	shop.do(chromedp.Reload())
	shop.until("the launcher", `!!document.querySelector('deskbell-widget')`)
	shop.run(launcher + `.click()`)
	f = h.window(shop)
	f.until("offered", `!!document.querySelector('.wait') && !document.querySelector('.wait').hidden && !document.querySelector('.wait button').hidden`)
	f.run(`document.querySelector('.wait button').click()`)
	f.until("the form, which knows him", shownForm+` && document.querySelector('[name="name"]').value === 'Li Lei' && document.querySelector('[name="phone"]').value !== ''`)
	f.do(chromedp.SendKeys(chromedp.CSS(`[name="text"]`), "Call me"))
	f.run(`document.querySelector('.leave .primary').click()`)
	f.until("left", has("Call me"))
	if n := h.noteOf(); n.LinkedID != chat {
		t.Errorf("it is linked to %v, want %v", n.LinkedID, chat)
	}
	c, err := h.Desk.Conversation(t.Context(), h.alice, chat)
	must(t, err)
	if c.Status != "closed" { // his waiting was ended before the form was shown
		t.Errorf("the chat is %s", c.Status)
	}
	shop.quiet()
}
