package journey

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// subscribable stands for what a headless browser has not: the permission, and a push service. %s are keys of the browser's.
const subscribable = `(() => {
	window.Notification = class { static permission = 'default'; static async requestPermission() { return (this.permission = 'granted'); } };
	Object.defineProperty(ServiceWorkerRegistration.prototype, 'pushManager', { get: () => ({
		getSubscription: async () => window.subscribedTo ? { endpoint: 'https://push.example/visitor', options: {}, unsubscribe: async () => { window.subscribedTo = null; } } : null,
		subscribe: async o => { window.subscribedTo = o; return { toJSON: () => ({ endpoint: 'https://push.example/visitor', expirationTime: null, keys: { p256dh: '%s', auth: '%s' } }) }; },
	}) });
	navigator.serviceWorker.addEventListener('message', e => { window.heard = e.data; });
})()`

// A visitor on the chat's own page allows it by a press: his browser is kept, and the worker of that page alone shows the answer and leads back to the chat.
func TestAVisitorHearsOfAnswersWhenTheChatIsClosed(t *testing.T) {
	h, root := open(t), browserOf(t)
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	must(t, err)
	path, encode := "/chat/"+h.widget.PublicID, base64.RawURLEncoding.EncodeToString
	p := visit(t, root, "about:blank")
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(subscribable, encode(private.PublicKey().Bytes()), encode(make([]byte, 16)))})
		return err
	}), chromedp.Navigate(h.url+path))
	count := func() (n int) {
		must(t, h.Desk.DB().Readers().QueryRow("select count(*) from visitor_browsers").Scan(&n))
		return n
	}
	if count() != 0 {
		t.Error("he was subscribed unasked")
	}
	p.until("the button that asks", `!document.querySelector('[aria-label="Notify me of answers"]').hidden`)
	p.run(`document.querySelector('[aria-label="Notify me of answers"]').click()`)
	p.until("the key of the desk", `window.subscribedTo?.applicationServerKey === `+quote(h.Push.Key()))
	p.until("the button is pressed", `document.querySelector('[aria-label="Notify me of answers"]').ariaPressed === 'true'`)
	p.until("a worker for this page alone", `navigator.serviceWorker.getRegistrations().then(l => l.length === 1 && new URL(l[0].scope).pathname === `+quote(path)+` && !!l[0].active)`)
	worker := p.part("service_worker", h.url)
	worker.until("the center", center)
	worker.run(`pushed(` + quote(fmt.Sprintf(`{"title":"Shop","body":"It is fresh","tag":"conversation-1","url":%q,"unread":0,"lang":"en"}`, path)) + `)`)
	worker.until("the answer", `shown.length === 1 && shown[0].body === 'It is fresh' && shown[0].data.url === `+quote(path))
	worker.run(`void tapped(shown[0])`)
	p.until("the chat that is open hears of the press", `window.heard?.type === 'open' && window.heard.url === `+quote(path))
	worker.run(`globalThis.went = ''; clients.openWindow = async url => { went = url }; pushed(` + quote(`{"title":"Shop","tag":"conversation-2","url":"/chat/elsewhere"}`) + `)`)
	worker.until("another", `shown.some(n => n.tag === 'conversation-2')`)
	worker.run(`void tapped(shown.find(n => n.tag === 'conversation-2'))`)
	worker.until("a chat that is not open is opened", `went === '/chat/elsewhere'`)
	eventually(t, "one browser is kept", func() bool { return count() == 1 })

	// He has had enough.
	p.run(`document.querySelector('[aria-label="Notify me of answers"]').click()`)
	p.until("the button is let go", `document.querySelector('[aria-label="Notify me of answers"]').ariaPressed === 'false'`)
	p.until("the browser is not told any more", `window.subscribedTo === null`)
	eventually(t, "no browser is kept", func() bool { return count() == 0 })
	p.quiet()
}
