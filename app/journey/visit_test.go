package journey

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"deskbell/app"
	"deskbell/app/apptest/mailhost"
	"deskbell/app/desk"
)

// A whole visit, on a page of another site that allows as little as there is, at a desk and on a phone: queue, chat, files both ways,
// typing, hand over, away, mail and its answer, back by the mail's link and to the shop, the end, and a note off hours.
func TestTheWholeVisit(t *testing.T) {
	for name, screen := range map[string]chromedp.Action[chromedp.Void]{
		"desk": chromedp.EmulateViewport(1280, 800), "phone": chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch),
	} {
		t.Run(name, func(t *testing.T) {
			v := newVisitDay(t, screen, name == "phone")
			v.asksAndIsServed()
			v.filesAndTyping()
			v.handedOn()
			v.goesOnByMail()
			v.comesBack()
			v.leavesANote()
			v.shop.quiet()
			v.console.quiet()
		})
	}
}

// visitDay is a shop, its desk and mail host, a visitor's browser and an agent's.
type visitDay struct {
	*house
	host          *mailhost.Host
	shop, console *tab
	chat          *tab // the frame in the shop
	phone         bool
	id            desk.ConversationID
	axe           string
}

const mei = "mei@example.test"

func newVisitDay(t *testing.T, screen chromedp.Action[chromedp.Void], phone bool) *visitDay {
	if _, err := os.Stat("../../static/dist/manifest.json"); err != nil {
		t.Skip("the front end is not built: make assets")
	}
	v := &visitDay{host: mailhost.Start(t), phone: phone}
	v.house = begin(t, app.Config{PrivateAllowed: true, VisitorGrace: 300 * time.Millisecond})
	v.embed()
	v.Mail.Trust = v.host.TLS()
	_, err := v.Desk.SaveInbox(t.Context(), v.alice, desk.SavedInbox{ID: v.widget.ID, Channel: desk.Webchat, Name: "Shop", Enabled: true, Settings: desk.Widget{Greeting: "Welcome! 欢迎", OffDuty: "note", ShowTyping: true}})
	must(t, err)
	support := "support@example.test"
	_, err = v.Desk.SaveInbox(t.Context(), v.alice, desk.SavedInbox{Channel: desk.Email, Name: "Tea shop", Enabled: true, Secrets: desk.MailboxSecrets{IMAP: mailhost.Password, SMTP: mailhost.Password}, Settings: desk.Mailbox{Address: support,
		IMAP: desk.MailServer{Host: "localhost", Port: v.host.IMAPS, Security: "tls", Username: support, Auth: "password", Folder: "INBOX"},
		SMTP: desk.MailServer{Host: "localhost", Port: v.host.SMTPS, Security: "tls", Username: support, Auth: "password"}}})
	must(t, err)
	if b, err := os.ReadFile("../../node_modules/axe-core/axe.min.js"); err == nil {
		v.axe = string(b)
	}
	root := browserOf(t)
	v.console = v.house.console(root)
	v.shop = visit(t, root, v.house.shop)
	v.shop.do(screen)
	return v
}

// fair has axe look for what keeps people out.
func (v *visitDay) fair(p *tab, where string) {
	v.t.Helper()
	if v.axe == "" {
		return // npm ci has not been here
	}
	p.run(`(() => { if (!window.axe) { const m = { exports: {} }; (function (module, exports, define) {` + v.axe + `}).call(window, undefined, undefined, undefined); } })()`)
	p.run(`Promise.all(document.getAnimations().map(a => a.finished.catch(() => {})))`) // what fades in has no contrast yet
	p.run(`axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => v.id + ' ' + v.nodes[0].html.slice(0, 120))).then(bad => { window.unfair = bad; })`)
	bad := p.texts(`window.unfair`)
	if len(bad) > 0 {
		v.t.Errorf("%s: axe finds %q", where, bad)
	}
}

func (v *visitDay) lines(p *tab, text string) string {
	return `[...document.querySelectorAll('.line')].some(l => l.textContent.startsWith(` + quote(text) + `))`
}

// agents reads whether the console's log has a text.
func agents(text string) string {
	return `[...document.querySelectorAll('#messages .msg .text')].some(m => m.textContent.trim() === ` + quote(text) + `)`
}

func (v *visitDay) asksAndIsServed() {
	v.chat = v.house.chat(v.shop)
	if v.phone {
		v.shop.until("the whole screen", `(r => r.width === innerWidth && r.left === 0)(document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe').getBoundingClientRect())`)
	}
	v.fair(v.chat, "an empty chat")
	v.chat.do(write("Is the tea fresh?"))
	v.chat.until("he waits", `document.querySelector('.me .foot')?.textContent === 'Sent' && !document.querySelector('.wait').hidden`)
	v.id = v.conversation()
	v.console.do(chromedp.Navigate(fmt.Sprintf("%s/conversations/%d", v.url, v.id)))
	v.console.until("what he asks", agents("Is the tea fresh?"))
	v.console.run(`document.querySelector('#composer form[data-then=write] button').click()`)
	v.chat.until("who serves him", v.lines(v.chat, "Bo joined")+` && document.querySelector('.wait').hidden && document.querySelector('h1').textContent === 'Bo'`)
	v.answers("Picked this morning.")
	v.chat.until("the answer", has("Picked this morning."))
}

// answers writes in the console.
func (v *visitDay) answers(text string) {
	v.t.Helper()
	v.console.until("the composer", `!!document.querySelector('#composer textarea')`)
	v.console.run(`(() => { const x = document.querySelector('#composer textarea'); x.value = ` + quote(text) + `; x.dispatchEvent(new Event('input', { bubbles: true })); })()`)
	v.console.do(chromedp.SendKeys(chromedp.CSS("#composer textarea"), kb.Enter))
}

func (v *visitDay) filesAndTyping() {
	name := filepath.Join(v.t.TempDir(), "list.txt")
	must(v.t, os.WriteFile(name, []byte("longjing 2\n"), 0o600))
	v.chat.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{name}))
	v.chat.until("in the tray", `document.querySelector('.tray li span')?.textContent === 'list.txt'`)
	v.chat.do(write(""))
	v.console.until("his file", `document.querySelector('#messages .file')?.textContent.includes('list.txt')`)
	var b bytes.Buffer
	must(v.t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 300, 200))))
	up, err := v.Desk.Upload(v.t.Context(), v.bo, "leaf.png", bytes.NewReader(b.Bytes()))
	must(v.t, err)
	v.reply(v.bo, v.id, desk.Draft{FileIDs: []string{up.ID}})
	v.chat.until("the agent's picture", `[...document.querySelectorAll('.msg:not(.me) .photo img')].some(i => i.naturalWidth > 0)`)
	v.chat.do(chromedp.SendKeys(chromedp.CSS("textarea"), "And"))
	v.console.until("he types", `!document.querySelector('#typing').hidden`)
	must(v.t, v.News.Typing(v.t.Context(), v.bo, v.id, true))
	v.chat.until("she types", `document.querySelector('header').textContent.includes('Bo is typing…')`)
	v.chat.do(write(" the price?"))
	v.console.until("the question", agents("And the price?"))
	v.answers("It is 20.")
	v.chat.until("the price", has("It is 20."))
	v.fair(v.chat, "a chat")
	v.fair(v.console, "the console")
}

func (v *visitDay) handedOn() {
	ctx := v.t.Context()
	chen, err := v.Desk.CreateAgent(ctx, v.alice, desk.NewAgent{Email: "chen@tea.example", Name: "Chen", Role: desk.Crew, Password: password})
	must(v.t, err)
	_, err = v.Desk.Assign(ctx, v.alice, v.id, 0, chen.ID)
	must(v.t, err)
	v.chat.until("who serves him now", `document.querySelector('h1').textContent === 'Chen'`)
	_, err = v.Desk.Assign(ctx, v.alice, v.id, 0, v.bo.Agent())
	must(v.t, err)
	v.chat.until("and back", `document.querySelector('h1').textContent === 'Bo'`)
}

var goOn = regexp.MustCompile(`http://127\.0\.0\.1:\d+/chat/\w+#link=[\w-]+`)

func (v *visitDay) goesOnByMail() {
	v.shop.run(`deskbell('visitor', { name: 'Mei', email: ` + quote(mei) + ` })`)
	eventually(v.t, "his address is known", func() bool {
		c, err := v.Desk.Conversation(v.t.Context(), desk.System, v.id)
		must(v.t, err)
		return c.CustomerEmail == mei
	})
	v.console.until("he is there", `document.querySelector('#gone').textContent.trim() === ''`)
	v.shop.do(chromedp.Navigate("about:blank"))
	v.console.until("he has left", `document.querySelector('#gone').textContent.trim() === 'Customer is offline. Email fallback activated'`)
	v.fair(v.console, "the console while he is away")
	v.answers("Your tea is packed.")
	got := v.host.Await(mei, func(m mailhost.Mail) bool { return m.Has("Your tea is packed.") })
	body := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(string(got.Raw))
	link := goOn.FindString(body)
	if link == "" || !strings.Contains(got.Header("Subject"), "Deskbell") {
		v.t.Fatalf("the mail leads nowhere:\n%s", got.Raw)
	}
	v.host.Deliver(mei, "support@example.test", fmt.Sprintf("From: Mei <%s>\r\nTo: support@example.test\r\nSubject: Re: %s\r\nMessage-ID: <a@example.test>\r\nIn-Reply-To: %s\r\nDate: %s\r\n\r\nThank you!\r\n",
		mei, got.Header("Subject"), got.Header("Message-ID"), time.Now().Format(time.RFC1123Z)))
	v.console.until("his answer, in the same conversation", agents("Thank you!"))

	p := v.shop.another(link)
	p.until("what was said, by mail too, and the link is out of the address", has("Your tea is packed.")+` && `+has("Thank you!")+` && location.hash === ''`)
	v.console.until("he is there again", `document.querySelector('#gone').textContent.trim() === ''`)
	p.do(write("I am here again"))
	v.console.until("in the same conversation", agents("I am here again"))
	v.fair(p, "the chat's own page")
	p.do(chromedp.Navigate("about:blank"))
}

func (v *visitDay) comesBack() {
	v.shop.do(chromedp.Navigate(v.house.shop))
	v.chat = v.house.chat(v.shop)
	v.chat.until("all that was said, wherever it was", has("Is the tea fresh?")+` && `+has("Thank you!")+` && `+has("I am here again"))
	_, err := v.Desk.CloseConversation(v.t.Context(), v.bo, v.id)
	must(v.t, err)
	v.chat.until("the end", v.lines(v.chat, "Conversation ended"))
	if n := len(v.said(v.id)); n < 7 {
		v.t.Errorf("the agent reads %q", v.said(v.id))
	}
}

func (v *visitDay) leavesANote() {
	_, err := v.Desk.SaveSchedule(v.t.Context(), v.alice, desk.Schedule{}, false)
	must(v.t, err)
	v.shop.do(chromedp.Reload())
	v.shop.until("the launcher", `!!document.querySelector('deskbell-widget')`)
	v.shop.run(launcher + `.click()`)
	f := v.window(v.shop)
	f.until("the form", `!!document.querySelector('.leave form')`)
	v.fair(f, "the form of a note")
	f.run(`document.querySelector('.leave [name=name]').value = 'Mei'`)
	f.do(chromedp.SendKeys(chromedp.CSS(`.leave [name="phone"]`), "13800138000"), chromedp.SendKeys(chromedp.CSS(`.leave [name="text"]`), "Call me tomorrow"))
	f.run(`document.querySelector('.leave .primary').click()`)
	eventually(v.t, "the note is a ticket", func() bool {
		list, _, err := v.Desk.Conversations(v.t.Context(), v.alice, desk.ConversationList{Kind: "ticket", Origin: "note", Limit: 10})
		must(v.t, err)
		return len(list) == 1
	})
}
