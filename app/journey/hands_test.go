package journey

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// colleague is a further agent of the shop, with a console of his own.
func (h *house) colleague(root context.Context, name string) (desk.Actor, *tab) {
	h.t.Helper()
	email := name + "@tea.example"
	a, err := h.Desk.CreateAgent(h.t.Context(), h.alice, desk.NewAgent{Email: email, Name: name, Role: desk.Crew, Password: password})
	must(h.t, err)
	return a.Actor(), h.logIn(root, email)
}

// ready waits until a console hears what happens.
func (p *tab) ready() {
	p.t.Helper()
	p.until("the line", `document.documentElement.dataset.line === ''`)
}

// at opens a conversation in a console.
func (p *tab) at(h *house, id desk.ConversationID) {
	p.t.Helper()
	p.do(chromedp.Navigate(fmt.Sprintf("%s/conversations/%d", h.url, id)), chromedp.WaitVisible(chromedp.CSS("#messages")))
	p.ready()
}

// hand chooses somebody in the transfer menu by the keyboard: the menu, the checkbox that asks first, the name.
func (p *tab) hand(name string) {
	p.t.Helper()
	p.until("a head with the menu", `!document.querySelector('#head .asked') && !!document.querySelector('#head [data-key="t"]')`)
	p.run(`document.activeElement?.blur()`)
	p.do(press("t"))
	p.until("the menu", `!!document.querySelector('.hand') && document.querySelector('[data-key="t"]').parentElement.open`)
	p.run(fmt.Sprintf(`document.querySelector('.hand [name="ask"]').checked = true; [...document.querySelectorAll('.hand button')].find(b => b.textContent.trim().endsWith(%q)).click()`, name))
	p.until("that it is asked", `!!document.querySelector('#head .asked')`)
}

const asked = `document.querySelectorAll('#requests .request').length`

// Three agents and a visitor: a transfer is refused, times out, is taken back by a word to the customer, and is accepted.
func TestATransferFromHandToHand(t *testing.T) {
	h := open(t)
	root := browserOf(t)
	bo, alice := h.console(root), h.logIn(root, "alice@tea.example")
	chen, other := h.colleague(root, "Chen")
	alice.ready()
	other.ready()
	maria, m := h.says(desk.Actor{Name: "Maria"}, "Do you ship to Canada?")
	_, err := h.Desk.Join(t.Context(), h.bo, m.ConversationID)
	must(t, err)
	bo.at(h, m.ConversationID)
	bo.run(`document.hasFocus = () => true`) // who looks at the page is told there what came of it

	// Refused: wherever Chen is in the console, he is asked there.
	other.do(chromedp.Navigate(h.url + "/tickets"))
	other.ready()
	bo.hand("Chen")
	other.until("the request", asked+` === 1 && document.querySelector('.request').textContent.includes('Bo asks you to take over Maria')`)
	other.do(press("n"))
	other.until("it is gone", asked+` === 0`)
	bo.until("the word of it", toast("Chen refused")+` && !document.querySelector('#head .asked')`)

	// Timed out: the row falls due, whichever process looks at it.
	bo.hand("Admin")
	alice.until("the request", asked+` === 1`)
	must(t, h.Desk.Write(t.Context(), desk.System, func(tx *desk.Tx) error {
		_, err := tx.Exec("update transfers set due_at = asked_at where state = 'asked'")
		return err
	}))
	_, err = h.Desk.Due(t.Context(), desk.System, true)
	must(t, err)
	alice.until("it is gone", asked+` === 0`)
	bo.until("the word of it", toast("Admin did not respond"))

	// Taken back by going on.
	bo.hand("Chen")
	other.until("the request", asked+` === 1`)
	bo.do(chromedp.Focus(chromedp.CSS("#text")), typed("Yes, we do"), press("Enter"))
	other.until("it is gone", asked+` === 0`)

	// Accepted: from the very page he is on to the conversation.
	bo.hand("Chen")
	other.until("the request", asked+` === 1`)
	other.do(press("y"))
	other.until("the conversation", written+`.includes('Do you ship to Canada?') && !!document.querySelector('#text')`)
	bo.until("it is not his any more", `!document.querySelector('#text') || document.querySelector('#composer').dataset.mode === 'join'`)
	c, err := h.Desk.Conversation(t.Context(), h.alice, m.ConversationID)
	must(t, err)
	if c.AssigneeID != chen.Agent() {
		t.Errorf("it is with %s", c.AssigneeName)
	}
	h.says(maria, "Thank you")
	other.until("what she writes next", written+`.at(-1) === 'Thank you'`)
	for _, p := range []*tab{bo, alice, other} {
		p.quiet()
	}
}

// Two press at the same instant: one has it, the other reads who was faster, and neither sees a page of errors.
func TestTwoGrabAtTheSameInstant(t *testing.T) {
	h := open(t)
	root := browserOf(t)
	bo := h.console(root)
	chen, other := h.colleague(root, "Chen")
	team, err := h.Desk.SaveTeam(t.Context(), h.alice, desk.Team{Name: "Sales", Assignment: "grab", MemberIDs: []desk.AgentID{h.bo.Agent(), chen.Agent()}})
	must(t, err)
	for round := range 3 {
		_, m := h.says(desk.Actor{Name: fmt.Sprint("Visitor ", round)}, "Hello?")
		_, err = h.Desk.Assign(t.Context(), h.alice, m.ConversationID, team.ID, 0)
		must(t, err)
		both := []*tab{bo, other}
		for _, p := range both {
			p.at(h, m.ConversationID)
			p.until("that it can be grabbed", `!!document.querySelector('[data-then="write"] button')`)
		}
		h.together("/participation", len(both))
		for _, p := range both {
			p.run(`document.querySelector('[data-then="write"] button').click()`)
		}
		var c *desk.Conversation
		eventually(t, "one has it", func() bool {
			c, err = h.Desk.Conversation(t.Context(), h.alice, m.ConversationID)
			must(t, err)
			return c.AssigneeID != 0
		})
		winner, loser := bo, other
		if c.AssigneeID == chen.Agent() {
			winner, loser = other, bo
		}
		winner.until("his own composer", `!!document.querySelector('#text')`)
		loser.until("who was faster", toast(c.AssigneeName))
		people, err := h.Desk.Participants(t.Context(), h.alice, m.ConversationID)
		must(t, err)
		if len(people) != 1 {
			t.Errorf("%d are in it", len(people))
		}
	}

	// Who presses while a colleague closes it reads so, though the button was taken from the page meanwhile.
	_, m := h.says(desk.Actor{Name: "Maria"}, "Hello?")
	bo.at(h, m.ConversationID)
	h.together("/participation", 2)
	bo.run(`window.pressed = document.querySelector('[data-then="write"] button'); pressed.click()`)
	meeting := h.meeting.Load()
	eventually(t, "it is on its way", func() bool { return meeting.people.Load() == 1 })
	_, err = h.Desk.CloseConversation(t.Context(), h.alice, m.ConversationID)
	must(t, err)
	bo.until("the button is gone", `!pressed.isConnected`)
	meeting.Done()
	bo.until("that it is closed", toast("closed"))
	bo.quiet()
	other.quiet()
}

// What was written while a colleague answered is held, shown with what arrived, and sent, changed or dropped.
func TestTwoAnswerAtOnce(t *testing.T) {
	h := open(t)
	root := browserOf(t)
	bo := h.console(root)
	chen, _ := h.colleague(root, "Chen")
	_, m := h.says(desk.Actor{Name: "Maria"}, "Where is it?")
	for _, a := range []desk.Actor{h.bo, chen} {
		_, err := h.Desk.Join(t.Context(), a, m.ConversationID)
		must(t, err)
	}
	bo.at(h, m.ConversationID)
	must(t, h.News.Typing(t.Context(), chen, m.ConversationID, true))
	bo.until("that Chen writes", `document.querySelector('#writers').textContent.includes('Chen')`)
	must(t, h.News.Typing(t.Context(), chen, m.ConversationID, false))
	bo.until("that he stopped", `document.querySelector('#writers').textContent === ''`)
	collide := func(theirs, mine string) {
		t.Helper()
		bo.do(chromedp.Focus(chromedp.CSS("#text")), typed(mine))
		h.reply(chen, m.ConversationID, desk.Draft{Text: theirs})
		bo.until("Chen's answer", fmt.Sprintf(written+`.includes(%q)`, theirs))
		bo.do(press("Enter"))
		bo.until("that it is held", fmt.Sprintf(`document.querySelector('[data-pending] .arrived')?.textContent.includes(%q)`, theirs))
	}
	collide("It left on Monday", "It left yesterday")
	bo.run(`document.querySelector('[data-outbox="again"]').click()`)
	bo.until("sent anyway", written+`.at(-1) === 'It left yesterday' && !document.querySelector('[data-pending]')`)
	collide("By train", "By plane")
	bo.run(`document.querySelector('[data-outbox="change"]').click()`)
	bo.until("back in the composer", `document.querySelector('#text').value === 'By plane' && !document.querySelector('[data-pending]')`)
	bo.do(typed(", no: by train"), press("Enter"))
	bo.until("what he made of it", written+`.at(-1) === 'By plane, no: by train' && !document.querySelector('[data-pending]')`)
	collide("Bye", "Goodbye")
	bo.run(`document.querySelector('[data-outbox="delete"]').click()`)
	bo.until("dropped", `!document.querySelector('[data-pending]')`)
	if said := h.said(m.ConversationID); !slices.Equal(said, []string{"Where is it?", "It left on Monday", "It left yesterday", "By train", "By plane, no: by train", "Bye"}) {
		t.Errorf("stored is %q", said)
	}
	bo.quiet()
}

// A whole conversation without a mouse: open, join, answer, quote, whisper, plan and take back, hand over.
func TestAWholeConversationByKeyboard(t *testing.T) {
	h := open(t)
	root := browserOf(t)
	p := h.console(root)
	_, m := h.says(desk.Actor{Name: "李雷"}, "龙井到货了吗？")
	p.until("the row", rowNames+`.includes('李雷')`)
	p.do(press("j"), press("Enter"))
	p.until("the conversation", `!!document.querySelector('[data-then="write"]')`)
	p.do(press("r"))
	p.until("the cursor in the answer", `document.activeElement?.id === 'text'`)
	p.do(typed("到了"), press("Enter"))
	p.until("the answer", written+`.at(-1) === '到了' && !document.querySelector('[data-pending]')`)
	p.do(press("Escape"), press("q"))
	p.until("what is quoted", `!document.querySelector('.quoting').hidden && document.activeElement?.id === 'text'`)
	p.do(typed("要几盒？"), press("Enter"))
	p.until("the quote", `[...document.querySelectorAll('#messages .msg.me')].at(-1)?.querySelector('.quote')?.textContent.includes('龙井到货了吗？')`)
	p.do(press("Escape"), press("w"), typed("老客户"), press("Enter"))
	p.until("the whisper", `document.querySelector('#messages .msg.whisper .text')?.textContent === '老客户'`)
	// Later, by the menu; then taken back, and the words are in the composer again.
	p.do(press("Escape"), press("r"), typed("明天发货"), press("Escape"), press("l"))
	p.until("the menu", `document.querySelector('#later').open && document.activeElement?.dataset.later === '1h'`)
	p.do(enter())
	p.until("that it is planned", `document.querySelector('#planned .text')?.textContent === '明天发货'`)
	p.do(press("Escape"), press("z"))
	p.until("the words again", `document.querySelector('#text').value === '明天发货' && !document.querySelector('#planned li')`)
	p.do(chromedp.Focus(chromedp.CSS("#text")), press("Enter"))
	p.until("sent now", written+`.at(-1) === '明天发货' && !document.querySelector('[data-pending]')`)
	p.do(press("Escape"), press("t"))
	p.until("somebody to hand it to", `document.activeElement?.closest('.hand') && document.activeElement.textContent.includes('Admin')`)
	p.do(enter())
	p.until("that it is Alice's", `!document.querySelector('#text')`)
	c, err := h.Desk.Conversation(t.Context(), h.alice, m.ConversationID)
	must(t, err)
	if c.AssigneeID != h.alice.Agent() {
		t.Errorf("it is with %s", c.AssigneeName)
	}
	p.quiet()
}

// What one writes on one device stands on the other, and is gone there when it was sent.
func TestADraftOnTwoDevices(t *testing.T) {
	h := open(t)
	root := browserOf(t)
	desk1, phone := h.console(root), h.console(root)
	_, m := h.says(desk.Actor{Name: "Maria"}, "Hello?")
	_, err := h.Desk.Join(t.Context(), h.bo, m.ConversationID)
	must(t, err)
	desk1.at(h, m.ConversationID)
	phone.at(h, m.ConversationID)
	desk1.do(chromedp.Focus(chromedp.CSS("#text")), typed("half a sen"))
	phone.until("the draft", `document.querySelector('#text').value === 'half a sen'`)
	phone.do(chromedp.Focus(chromedp.CSS("#text")))
	phone.run(`document.querySelector('#text').setSelectionRange(99, 99)`)
	phone.do(typed("tence"))
	desk1.until("what the phone added", `document.querySelector('#text').value === 'half a sentence'`)
	phone.do(press("Enter"))
	phone.until("sent", written+`.at(-1) === 'half a sentence'`)
	desk1.until("nothing is left to send", `document.querySelector('#text').value === '' && `+written+`.at(-1) === 'half a sentence'`)

	// What was typed in the very moment in which another conversation is opened is kept as well, and goes to the desk at once.
	_, other := h.says(desk.Actor{Name: "Li Lei"}, "Are you there?")
	phone.until("that the phone has told that nothing is left", `!Object.keys(localStorage).some(k => k.startsWith('draft-'))`)
	row := func(id desk.ConversationID) string {
		return fmt.Sprintf(`document.querySelector('#rows a[href="/conversations/%d"]')`, id)
	}
	desk1.until("the other one in the list", "!!"+row(other.ConversationID))
	desk1.run(`text.value = 'in a hurry'; text.dispatchEvent(new InputEvent('input', {bubbles: true})); ` + row(other.ConversationID) + `.click()`)
	phone.until("what was typed last", `document.querySelector('#text').value === 'in a hurry'`)
	desk1.until("the other one", fmt.Sprintf(`talk.dataset.conversation === '%d'`, other.ConversationID))
	desk1.run(row(m.ConversationID) + `.click()`)
	desk1.until("it here as well", `document.querySelector('#text')?.value === 'in a hurry'`)
}

// Whom a chat was given to, and not who gave it, is what its visitor reads.
func TestAVisitorReadsWhoWillAnswer(t *testing.T) {
	h, root := open(t), browserOf(t)
	f := h.chat(visit(t, root, h.shop))
	f.do(write("Is the teapot in stock?"))
	f.until("stored", `[...document.querySelectorAll('.me .foot')].at(-1)?.textContent === 'Sent'`)
	id := h.conversation()
	_, err := h.Desk.Join(t.Context(), h.alice, id)
	must(t, err)
	_, err = h.Desk.Assign(t.Context(), h.alice, id, 0, h.bo.Agent())
	must(t, err)
	f.until("the name of whoever is next", `[...document.querySelectorAll('.line')].some(l => l.textContent.startsWith('Bo will answer you'))`)
	f.quiet()
}
