package journey

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// ticket is a mail of Maria's to a mailbox that nobody serves.
func (h *house) ticket() *desk.Conversation {
	h.t.Helper()
	ctx := h.t.Context()
	box, err := h.Desk.SaveInbox(ctx, h.alice, desk.SavedInbox{Channel: desk.Email, Name: "Support", Settings: desk.Mailbox{Address: "support@tea.example"}})
	must(h.t, err)
	m, err := h.Desk.Receive(ctx, desk.System, desk.Incoming{InboxID: box.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: "maria@post.example"},
		Customer: desk.Customer{Name: "Maria", Email: "maria@post.example"}, Ticket: &desk.NewTicket{Subject: "A broken lid", Origin: "mail"}, Text: "It came broken."})
	must(h.t, err)
	c, err := h.Desk.Conversation(ctx, desk.System, m.ConversationID)
	must(h.t, err)
	return c
}

// A letter is set in type, survives a reload, goes out with its copies, and is there on the customer's page, which needs no log-in.
func TestALetterFromTheComposerToTheCustomersPage(t *testing.T) {
	h := open(t)
	c := h.ticket()
	how, err := h.Desk.Handling(t.Context(), h.alice)
	must(t, err)
	how.UndoMail = 0
	must(t, h.Desk.ChangeHandling(t.Context(), h.alice, how))
	root := browserOf(t)
	p := h.console(root)
	p.do(chromedp.Navigate(h.url + "/tickets/" + c.Ticket.ID.String()))
	p.until("the ticket", `!!document.querySelector('.copies summary')`)
	p.click(`.copies summary`)
	p.do(chromedp.SendKeys(chromedp.CSS(`[name="cc"]`), "dad@post.example"))
	p.click(`[data-do="rich"]`)
	p.until("the editor", `!!document.querySelector('.rich') && document.activeElement === document.querySelector('.rich')`)
	p.do(chromedp.KeyEvent("A new one "))
	p.click(`[data-rich="bold"]`)
	p.do(chromedp.KeyEvent("leaves today"))
	p.until("the words, set in type", `document.querySelector('.rich b')?.textContent.endsWith('leaves today') && document.getElementById('text').value === 'A new one leaves today'`)
	p.until("the draft on the desk", `!JSON.parse(localStorage.getItem(Object.keys(localStorage).find(k => k.startsWith('draft-'))))?.dirty`)
	p.do(chromedp.Navigate(h.url + "/tickets/" + c.Ticket.ID.String()))
	p.until("the draft after a reload", `document.querySelector('.rich b')?.textContent.endsWith('leaves today') && document.querySelector('[name="cc"]').value === 'dad@post.example'`)
	p.click(`.composer .foot > .btn.primary`)
	p.until("the letter", `!!document.querySelector('#messages .msg.me iframe') && !document.querySelector('[data-pending]')`)
	list, _, err := h.Desk.Messages(t.Context(), desk.System, c.ID, desk.MessageList{Limit: 50})
	must(t, err)
	last := list[len(list)-1]
	if !strings.Contains(last.HTML, "<b>leaves today</b>") || last.Text != "A new one leaves today" || len(last.Deliveries) != 2 {
		t.Errorf("it was stored as %q, %q, to %d", last.HTML, last.Text, len(last.Deliveries))
	}
	p.until("the ticket's copies", `document.querySelector('.copies summary').textContent.includes('dad@post.example')`)

	link, err := h.Desk.TicketLink(t.Context(), desk.System, c.ID)
	must(t, err)
	q := visit(t, root, h.url+"/my/"+link)
	q.until("the customer's page", `[...document.querySelectorAll('.my-log .text')].some(p => p.textContent === 'A new one leaves today')`)
	q.do(chromedp.SendKeys(chromedp.CSS("#f-text"), "Thank you!"))
	q.click("form .btn.primary")
	q.until("the answer", `!!document.querySelector('.notice.good') && [...document.querySelectorAll('.my-log .me .text')].some(p => p.textContent === 'Thank you!')`)
	p.until("the answer in the console", `[...document.querySelectorAll('#messages .msg .text')].some(p => p.textContent === 'Thank you!')`)
}

// What was merged elsewhere goes from the page of whoever looks at it, and comes back when it is undone.
func TestAMergeIsSeenByWhoeverLooks(t *testing.T) {
	h := open(t)
	a, b := h.ticket(), h.ticket()
	p := h.console(browserOf(t))
	p.do(chromedp.Navigate(h.url + "/tickets/" + a.Ticket.ID.String()))
	p.until("the ticket", `document.querySelectorAll('#messages .msg').length === 1 && !!document.getElementById('text')`)
	_, err := h.Desk.MergeTicket(t.Context(), h.alice, a.Ticket.ID, b.Ticket.ID)
	must(t, err)
	p.until("the messages gone, the way to undo there", `!document.querySelector('#messages .msg') && !!document.querySelector('.ask form[action$="/unmerge"]')`)
	p.click(`.ask form[action$="/unmerge"] button`)
	p.until("them back", `document.querySelectorAll('#messages .msg').length === 1 && !!document.getElementById('text')`)
	p.run(`document.activeElement.blur()`)
	p.do(press("s"))
	p.until("the menu", `document.querySelector('.pop.wide').open`)
	p.click(`.pop.wide button[value="answer"]`)
	p.until("it asleep", `document.querySelector('#head small').textContent.includes('snoozed') && !document.querySelector('#row-`+a.ID.String()+`')`)
}

// A topic is dragged below another by its handle. The list of tickets is a table while it shows the column of topics, and beside an open ticket a list again.
func TestATopicIsDraggedAndShownInAColumn(t *testing.T) {
	h := open(t)
	c := h.ticket()
	var last *desk.Topic
	for _, name := range []string{"Orders", "Late", "Returns"} {
		var err error
		last, err = h.Desk.SaveTopic(t.Context(), h.alice, desk.Topic{Name: name})
		must(t, err)
	}
	_, err := h.Desk.ChangeTicket(t.Context(), h.alice, c.Ticket.ID, desk.TicketChange{TopicID: &last.ID})
	must(t, err)
	p := h.logIn(browserOf(t), "alice@tea.example")
	p.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(h.url+"/admin/topics"))
	p.ready()
	middle := func(selector string) (x, y float64) {
		t.Helper()
		_, err := fmt.Sscan(p.texts(`[(b => b.x + b.width / 2 + ' ' + (b.y + b.height / 2))(document.querySelector('` + selector + `').getBoundingClientRect())]`)[0], &x, &y)
		must(t, err)
		return x, y
	}
	x, from := middle("#topic-3 .grip")
	_, to := middle("#topic-1 .grip")
	left := chromedp.ButtonType(input.MouseButtonLeft)
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, x, from, left), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x+10, from-10, left), chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x+30, to+8, left))
	p.until("the gap where it will stand", `document.querySelector('.tree .gap-line')?.dataset.depth === '2'`)
	p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, x+30, to+8, left))
	p.until("it below the first", `document.querySelector('#topic-1').nextElementSibling.id === 'topic-3' && document.querySelector('#topic-3').dataset.depth === '2' && !document.querySelector('.gap-line')`)
	all, err := h.Desk.Topics(t.Context(), h.alice)
	must(t, err)
	if all[1].Path != "Orders / Returns" {
		t.Errorf("the desk has it as %s", all[1].Path)
	}

	p.do(chromedp.Navigate(h.url + "/tickets"))
	p.ready()
	const table = `!!document.querySelector('#rows .heads')?.checkVisibility()`
	p.click(".choose-columns summary")
	p.click(`.choose-columns [value="topic"]`)
	p.until("the table, which its address names", table+` && document.querySelector('#rows .cell').textContent.includes('Returns') && location.search.includes('columns=topic') && !document.querySelector('#talk').checkVisibility()`)
	p.click(".choose-columns summary")
	p.click("#rows .row")
	p.until("the ticket beside a list", `!!document.querySelector('#talk.open')?.checkVisibility() && !(`+table+`)`)
	p.click("#head .back")
	p.until("the table again", `!document.querySelector('#talk.open') && `+table)
}
