package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"deskbell/app/desk"
)

// What the console weighs at its first load, page and all: the goal is 100 KB.
func TestTheConsoleIsLight(t *testing.T) {
	h := open(t)
	b, err := os.ReadFile("../../static/dist/manifest.json")
	must(t, err)
	var built map[string]string
	must(t, json.Unmarshal(b, &built))
	var sum int64
	for _, name := range []string{"js/app.js", "css/app.css", "icons.svg", "img/bell.svg"} {
		i, err := os.Stat("../../static/dist/" + built[name] + ".gz")
		must(t, err)
		sum += i.Size()
	}
	res, err := http.Get(h.url + "/login")
	must(t, err)
	page, err := io.ReadAll(res.Body)
	must(t, err)
	if sum += int64(len(page)); sum > 100<<10 {
		t.Errorf("the console's first load is %d bytes", sum)
	}
}

// console opens the console as Bo, after a log-in by hand.
func (h *house) console(root context.Context) *tab {
	h.t.Helper()
	p := visit(h.t, root, h.url+"/login")
	p.do(chromedp.EmulateViewport(1440, 900), chromedp.SendKeys(chromedp.CSS("#f-email"), "bo@tea.example"), chromedp.SendKeys(chromedp.CSS("#f-password"), password+kb.Enter),
		chromedp.WaitVisible(chromedp.CSS("#rows")))
	p.until("the console", `!!document.querySelector('#rows') && document.documentElement.dataset.line === ''`)
	return p
}

// says writes as a new visitor or as the one of an actor.
func (h *house) says(by desk.Actor, text string) (desk.Actor, *desk.Message) {
	h.t.Helper()
	if by.Customer() == 0 {
		_, c, err := h.Desk.Enter(h.t.Context(), desk.System, desk.Visit{URL: "https://shop.example/longjing", Profile: desk.CustomerChange{Name: &by.Name}})
		must(h.t, err)
		by = desk.AsCustomer(c.ID)
	}
	got, err := h.Desk.Receive(h.t.Context(), by, desk.Incoming{InboxID: h.widget.ID, Text: text})
	must(h.t, err)
	return by, got.Message
}

const (
	rowNames = `[...document.querySelectorAll('#rows .row .who span:first-child')].map(s => s.textContent)`
	written  = `[...document.querySelectorAll('#messages .msg .text')].map(p => p.textContent)`
)

// press strikes a key that is a command here and types nothing: chromedp.KeyEvent would type it even where the page says no.
func press(key string) chromedp.Action[chromedp.Void] {
	codes := map[string]int64{"Enter": 13, "Escape": 27}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, WindowsVirtualKeyCode: codes[key]})
		return err
	})
}

// enter is Enter pressed and let go, as a keyboard does it: on a button it presses the button.
func enter() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
		if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, down); err != nil {
			return err
		}
		up := down
		up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, up)
		return err
	})
}

// goes strikes g and the letter of a place, at once: the page waits for the letter a second or so, which may pass between two messages to a
// browser on a slow machine.
func (p *tab) goes(place string) {
	p.t.Helper()
	p.run(`for (const key of ['g', ` + quote(place) + `]) (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))`)
}

// typed writes text where the cursor is.
func typed(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

func TestTheConsoleIsLive(t *testing.T) {
	h := open(t)
	p := h.console(browserOf(t))
	lilei, m := h.says(desk.Actor{Name: "李雷"}, "龙井到货了吗？")
	p.until("the new conversation", rowNames+`.includes('李雷')`)
	p.until("the number in the title", `document.title.startsWith('(1) ')`)

	// By keyboard alone: to the row, open it, join, answer.
	p.do(press("j"), press("Enter"))
	p.until("the conversation", written+`.includes('龙井到货了吗？') && !!document.querySelector('[data-then="write"]')`)
	p.until("its name in the title", `document.title.includes('李雷')`)
	p.do(press("r"))
	p.until("the cursor in the answer", `document.activeElement?.id === 'text'`)
	p.do(typed("到了！"), press("Enter"))
	p.until("the bubble, once", `document.querySelectorAll('#messages .msg.me').length === 1 && !document.querySelector('[data-pending]')`)
	if said := h.said(m.ConversationID); !slices.Equal(said, []string{"龙井到货了吗？", "到了！"}) {
		t.Errorf("stored is %q", said)
	}

	h.says(lilei, "太好了")
	p.until("what he writes next", written+`.at(-1) === '太好了'`)
	must(t, h.News.Typing(t.Context(), lilei, m.ConversationID, true))
	p.until("that he types", `!document.querySelector('#typing').hidden`)
	last, err := h.Desk.Conversation(t.Context(), h.bo, m.ConversationID)
	must(t, err)
	must(t, h.Desk.Read(t.Context(), lilei, m.ConversationID, last.LastSeq))
	p.until("that he has read", `!document.querySelector('#messages .msg.me [data-read-mark]').hidden`)

	// A whisper is orange and stays among colleagues; letters typed into it do nothing else.
	p.do(press("Escape"), press("w"), chromedp.KeyEvent("give jars, etc"), press("Enter"))
	p.until("the whisper", `document.querySelector('#messages .msg.whisper .text')?.textContent === 'give jars, etc'`)
	if c, err := h.Desk.Conversation(t.Context(), h.bo, m.ConversationID); err != nil || c.Status != "open" {
		t.Errorf("the conversation is %s after typing letters: %v", c.Status, err)
	}
	p.do(press("Escape"), press("e"))
	p.until("that it is closed", `document.querySelector('#composer').dataset.mode === 'closed'`)
	p.quiet()
}

// An Enter that belongs to an input method chooses a word and sends nothing (W3C UI Events 5.6.2: isComposing; 229 in Safari).
func TestEnterOfAnInputMethodSendsNothing(t *testing.T) {
	h := open(t)
	_, m := h.says(desk.Actor{Name: "Maria"}, "Hello?")
	_, err := h.Desk.Join(t.Context(), h.bo, m.ConversationID)
	must(t, err)
	p := h.console(browserOf(t))
	p.do(chromedp.Navigate(fmt.Sprintf("%s/conversations/%d", h.url, m.ConversationID)), chromedp.WaitVisible(chromedp.CSS("#text")), chromedp.Focus(chromedp.CSS("#text")))
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "longjing", SelectionStart: 8, SelectionEnd: 8})
		return err
	}))
	p.run(`document.querySelector('#text').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }));
		document.querySelector('#text').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))`)
	p.do(typed("龙井"))
	p.until("the chosen word in the text", `document.querySelector('#text').value === '龙井'`)
	if said := h.said(m.ConversationID); len(said) != 1 {
		t.Errorf("sent while composing: %q", said)
	}
	p.do(press("Enter"))
	p.until("it is sent by an Enter of its own", written+`.at(-1) === '龙井'`)
}

// What is written without a line waits in the browser, over a reload, and goes out once; what was thrown away in another tab does not.
func TestWrittenOffline(t *testing.T) {
	h := open(t)
	_, m := h.says(desk.Actor{Name: "Maria"}, "Hello?")
	_, err := h.Desk.Join(t.Context(), h.bo, m.ConversationID)
	must(t, err)
	p := h.console(browserOf(t))
	p.do(chromedp.Navigate(fmt.Sprintf("%s/conversations/%d", h.url, m.ConversationID)), chromedp.WaitVisible(chromedp.CSS("#text")))
	p.until("the line", `document.documentElement.dataset.line === ''`)
	other := p.another(h.url + "/profile")
	other.until("another tab", `!!document.querySelector('form[action="/profile"]')`)
	h.cut()
	p.do(chromedp.Focus(chromedp.CSS("#text")), typed("first"), press("Enter"), typed("regretted"), press("Enter"), typed("second"), press("Enter"), typed("a draft"))
	p.until("all wait", `document.querySelectorAll('[data-pending]').length === 3`)
	other.run(`{ const k = Object.keys(localStorage).find(k => k.startsWith('outbox-') && JSON.parse(localStorage[k]).text === 'regretted'); localStorage.removeItem(k) }`)
	p.until("both wait", `document.querySelectorAll('[data-pending]').length === 2 && document.documentElement.dataset.line === 'off'`)
	p.until("the draft is kept", `Object.keys(localStorage).some(k => k.startsWith('draft-'))`)
	h.mend()
	p.do(chromedp.Reload())
	p.until("both are sent, in order", written+`.join() === 'Hello?,first,second' && !document.querySelector('[data-pending]')`)
	p.until("the draft is there", `document.querySelector('#text').value === 'a draft'`)
	if said := h.said(m.ConversationID); !slices.Equal(said, []string{"Hello?", "first", "second"}) {
		t.Errorf("stored is %q", said)
	}
}

// The list does not move under a pointer: what is new is counted on a button, and comes when the pointer leaves.
func TestTheListHoldsStill(t *testing.T) {
	h := open(t)
	ann, m := h.says(desk.Actor{Name: "Ann"}, "one")
	h.says(desk.Actor{Name: "Ben"}, "two")
	p := h.console(browserOf(t))
	p.until("both", rowNames+`.join() === 'Ben,Ann'`)
	row, err := strconv.ParseFloat(p.texts(`[String(document.querySelector('#rows').getBoundingClientRect().top + 20)]`)[0], 64)
	must(t, err)
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 200, row))
	p.until("the pointer is on the list", `document.querySelector('#rows').matches(':hover')`)
	h.says(desk.Actor{Name: "Cleo"}, "three")
	p.until("the button", `document.querySelector('.fresh')?.textContent === '1 new'`)
	if names := p.texts(rowNames); !slices.Equal(names, []string{"Ben", "Ann"}) {
		t.Errorf("the list moved under the pointer: %q", names)
	}
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 900, 400))
	p.until("the new one on top", rowNames+`.join() === 'Cleo,Ben,Ann'`)

	// Who writes is marked in its row, also when the list is drawn anew meanwhile; a slow test must not outlast the mark.
	p.run(`{ const set = setTimeout; window.setTimeout = (run, ms, ...args) => set(run, ms === 6000 ? 600000 : ms, ...args) }`)
	mark := fmt.Sprintf(`document.querySelector('#row-%d .last:not([hidden])')?.textContent`, m.ConversationID)
	must(t, h.News.Typing(t.Context(), h.alice, m.ConversationID, true))
	p.until("that a colleague writes there", mark+` === 'Admin is typing'`)
	must(t, h.News.Typing(t.Context(), ann, m.ConversationID, true))
	p.until("that Ann writes", mark+` === 'Typing…'`)
	h.says(desk.Actor{Name: "Dora"}, "four")
	p.until("that she still does", rowNames+`.join() === 'Dora,Cleo,Ben,Ann' && `+mark+` === 'Typing…'`)
	must(t, h.News.Typing(t.Context(), ann, m.ConversationID, false))
	p.until("that she stopped", mark+` === 'one'`)

	// A row that has the focus changes like the others. What a colleague hands over stands on top, until it is opened.
	p.run(fmt.Sprintf(`document.querySelector('#row-%d .row').focus()`, m.ConversationID))
	_, err = h.Desk.Join(t.Context(), h.alice, m.ConversationID)
	must(t, err)
	h.reply(h.alice, m.ConversationID, desk.Draft{Text: "Here is Admin"})
	p.until("what she wrote", mark+` === 'Us: Here is Admin'`)
	h.says(desk.Actor{Name: "Eve"}, "five")
	_, err = h.Desk.Transfer(t.Context(), h.alice, m.ConversationID, desk.Handover{AgentID: h.bo.Agent()})
	must(t, err)
	p.until("it is on top", rowNames+`.join() === 'Ann,Eve,Dora,Cleo,Ben' && !!document.querySelector('.flag')`)
	p.run(fmt.Sprintf(`document.querySelector('#row-%d .row').click()`, m.ConversationID))
	p.until("then where it belongs", rowNames+`.join() === 'Eve,Ann,Dora,Cleo,Ben' && !document.querySelector('.flag')`)
	p.quiet()
}
