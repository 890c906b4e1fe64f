// The service worker, written by hand. It keeps assets whose names carry a hash, shows a page when there is no line,
// and turns pushes into notifications. It never touches streams, posts or pages with anybody's data: what is cached
// here is the same for everyone. A message written offline waits in the page, not here.
import offline from './pwa/offline.html';

const cache = 'assets-1', asset = /^\/assets\/.+-[0-9A-Z]{8}\.\w+$/;

// The same worker serves one chat's page, for its visitor: what he gets is his, and he has no session.
const visitors = /^\/chat\//.test(new URL(self.registration.scope).pathname);

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', e => e.waitUntil((async () => {
  for (const name of await caches.keys()) if (name !== cache) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener('fetch', e => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== location.origin) return;
  if (asset.test(url.pathname)) e.respondWith(fromCache(e));
  else if (e.request.mode === 'navigate') e.respondWith(fetch(e.request).catch(offlinePage));
});

// Push: {title, body, tag, url, unread}. Every push shows something: iOS ends a subscription that stays silent.
self.addEventListener('push', e => e.waitUntil((async () => {
  const d = read(e.data), n = Number(d.unread);
  await self.registration.showNotification(d.title || 'Deskbell', {
    body: d.body, tag: d.tag || 'deskbell', renotify: true, data: { url: d.url || '/' }, icon: ASSET_ICON, badge: ASSET_BADGE, lang: d.lang || '', dir: 'auto', timestamp: Date.now(),
  });
  if (n > 0) navigator.setAppBadge?.(n).catch(() => {}); // not waited for: where there is no icon it may never settle
})()));

self.addEventListener('notificationclick', e => {
  e.notification.close();
  const url = new URL(e.notification.data?.url || '/', location.origin);
  if (url.origin === location.origin) e.waitUntil(open(url.pathname + url.search + url.hash));
});

self.addEventListener('pushsubscriptionchange', e => e.waitUntil((async () => {
  const old = e.oldSubscription, key = old?.options.applicationServerKey;
  const sub = e.newSubscription || (key && await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  const headers = { 'Content-Type': 'application/json' };
  const r = sub && !visitors && await fetch('/push/subscriptions', { method: 'POST', headers, body: JSON.stringify(sub) });
  if (r?.ok) return;
  for (const c of await pages()) c.postMessage({ type: 'renew' }); // an open page can do it; else it is done on the next visit
})()));

// A page says "forget" on log-out.
self.addEventListener('message', e => {
  if (e.data?.type !== 'forget') return;
  e.waitUntil((async () => {
    await caches.delete(cache);
    for (const n of await self.registration.getNotifications()) n.close();
  })());
});

// Nothing is kept on behalf of a page where nobody is logged in: after a log-out the cache stays empty.
async function fromCache({ request, clientId }) {
  const page = clientId && await self.clients.get(clientId);
  if (page && /^\/(login|setup|invitations)\b/.test(new URL(page.url).pathname)) return fetch(request);
  const kept = await caches.open(cache).catch(() => null);
  const hit = await kept?.match(request);
  if (hit) return hit;
  const r = await fetch(request);
  if (r.ok && r.type === 'basic') kept?.put(request, r.clone()).catch(() => {}); // a full disk is no reason to fail
  return r;
}

function offlinePage() {
  return new Response(offline, { status: 503, headers: {
    'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'", // nothing foreign is in it
  } });
}

// open shows url in a console page that is there already, else in a new one; a visitor's in the page of that chat.
async function open(url) {
  if (visitors) return openChat(url);
  const console = (await pages()).filter(c => !/^\/(chat|demo|api)\b/.test(new URL(c.url).pathname));
  const page = console.find(c => c.focused) || console.find(c => c.visibilityState === 'visible') || console[0];
  if (!page) return self.clients.openWindow(url);
  page.postMessage({ type: 'open', url });
  return page.focus().catch(() => {});
}

async function openChat(url) {
  const page = (await pages()).find(c => c.frameType !== 'nested' && new URL(c.url).pathname === url);
  if (!page) return self.clients.openWindow(url);
  page.postMessage({ type: 'open', url });
  return page.focus().catch(() => {});
}

function pages() { return self.clients.matchAll({ type: 'window', includeUncontrolled: true }); }

function read(data) {
  try { return data.json(); } catch { return {}; }
}
