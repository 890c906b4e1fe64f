package email

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// page is an office with a widget, and a visitor whose chat an agent serves.
type page struct {
	*office
	widget *desk.Inbox
	token  string
	mei    *desk.Customer
	chat   desk.ConversationID
	here   atomic.Bool
}

func newPage(t *testing.T, h *mailhost.Host) *page {
	p := &page{office: newOffice(t, h)}
	p.ch.URL, p.ch.Words = "https://desk.test", func(lang, key string, args ...any) string {
		return fmt.Sprint(append([]any{lang, " ", key, " "}, args...)...)
	}
	p.Watching = func(desk.CustomerID, desk.InboxID) bool { return p.here.Load() }
	p.here.Store(true)
	var err error
	p.widget, err = p.SaveInbox(t.Context(), p.alice, desk.SavedInbox{Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{}})
	p.must(err)
	name, email := "Mei", "Mei@example.test"
	p.token, p.mei, err = p.Enter(t.Context(), desk.System, desk.Visit{InboxID: p.widget.ID, Locale: "zh-CN", Profile: desk.CustomerChange{Name: &name, Email: &email}})
	p.must(err)
	p.start()
	return p
}

func (p *page) by() desk.Actor { return desk.AsCustomer(p.mei.ID) }

func (p *page) write(text string) {
	p.t.Helper()
	got, err := p.Receive(p.t.Context(), p.by(), desk.Incoming{InboxID: p.widget.ID, Text: text})
	p.must(err)
	if p.chat == 0 {
		p.chat = got.ConversationID
		_, err = p.Join(p.t.Context(), p.alice, p.chat)
		p.must(err)
	}
}

func (p *page) answer(text string) *desk.Message {
	p.t.Helper()
	m, err := p.Reply(p.t.Context(), p.alice, p.chat, desk.Draft{Text: text})
	p.must(err)
	return m
}

func (p *page) fallsBack() bool {
	p.t.Helper()
	yes, err := p.FallsBack(p.t.Context(), p.alice, p.chat)
	p.must(err)
	return yes
}

func (p *page) texts() (list []string) {
	p.t.Helper()
	said, _, err := p.CustomerMessages(p.t.Context(), p.by(), p.widget.ID, 0, 50)
	p.must(err)
	for _, m := range said {
		if !m.IsEvent() {
			list = append(list, string(m.AuthorKind)+": "+m.Text)
		}
	}
	return list
}

// The visitor leaves: answers go by mail, his own comes back into the chat, and the link in the mail lets him go on.
func TestAChatGoesOnByMail(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	p := newPage(t, h)
	p.write("Is it fresh?")
	if m := p.answer("One moment."); len(m.Deliveries) != 0 || p.fallsBack() {
		t.Errorf("mail went to one who is there: %+v", m.Deliveries)
	}
	p.must(p.Read(t.Context(), p.by(), p.chat, 1<<40))
	p.here.Store(false)
	if !p.fallsBack() {
		t.Error("the composer does not say that mail is used")
	}
	sent := p.answer("Yes, picked today.")
	got := h.Await("mei@example.test", func(mailhost.Mail) bool { return true })
	if got.Header("Message-ID") != "<"+sent.ExternalID+">" || !got.Has("picked today") || got.Header("Subject") != "zh-CN mail.chat_subject Tea" {
		t.Errorf("the mail:\n%s", got.Raw)
	}
	p.awaitDelivery(sent, "sent")

	h.Deliver("mei@example.test", support, letterFrom("Mei <mei@example.test>", "2@example.test", "Re: Tea", "Then I take two.\n\nOn Friday, Tea shop wrote:\n> Yes, picked today.", sent.ExternalID))
	p.awaitRows("filed", 1)
	want := []string{"customer: Is it fresh?", "agent: One moment.", "agent: Yes, picked today.", "customer: Then I take two."}
	if got := p.texts(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the chat holds %q\nwant %q", got, want)
	}
	if n := p.count("select count(*) from tickets") + p.count("select count(*) from customers") - 1; n != 0 {
		t.Errorf("the answer made a ticket or another customer: %d", n)
	}

	link := p.linkIn(got)
	token, c, err := p.Enter(t.Context(), desk.System, desk.Visit{InboxID: p.widget.ID, Link: link})
	if err != nil || c.ID != p.mei.ID || token == p.token {
		t.Fatalf("the link leads to %v (%v)", c, err)
	}
	again, _, err := p.Enter(t.Context(), desk.System, desk.Visit{InboxID: p.widget.ID, Token: token, Link: link})
	if err != nil || again != token {
		t.Errorf("the same browser got another token (%v)", err)
	}
	p.here.Store(true)
	if p.fallsBack() {
		t.Error("he is back, and the composer still says mail")
	}
}

func (p *page) linkIn(m mailhost.Mail) string {
	p.t.Helper()
	body := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(string(m.Raw))
	found := regexp.MustCompile(`https://desk\.test/chat/` + p.widget.PublicID + `#link=([\w-]+)`).FindStringSubmatch(body)
	if found == nil {
		p.t.Fatalf("no link in\n%s", m.Raw)
	}
	if !strings.Contains(body, "mail.chat_open </a>") {
		p.t.Errorf("the link has no name in the HTML of\n%s", body)
	}
	return found[1]
}

// What he had not read when he left goes by mail too, once; what he had read does not, nor what a colleague whispered.
func TestWhatWasNotReadIsPosted(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	p := newPage(t, h)
	p.write("Is it fresh?")
	p.answer("read on the page")
	p.must(p.Read(t.Context(), p.by(), p.chat, 1<<40))
	p.answer("came too late")
	_, err := p.Reply(t.Context(), p.alice, p.chat, desk.Draft{Text: "between us", Internal: true})
	p.must(err)
	p.must(p.PostUnread(t.Context(), desk.System, p.mei.ID, p.widget.ID))
	if n := p.count("select count(*) from deliveries"); n != 0 {
		t.Errorf("%d mails to one who is there", n)
	}
	p.here.Store(false)
	for range 2 {
		p.must(p.PostUnread(t.Context(), desk.System, p.mei.ID, p.widget.ID))
	}
	got := h.Await("mei@example.test", func(mailhost.Mail) bool { return true })
	if n := p.count("select count(*) from deliveries"); n != 1 || !got.Has("came too late") {
		t.Errorf("%d mails:\n%s", n, got.Raw)
	}
}

// Without an address or a mailbox there is neither a banner nor a mail; a link is good for one visitor, in one widget, for its time,
// and for the address to which it went.
func TestFallbackFaults(t *testing.T) {
	t.Parallel()
	p := newPage(t, mailhost.Start(t))
	p.write("Is it fresh?")
	p.here.Store(false)
	enter := func(link string, in desk.InboxID) error {
		_, _, err := p.Enter(t.Context(), desk.System, desk.Visit{InboxID: in, Link: link})
		return err
	}
	link, _, err := p.Link(t.Context(), desk.System, p.mei.ID, p.widget.ID)
	p.must(err)
	other, err := p.SaveInbox(t.Context(), p.alice, desk.SavedInbox{Channel: desk.Webchat, Name: "Other", Enabled: true, Settings: desk.Widget{}})
	p.must(err)
	customers := p.count("select count(*) from customers")
	for what, err := range map[string]error{
		"another widget": enter(link, other.ID), "one letter more": enter(link+"A", p.widget.ID), "no words": enter("%%%", p.widget.ID), "cut": enter(link[:20], p.widget.ID),
	} {
		if err == nil || !strings.Contains(err.Error(), "link_over") {
			t.Errorf("%s: %v", what, err)
		}
	}
	p.must(enter(link, p.widget.ID))
	empty := ""
	_, err = p.ChangeCustomer(t.Context(), p.alice, p.mei.ID, desk.CustomerChange{Email: &empty})
	p.must(err)
	if enter(link, p.widget.ID) == nil {
		t.Error("a link to a former address is good")
	}
	if m := p.answer("hello"); p.fallsBack() || len(m.Deliveries) != 0 {
		t.Error("a mail without an address")
	}
	address := "mei@example.test"
	_, err = p.ChangeCustomer(t.Context(), p.alice, p.mei.ID, desk.CustomerChange{Email: &address})
	p.must(err)
	p.must(enter(link, p.widget.ID))
	p.later(15 * 24 * time.Hour)
	if enter(link, p.widget.ID) == nil {
		t.Error("a link of two weeks ago is good")
	}
	if n := p.count("select count(*) from customers"); n != customers {
		t.Errorf("links made %d customers", n-customers)
	}
	p.must(p.DeleteInbox(t.Context(), p.alice, p.inbox.ID))
	if m := p.answer("hello again"); p.fallsBack() || len(m.Deliveries) != 0 {
		t.Error("a mail without a mailbox")
	}
}

// A mail's answer to a chat that was closed meanwhile opens it again; a stranger who knows the id gets a ticket of his own.
func TestAnAnswerToAClosedChat(t *testing.T) {
	t.Parallel()
	h := mailhost.Start(t)
	p := newPage(t, h)
	p.write("Is it fresh?")
	p.here.Store(false)
	sent := p.answer("Yes.")
	p.awaitDelivery(sent, "sent")
	_, err := p.CloseConversation(t.Context(), p.alice, p.chat)
	p.must(err)
	h.Deliver("eve@example.test", support, letterFrom("eve@example.test", "e@example.test", "Re: Tea", "let me in", sent.ExternalID))
	p.awaitRows("filed", 1)
	h.Deliver("mei@example.test", support, letterFrom("mei@example.test", "m@example.test", "Re: Tea", "Thanks.", sent.ExternalID))
	p.awaitRows("filed", 2)
	c, err := p.Conversation(context.Background(), desk.System, p.chat)
	p.must(err)
	if got := p.texts(); c.Status == "closed" || got[len(got)-1] != "customer: Thanks." || strings.Contains(fmt.Sprint(got), "let me in") {
		t.Errorf("the chat is %s and holds %q", c.Status, got)
	}
	if n := p.count("select count(*) from tickets"); n != 1 {
		t.Errorf("%d tickets, want the stranger's", n)
	}
}
