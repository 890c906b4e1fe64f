// Web push for the visitor of a chat on a page of its own, when the page is closed. The worker is the console's own (static/sw.js), registered
// for this chat's address alone, so that the two never share a subscription.
const hang = 15_000; // ms: pushManager.subscribe() never settles when the browser's push service cannot be reached

// canPush: iPhones can once the chat is on the home screen.
export const canPush = 'serviceWorker' in navigator && 'PushManager' in window;

// follow keeps this browser subscribed. api: the visitor's calls; opened(): a notification was pressed.
export async function follow(api, opened) {
  const scope = location.pathname, worker = await navigator.serviceWorker.register('/sw.js', { scope, updateViaCache: 'none' });
  navigator.serviceWorker.onmessage = e => { if (e.data?.type === 'open') opened(); else if (e.data?.type === 'renew') subscribe(worker, api).catch(() => {}); };
  await subscribe(worker, api);
}

// unfollow ends it: here, and at the desk.
export async function unfollow(api) {
  const worker = await navigator.serviceWorker.getRegistration(location.pathname), sub = await worker?.pushManager.getSubscription();
  if (!sub) return;
  await api.post('/push/end', { endpoint: sub.endpoint });
  await sub.unsubscribe();
}

// show tells of a message that came while nobody looked: phones show notifications by a worker only.
export async function show(title, body, tag) {
  const worker = await navigator.serviceWorker.getRegistration(location.pathname);
  await worker?.showNotification(title, { body, tag, renotify: true, icon: ASSET_ICON, badge: ASSET_BADGE, dir: 'auto', data: { url: location.pathname } });
}

async function subscribe(worker, api) {
  const { key } = await api.get('/push'), have = await worker.pushManager.getSubscription();
  if (have && !same(have.options.applicationServerKey, key)) await have.unsubscribe(); // made for another key of the desk's
  let timer;
  const sub = await Promise.race([worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }), new Promise((_, no) => { timer = setTimeout(() => no(new Error('timeout')), hang); })]);
  clearTimeout(timer);
  await api.post('/push', sub.toJSON());
}

function same(bytes, text) {
  return !!bytes && btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') === text;
}
