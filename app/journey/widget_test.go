package journey

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"deskbell/app"
	"deskbell/app/desk"
)

// What a closed and an opened widget weigh, as they go over the line: goals of quality's.
func TestTheWidgetIsSmall(t *testing.T) {
	b, err := os.ReadFile("../../static/dist/manifest.json")
	if err != nil {
		t.Skip("the front end is not built: make assets")
	}
	var built map[string]string
	must(t, json.Unmarshal(b, &built))
	weigh := func(names ...string) (sum int64) {
		for _, n := range names {
			i, err := os.Stat("../../static/dist/" + built[n] + ".gz")
			must(t, err)
			sum += i.Size()
		}
		return sum
	}
	if before := weigh("widget.js"); before > 4<<10 {
		t.Errorf("the closed widget weighs %d bytes, more than 4 KB", before)
	}
	h := begin(t, app.Config{}) // as it is served, with the widget's looks before it
	_, err = h.Desk.SaveProactive(t.Context(), h.alice, desk.Proactive{InboxID: h.widget.ID, Name: "help", Text: "Shall I help you?", Enabled: true, URL: "gifts", After: 20, DailyMax: 1})
	must(t, err)
	req, err := http.NewRequest(http.MethodGet, h.url+"/widget.js?id="+h.widget.PublicID, nil)
	must(t, err)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	served, err := io.ReadAll(res.Body)
	must(t, err)
	if res.Header.Get("Content-Encoding") != "gzip" || len(served) > 4<<10 {
		t.Errorf("the closed widget is served with %d bytes (%q), more than 4 KB", len(served), res.Header.Get("Content-Encoding"))
	}
	if after := weigh("widget/chat.js", "widget/chat.css", "img/bell.svg"); after > 39<<10 { // the page itself is under 1 KB
		t.Errorf("the opened widget weighs %d bytes, more than 40 KB with its page", after)
	}
}

const (
	launcher = `document.querySelector('deskbell-widget').shadowRoot.querySelector('button')`
	bubbles  = `[...document.querySelectorAll('.msg:not(.failed) .bubble')].map(b => b.textContent)`
)

// chat opens the widget in the shop and attaches to its frame.
func (h *house) chat(shop *tab, first ...string) *tab {
	h.t.Helper()
	shop.until("the launcher", `!!document.querySelector('deskbell-widget')`)
	shop.run(launcher + `.click()`)
	f := h.window(shop)
	if len(first) > 0 { // what was said before is too long for the greeting to be shown
		f.until(first[0], has(first[0]))
		return f
	}
	f.until("the greeting", `document.querySelector('.bubble')?.textContent === 'Welcome! 欢迎'`)
	return f
}

// window attaches to the frame of a widget that opens or peeks. One that says nothing for long is replaced by the loader; from its first word
// on, and only then, it is seen.
func (h *house) window(shop *tab) *tab {
	h.t.Helper()
	shop.until("the window", `getComputedStyle(document.querySelector('deskbell-widget').shadowRoot.querySelector('iframe')).opacity === '1'`)
	return shop.frame(h.url + "/chat/")
}

// shut closes the widget, and waits until the chat in it knows: only then a message is unread.
func shut(shop, chat *tab) {
	shop.t.Helper()
	chat.run(`addEventListener('message', e => { if (e.data?.type === 'open') window.shut = !e.data.open })`)
	shop.run(launcher + `.click()`)
	chat.until("it knows that it is closed", `window.shut === true`)
}

func has(text string) string { return bubbles + `.includes(` + quote(text) + `)` }

func write(text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS("textarea"), text+"\r")
}

func TestVisitorAndAgentTalk(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	shop.until("the launcher", `!!document.querySelector('deskbell-widget')`)
	if n := h.asked.Load(); n != 1 {
		t.Errorf("a closed widget made %d requests, want 1", n)
	}
	f := h.chat(shop)
	f.run(`{ const real = window.fetch; window.refused = 0; window.fetch = (url, ...more) => url === '/visitor/v1/conversation' && !window.there ? Promise.reject(new TypeError('no line ' + ++refused)) : real(url, ...more) }`)
	f.do(write("你好 <b>hello</b> https://tea.example/x."))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	f.until("how it stands could not be asked", `refused > 0`)
	f.run(`window.there = true`)
	f.until("he waits, as was asked again", `!document.querySelector('.wait').hidden`)
	f.until("a link and no markup", `document.querySelector('.me .bubble a').href === 'https://tea.example/x' && !document.querySelector('.me b')`)
	id := h.conversation()

	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	f.until("who serves", `document.querySelector('h1').textContent === 'Bo' && [...document.querySelectorAll('.line')].some(l => l.textContent.startsWith('Bo joined'))`)
	must(t, h.News.Typing(t.Context(), h.bo, id, true))
	f.until("typing", `document.querySelector('header').textContent.includes('Bo is typing…')`)
	h.reply(h.bo, id, desk.Draft{Text: "Welcome, 有货"})
	f.until("the answer", has("Welcome, 有货"))
	f.until("no more typing", `!document.querySelector('header').textContent.includes('typing')`)
	h.reply(h.bo, id, desk.Draft{Text: "only for agents", Internal: true})
	must(t, h.Desk.Read(t.Context(), h.bo, id, 1<<40))
	f.until("read", `document.querySelector('.me .foot').textContent === 'Read'`)

	shop.do(chromedp.Reload())
	f = h.chat(shop)
	f.until("what was said, once and in order, after a reload", `JSON.stringify(`+bubbles+`) === JSON.stringify(['Welcome! 欢迎', '你好 <b>hello</b> https://tea.example/x.', 'Welcome, 有货'])`)

	shut(shop, f)
	h.reply(h.bo, id, desk.Draft{Text: "Are you there?"})
	shop.until("one unread", `document.querySelector('deskbell-widget').shadowRoot.querySelector('b').textContent === '1'`)
	_, err = h.Desk.CloseConversation(t.Context(), h.bo, id)
	must(t, err)
	f.until("the end", `[...document.querySelectorAll('.line')].some(l => l.textContent.startsWith('Conversation ended')) && document.querySelector('h1').textContent !== 'Bo'`)
	shop.quiet()
	f.quiet()
}

func TestACutLineLosesNothing(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	f.do(write("before"))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	id := h.conversation()
	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)

	h.cut()
	f.do(write("in the tunnel 1"))
	f.run(`Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }`) // what is written from now on stays in memory
	f.do(write("in the tunnel 2"))
	f.until("told that it waits", `document.querySelector('.failed .foot')?.textContent.includes('No connection')`)
	h.reply(h.bo, id, desk.Draft{Text: "said meanwhile"})
	h.mend()
	f.until("all there", has("said meanwhile")+` && `+has("in the tunnel 1")+` && `+has("in the tunnel 2")+` && !document.querySelector('.failed, .sending')`)
	eventually(t, "both stored", func() bool { return len(h.said(id)) == 4 })
	h.reply(h.bo, id, desk.Draft{Text: "after"})
	f.until("the line goes on", has("after"))

	want := append([]string{"Welcome! 欢迎"}, h.said(id)...)
	all, err := json.Marshal(want)
	must(t, err)
	f.until("what the agent sees, in his order", `JSON.stringify(`+bubbles+`) === JSON.stringify(`+string(all)+`)`)
	if len(want) != 6 {
		t.Errorf("the agent has %q", want)
	}
}

func TestASecondTabSharesTheStream(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	f.do(write("from the first tab"))
	f.until("stored", `document.querySelector('.me .foot')?.textContent === 'Sent'`)
	id := h.conversation()
	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	other := shop.another(h.shop)
	g := h.chat(other)
	g.until("what was said", has("from the first tab"))
	h.reply(h.bo, id, desk.Draft{Text: "to both"})
	f.until("the first hears", has("to both"))
	g.until("the second hears", has("to both"))
	other.run(`window.heard = []; deskbell('on', 'unread', n => heard.push(n))`)
	shut(other, g)
	h.reply(h.bo, id, desk.Draft{Text: "read in the first"})
	other.until("counted, and no more when the other tab has shown it", `heard.includes(1) && heard.at(-1) === 0`)
	g.until("the second has it too", has("read in the first"))
	eventually(t, "one browser has one stream", func() bool { return h.Hub.Streams() == 1 }) // one whose line broke may not be over yet
	shop.do(chromedp.Navigate("about:blank"))
	h.reply(h.bo, id, desk.Draft{Text: "to the one that is left"})
	g.until("the other has taken over", has("to the one that is left"))
}

func TestPicturesAndFiles(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	name := filepath.Join(t.TempDir(), "list.txt")
	must(t, os.WriteFile(name, []byte("longjing 2\n"), 0o600))
	f.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{name}))
	f.until("in the tray", `document.querySelector('.tray li span')?.textContent === 'list.txt'`)
	f.do(write(""))
	f.until("sent", `document.querySelectorAll('.card').length === 1 && !document.querySelector('progress') && document.querySelector('.me .foot')?.textContent === 'Sent'`)

	f.run(`(async () => {
		const c = document.createElement('canvas'); c.width = 60; c.height = 40;
		const data = new DataTransfer();
		data.items.add(new File([await new Promise(done => c.toBlob(done))], 'image.png', { type: 'image/png' }));
		document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
	})()`)
	f.until("a preview and nothing sent", `!!document.querySelector('.tray img') && !document.querySelector('.photo')`)
	f.do(write("this one"))
	f.until("the picture", `!!document.querySelector('.me .photo img') && !document.querySelector('progress') && `+has("this one")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)

	id := h.conversation()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 300, 200))))
	_, err := h.Desk.Join(t.Context(), h.bo, id)
	must(t, err)
	up, err := h.Desk.Upload(t.Context(), h.bo, "答复.png", bytes.NewReader(b.Bytes()))
	must(t, err)
	h.reply(h.bo, id, desk.Draft{FileIDs: []string{up.ID}})
	f.until("the agent's picture, loaded with the visitor's token", `[...document.querySelectorAll('.msg:not(.me) .photo img')].some(i => i.naturalWidth > 0)`)

	f.do(chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{evil(t)}))
	f.until("refused at once", `document.querySelector('[role=alert]').textContent.includes('cannot be sent')`)
	f.run(`{ const data = new DataTransfer(); for (let i = 0; i < 11; i++) data.items.add(new File(['x'], i + '.txt', { type: 'text/plain' }));
		document.querySelector('textarea').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }`)
	f.until("he is told that one is left out", `document.querySelectorAll('.tray li').length === 10 && document.querySelector('[role=alert]').textContent === 'At most 10 files at a time.'`)
	list, _, err := h.Desk.Messages(t.Context(), h.alice, id, desk.MessageList{Limit: 50})
	must(t, err)
	var names []string
	for _, m := range list {
		for _, file := range m.Files {
			names = append(names, file.Name)
		}
	}
	if len(names) != 3 || names[0] != "list.txt" || !strings.HasPrefix(names[1], "Picture") || names[2] != "答复.png" {
		t.Errorf("the agent has the files %q", names)
	}
	f.quiet()
}

func evil(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "setup.EXE")
	must(t, os.WriteFile(name, []byte("MZ"), 0o600))
	return name
}

// The page may say nonsense, and strangers may post messages: nothing breaks, nothing is told.
func TestNonsenseIsIgnored(t *testing.T) {
	h, root := open(t), browserOf(t)
	shop := visit(t, root, h.shop)
	f := h.chat(shop)
	shop.run(`for (const a of [[], [null], ['constructor'], ['__proto__', 1], ['open', {}], ['send'], ['send', {}], ['on'], ['on', 'x', 5], ['identify', {}], ['nope'], [{}],
		['visitor', { name: 'x'.repeat(999), email: 'no address', self: window.name, deep: { a: [1] } }], ['visitor', 'Li'], ['track', 7], ['hide'], ['show'], ['open']]) deskbell(...a)`)
	shop.run(`postMessage({ deskbell: 1, type: 'token', token: 'stolen' }, '*')`)
	f.run(`postMessage({ deskbell: 1, type: 'send', text: 'forged' }, '*')`)
	f.do(write("still here"))
	f.until("stored", has("still here")+` && [...document.querySelectorAll('.me .foot')].at(-1).textContent === 'Sent'`)
	if got := h.said(h.conversation()); !slices.Equal(got, []string{"still here"}) {
		t.Errorf("the agent reads %q", got)
	}
	shop.until("the token is the visitor's own", `Object.values(localStorage).some(v => JSON.parse(v).token?.startsWith(`+quote(h.widget.PublicID+".")+`)) && !JSON.stringify(localStorage).includes('stolen')`)
	shop.until("one global", `JSON.stringify(Object.keys(window).filter(k => /desk|widget/i.test(k))) === '["deskbell"]'`)
	shop.quiet()
	f.quiet()
}
