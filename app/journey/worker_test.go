package journey

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// logIn opens the console as somebody.
func (h *house) logIn(root context.Context, email string) *tab {
	h.t.Helper()
	p := visit(h.t, root, h.url+"/login")
	p.do(chromedp.SendKeys(chromedp.CSS("[name=email]"), email), chromedp.SendKeys(chromedp.CSS("[name=password]"), password+"\r"))
	p.until("the console", `location.pathname === '/conversations'`)
	return p
}

// working waits until the worker has the page.
func (p *tab) working() {
	p.t.Helper()
	p.until("the worker", `!!navigator.serviceWorker.controller`)
}

// center stands for what a headless browser has not: a push service, and the system's notification center, which the worker's own calls
// fill. That a push decrypts is tried where it is encrypted. Unread stays 0: Debian's headless Chromium dies of navigator.setAppBadge.
const center = `(() => {
	const list = globalThis.shown = [];
	registration.showNotification = async (title, options) => {
		const n = { title, ...options, close: () => void list.splice(list.indexOf(n), 1) }, old = list.findIndex(o => o.tag === n.tag);
		if (old < 0) list.push(n); else list[old] = n;
	};
	registration.getNotifications = async () => [...list];
	const happen = (type, more) => {
		const e = new ExtendableEvent(type), done = [];
		Object.defineProperties(e, { ...more, waitUntil: { value: p => done.push(p) } });
		dispatchEvent(e);
		return Promise.all(done).then(() => {});
	};
	globalThis.pushed = text => happen('push', { data: { value: { json: () => JSON.parse(text) } } });
	globalThis.tapped = n => happen('notificationclick', { notification: { value: n } });
	return true;
})()`

func TestTheWorkerShowsPushesAndForgets(t *testing.T) {
	h, root := open(t), browserOf(t)
	alice := h.logIn(root, "alice@tea.example")
	alice.working()
	worker := alice.part("service_worker", h.url)
	worker.until("the center", center)
	push := func(data string) { worker.run(`pushed(` + quote(data) + `)`) }
	notice := func(body string) string {
		return fmt.Sprintf(`{"title":"Li 李","body":%s,"tag":"conversation-1","url":"/customers","unread":0,"lang":"en"}`, quote(body))
	}
	push(notice("first"))
	worker.until("a notification", `shown.length === 1 && shown[0].title === 'Li 李' && shown[0].body === 'first' && shown[0].data.url === '/customers' && shown[0].icon.includes('/assets/icon-192-')`)
	push(notice("second <b>"))
	worker.until("the newer in its place", `shown.length === 1 && shown[0].body === 'second <b>'`)
	push(`not json`)
	worker.until("something for a push that nobody can read", `shown.length === 2 && shown[1].title === 'Deskbell'`)
	push(`{"title":"evil","tag":"x","url":"https://evil.example/"}`)
	worker.until("three", `shown.length === 3`)
	worker.run(`void tapped(shown[0])`)
	alice.until("the page goes where the notification points", `location.pathname === '/customers'`)
	worker.until("the notification is gone", `shown.length === 2`)

	alice.until("assets are kept, and nothing else", `(async () => {
		const kept = []; for (const name of await caches.keys()) for (const r of await (await caches.open(name)).keys()) kept.push(new URL(r.url).pathname);
		return kept.length > 2 && kept.every(p => p.startsWith('/assets/'));
	})()`)
	alice.run(`document.querySelector('form[action="/logout"]').requestSubmit()`)
	alice.until("logged out", `location.pathname === '/login' && document.readyState === 'complete'`)
	alice.until("nothing kept", `(async () => { let n = 0; for (const name of await caches.keys()) n += (await (await caches.open(name)).keys()).length; return n === 0; })()`)
	worker.until("no notification left", `shown.length === 0`)
}

func TestWithoutALineThereIsAPage(t *testing.T) {
	h, root := open(t), browserOf(t)
	alice := h.logIn(root, "alice@tea.example")
	alice.working()
	h.cut()
	alice.do(chromedp.Navigate(h.url + "/tickets"))
	alice.until("the offline page, in both languages", `document.body.innerText.includes('You are offline') && document.body.innerText.includes('离线')`)
	h.mend()
	alice.run(`void document.querySelector('a').click()`)
	alice.until("the page that was asked for", `location.pathname === '/tickets' && !document.body.innerText.includes('You are offline')`)
}
