package journey

import (
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// surveyed changes how customers are asked.
func (h *house) surveyed(change func(*desk.Survey)) {
	h.t.Helper()
	s, err := h.Desk.Survey(h.t.Context(), h.alice)
	must(h.t, err)
	change(&s)
	must(h.t, h.Desk.ChangeSurvey(h.t.Context(), h.alice, s))
}

// rated waits until a conversation has so many stars.
func (h *house) rated(id desk.ConversationID, stars int) *desk.Rating {
	h.t.Helper()
	var r *desk.Rating
	eventually(h.t, "the rating is stored", func() (is bool) {
		var err error
		r, err = h.Desk.RatingOf(h.t.Context(), h.alice, id)
		must(h.t, err)
		return r.Given()
	})
	if r.Stars != stars {
		h.t.Errorf("%d stars, want %d", r.Stars, stars)
	}
	return r
}

const sheet = `document.querySelector('dialog.rate[open]')`

func star(n string) string {
	return sheet + `.querySelector('input[value="` + n + `"]').click()`
}

// A chat is rated where the agent asked, with a word of that star; the agent who served sees it at once.
func TestVisitorRatesWhenAsked(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.surveyed(func(s *desk.Survey) {
		s.AskSolved = true
		s.Stars[1] = desk.OfStar{Tags: []string{"slow", "unclear"}}
	})
	f := h.chat(visit(t, root, h.shop))
	f.do(write("hello"))
	f.until("stored", has("hello")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	id := h.conversation()
	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	f.until("no trace of ratings before", `!document.querySelector('.asked') && document.querySelector('[title="Rate this conversation"]').hidden`)
	_, err = h.Desk.InviteRating(t.Context(), h.bo, id)
	must(t, err)
	f.until("the card", `document.querySelector('.asked')?.textContent.includes('Bo asks how we did')`)
	f.run(`document.querySelectorAll('.asked button')[1].click()`)
	f.until("the sheet with two stars chosen", `!!`+sheet+` && `+sheet+`.querySelector('input[value="2"]').checked`)
	f.run(sheet + `.querySelector('.primary').click()`)
	f.until("a word is wanted", sheet+`.querySelector('.fault').textContent.includes('at least one')`)
	f.run(sheet + `.querySelector('input[value="slow"]').click()`)
	f.run(sheet + `.querySelector('input[value="no"]').click()`)
	f.do(chromedp.SendKeys(chromedp.CSS("dialog.rate textarea"), "twenty minutes"))
	f.run(sheet + `.querySelector('.primary').click()`)
	f.until("thanks in its place", `!document.querySelector('dialog') && document.querySelector('.asked').textContent.includes('Thank you') && document.querySelectorAll('.asked .lit').length === 2`)
	if r := h.rated(id, 2); r.Remark != "twenty minutes" || r.Solved == nil || *r.Solved || len(r.Tags) != 1 || r.Way != "agent" {
		t.Errorf("stored: %+v", r)
	}
	f.quiet()
}

// With the switch on the visitor rates at any time; at the end of a chat the question opens by itself; and once a rating is given,
// none is asked for again.
func TestVisitorRatesByHimselfAndAtTheEnd(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.surveyed(func(s *desk.Survey) { s.Button, s.OnClose, s.Popup, s.Preselect = true, true, true, true })
	f := h.chat(visit(t, root, h.shop))
	f.do(write("first"))
	f.until("the button", has("first")+` && !document.querySelector('[title="Rate this conversation"]').hidden`)
	first := h.conversation()
	_, err := h.Desk.Join(t.Context(), h.bo, first)
	must(t, err)
	f.run(`document.querySelector('[title="Rate this conversation"]').click()`)
	f.until("five stars chosen", `!!`+sheet+` && `+sheet+`.querySelector('input[value="5"]').checked`)
	f.run(star("4"))
	f.run(sheet + `.querySelector('.primary').click()`)
	if r := h.rated(first, 4); r.Way != "visitor" {
		t.Errorf("way %s", r.Way)
	}
	_, err = h.Desk.CloseConversation(t.Context(), h.bo, first)
	must(t, err)
	f.until("ended, and not asked again", `document.querySelector('.log').textContent.includes('Conversation ended') && !document.querySelector('dialog') && !document.querySelector('.asked')`)

	f.do(write("second"))
	f.until("stored", has("second")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	second := h.conversation()
	_, err = h.Desk.Join(t.Context(), h.bo, second)
	must(t, err)
	_, err = h.Desk.CloseConversation(t.Context(), h.bo, second)
	must(t, err)
	f.until("asked by a sheet that opens by itself", `!!`+sheet)
	f.run(star("3"))
	f.run(sheet + `.querySelector('.primary').click()`)
	if r := h.rated(second, 3); r.Way != "system" {
		t.Errorf("way %s", r.Way)
	}
	f.quiet()
}

// Who puts the chat away is asked once, and may decline; the window closes then.
func TestVisitorIsAskedAsHeLeaves(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.surveyed(func(s *desk.Survey) { s.OnLeave = true })
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	shop.run(`addEventListener('message', e => { if (e.data?.type === 'hold') window.held = e.data.on })`)
	f.do(write("hello"))
	f.until("stored", has("hello")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	id := h.conversation()
	f.until("the chat has begun", `document.querySelector('.wait span').textContent === 'An agent will join soon'`)
	shop.until("the page knows that something is to be asked", `window.held === true`)
	open := `document.querySelector('deskbell-widget').hasAttribute('open')`
	shop.run(launcher + `.click()`)
	f.until("asked", `!!`+sheet)
	shop.until("still open", open)
	f.run(sheet + `.querySelector('.plain').click()`)
	shop.until("closed", `!(`+open+`)`)
	shop.run(launcher + `.click()`)
	shop.until("open again", open)
	shop.run(launcher + `.click()`)
	shop.until("closed, asked once", `!(`+open+`)`)
	if r, err := h.Desk.RatingOf(t.Context(), h.alice, id); err != nil || r != nil {
		t.Errorf("declining left %+v, %v", r, err)
	}
	shop.quiet()
}
