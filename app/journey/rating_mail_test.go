package journey

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app/desk"
)

// A resolved ticket is asked about by mail; the link opens a page where somebody without an account rates with a press, and nobody by looking.
func TestTicketIsRatedFromAMail(t *testing.T) {
	h, root := open(t), browserOf(t)
	h.surveyed(func(s *desk.Survey) { s.AfterTicket, s.Stars[4].Tags = true, []string{"kind", "quick"} })
	box := desk.Mailbox{Address: "support@tea.example", IMAP: desk.MailServer{Host: "imap.tea.example", Port: 993, Security: "tls"}, SMTP: desk.MailServer{Host: "smtp.tea.example", Port: 465, Security: "tls"}}
	must(t, box.Check())
	in, err := h.Desk.SaveInbox(t.Context(), h.alice, desk.SavedInbox{Channel: desk.Email, Name: "Support", Settings: box, Secrets: desk.MailboxSecrets{IMAP: "x", SMTP: "x"}}) // not in service
	must(t, err)
	got, err := h.Desk.Receive(t.Context(), desk.System, desk.Incoming{InboxID: in.ID, Identity: desk.Identity{Channel: desk.Email, ExternalID: "maria@customer.example"},
		Customer: desk.Customer{Name: "Maria", Email: "maria@customer.example"}, Ticket: &desk.NewTicket{Subject: "A broken lid", Origin: "mail"}, Text: "Hello", ExternalID: "1@customer.example"})
	must(t, err)
	c, err := h.Desk.Conversation(t.Context(), h.alice, got.ConversationID)
	must(t, err)
	done := "resolved"
	_, err = h.Desk.ChangeTicket(t.Context(), h.bo, c.Ticket.ID, desk.TicketChange{Status: &done})
	must(t, err)
	eventually(t, "the mail is written", func() bool {
		list, _, err := h.Desk.Messages(t.Context(), h.alice, c.ID, desk.MessageList{Limit: 50})
		must(t, err)
		return slices.ContainsFunc(list, func(m *desk.Message) bool { return strings.Contains(m.Text, h.url+desk.RateYours) })
	})
	path, err := h.Desk.RatePath(t.Context(), desk.System, c)
	must(t, err)
	link := h.url + path
	p := visit(t, root, link+"?stars=5")
	p.until("five stars are chosen, with their words", `document.querySelector('[name=stars]:checked')?.value === '5' && getComputedStyle(document.querySelectorAll('.of-star')[0]).display === 'flex'`)
	if r, err := h.Desk.RatingOf(t.Context(), h.alice, c.ID); err != nil || r.Given() {
		t.Fatalf("a look rated: %+v, %v", r, err)
	}
	p.do(chromedp.Click(chromedp.CSS(`[value="quick"]`)), chromedp.SendKeys(chromedp.CSS("[name=remark]"), "thanks"), chromedp.Click(chromedp.CSS("form.rate .primary")))
	p.until("thanks", `document.querySelector('h1').textContent === 'Thank you'`)
	if r := h.rated(c.ID, 5); r.Remark != "thanks" || r.Way != "system" || len(r.Tags) != 1 {
		t.Errorf("stored: %+v", r)
	}
	p.quiet()
}
