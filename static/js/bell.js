// What rings and pops up when something concerns the agent.
//
//   startBell()               notes whether somebody looks at this tab; however many tabs there are, one rings and one pops up
//   popup(title, body, url)   a desktop notification while nobody looks at any tab: of several within 3 s one, the last
//   told(what, text, url)     a notification came: its bell, a popup, or a sentence at the page's foot
//   paintBell(n)              how many are unread; paintColleagues(n) of what colleagues wrote
import { bell } from './sound.js';
import { toast } from './toast.js';
import { t } from './words.js';

const together = 3_000, moment = 1_000;
const eyes = 'deskbell-eyes', struck = 'deskbell-rang';
let waiting, timer, shown = -together;
let turnAway; // while somebody looks at this tab

export function startBell() {
  const ring = bell.ring;
  bell.ring = (kind, now) => now ? ring(kind, true) : alone(() => { if (ring(kind)) localStorage.setItem(struck, Date.now()); });
  for (const [on, type] of [[window, 'focus'], [window, 'blur'], [window, 'pageshow'], [document, 'visibilitychange']]) on.addEventListener(type, look);
  addEventListener('pagehide', () => { turnAway?.(); turnAway = undefined; });
  look();
}

// look holds a lock that all tabs may hold, for as long as somebody looks at this one: the browser lets go of it when the tab is gone.
function look() {
  if (document.hasFocus() === !!turnAway || !navigator.locks) return;
  if (turnAway) { turnAway(); turnAway = undefined; return; }
  const away = new Promise(done => { turnAway = done; });
  navigator.locks.request(eyes, { mode: 'shared' }, () => away);
}

async function looked() {
  if (document.hasFocus()) return true;
  return !!navigator.locks && (await navigator.locks.query()).held.some(l => l.name === eyes);
}

// alone strikes the bell unless another tab has just done so. One that may not sound yet leaves it to the next.
function alone(strike) {
  if (!navigator.locks) return strike();
  navigator.locks.request('deskbell-bell', () => {
    try { if (Date.now() - localStorage.getItem(struck) >= moment) strike(); } catch { /* no storage */ }
  });
}

export function popup(title, body, url) {
  if (document.hasFocus() || !('Notification' in window) || Notification.permission !== 'granted') return;
  waiting = { title, body, url };
  timer ??= setTimeout(show, Math.max(0, shown + together - performance.now()));
}

async function show() {
  timer = undefined;
  if (!navigator.locks) return pop(waiting);
  navigator.locks.request('deskbell-popup', { ifAvailable: true }, async mine => {
    if (!mine || await looked()) return;
    await pop(waiting);
    await new Promise(done => setTimeout(done, together - moment / 4)); // the other tabs hear of it now, and this one says what comes next
  });
}

async function pop({ title, body, url }) {
  shown = performance.now();
  const options = { body, tag: 'deskbell-page', renotify: true, data: { url } }; // every tab shows the same one
  const worker = await navigator.serviceWorker?.getRegistration('/');
  if (worker) return worker.showNotification(title, options);
  delete options.renotify;
  const n = new Notification(title, options);
  n.onclick = () => { focus(); location.assign(url); };
}

export function told(what, text, url) {
  bell.ring(what === 'waiting' ? 'waiting' : 'notification');
  if (document.hasFocus() && !document.querySelector('#told')) toast(text, { undo: { text: t('open'), run: () => location.assign(url) } });
  popup(text, '', url);
}

export const paintColleagues = n => paint('colleagues', n);

function paint(of, n) {
  for (const dot of document.querySelectorAll(`.dot[data-of="${of}"]`)) {
    dot.hidden = !n;
    dot.textContent = n > 99 ? '99+' : n;
  }
}

export function paintBell(n) {
  paint('bell', n);
  const all = document.querySelector('.noti-read button');
  if (all) all.disabled = !n;
}
