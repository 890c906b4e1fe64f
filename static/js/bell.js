// What rings and pops up when something concerns the agent.
//
//   popup(title, body, url)   a desktop notification while nobody looks at the page: of several within 3 s one, the last
//   told(what, text, url)     a notification came: its bell, a popup, or a sentence at the page's foot
//   paintBell(n)              how many are unread; paintColleagues(n) of what colleagues wrote
import { bell } from './sound.js';
import { toast } from './toast.js';
import { t } from './words.js';

const together = 3_000;
let waiting, timer, shown = -together;

export function popup(title, body, url) {
  if (document.hasFocus() || !('Notification' in window) || Notification.permission !== 'granted') return;
  waiting = { title, body, url };
  timer ??= setTimeout(show, Math.max(0, shown + together - performance.now()));
}

async function show() {
  const { title, body, url } = waiting;
  [timer, shown] = [undefined, performance.now()];
  if (document.hasFocus()) return;
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
