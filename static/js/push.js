// Web push for agents who are not looking.
//
//   import { startWorker, pushState, subscribe, unsubscribe } from './push.js';
//   await startWorker()     registers /sw.js; gives the registration, or null where there are no service workers
//   await pushState()       'unsupported' | 'denied' | 'off' | 'on'
//   await subscribe()       must come from a press; throws an Error whose message is one of: unsupported, denied, timeout, refused
//   await unsubscribe()     also on log-out, together with forget()
//   forget()                tells the worker to empty its cache and take its notifications away
//
// The server gives its key at GET /push/key {"key"}, takes a subscription by POST /push/subscriptions (the browser's
// own JSON) and drops it by DELETE /push/subscriptions {"endpoint"}.
import { setBadge } from './badge.js';

const hang = 15_000; // pushManager.subscribe() never settles when the browser's push service cannot be reached

export async function startWorker() {
  if (!('serviceWorker' in navigator)) return null;
  navigator.serviceWorker.addEventListener('message', e => {
    if (e.data?.type === 'open' && sameOrigin(e.data.url)) dispatchEvent(new CustomEvent('deskbell:open', { detail: e.data.url, cancelable: true })) && location.assign(e.data.url);
    if (e.data?.type === 'renew') subscribe().catch(() => {});
  });
  try { return await navigator.serviceWorker.register('/sw.js', { scope: '/', updateViaCache: 'none' }); } catch { return null; }
}

export async function pushState() {
  if (!('PushManager' in window) || !('Notification' in window)) return 'unsupported';
  if (Notification.permission === 'denied') return 'denied';
  const worker = await navigator.serviceWorker.getRegistration('/');
  return worker && Notification.permission === 'granted' && await worker.pushManager.getSubscription() ? 'on' : 'off';
}

export async function subscribe() {
  if (!('PushManager' in window) || !('Notification' in window)) throw new Error('unsupported');
  if (await Notification.requestPermission() !== 'granted') throw new Error('denied');
  const worker = await navigator.serviceWorker.ready;
  const { key } = await (await fetch('/push/key', { headers: { Accept: 'application/json' } })).json();
  const have = await worker.pushManager.getSubscription();
  if (have && !sameKey(have.options.applicationServerKey, key)) await have.unsubscribe(); // made for another server key
  const sub = await within(hang, worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  const r = await send('POST', sub.toJSON());
  if (!r.ok) throw new Error('refused');
  return sub;
}

export async function unsubscribe() {
  const worker = await navigator.serviceWorker?.getRegistration('/');
  const sub = await worker?.pushManager?.getSubscription();
  if (!sub) return;
  await send('DELETE', { endpoint: sub.endpoint }).catch(() => {}); // the push service tells the server too, in time
  await sub.unsubscribe();
}

export function forget() {
  navigator.serviceWorker?.controller?.postMessage({ type: 'forget' });
  setBadge(0);
}

function send(method, body) {
  return fetch('/push/subscriptions', { method, headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF-Token': document.body.dataset.csrf ?? '' }, body: JSON.stringify(body) });
}

function within(ms, promise) {
  return Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error('timeout')), ms))]);
}

function sameOrigin(url) {
  try { return new URL(url, location.href).origin === location.origin; } catch { return false; }
}

function sameKey(bytes, text) {
  if (!bytes) return false;
  const b64 = btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return b64 === text.replace(/=+$/, '');
}
