// The two sides of the frame's edge. Inside a page of the company's, the loader keeps the token and says what the page wants;
// on its own (a plain link) the chat keeps the token itself.
//
// Only the window around us is listened to, and from its first word on only its origin: who may frame us is settled by the
// frame-ancestors of this page. What we say goes to that origin by name; only "ready", which says nothing, goes to anyone.
import { keep } from './keep.js';

export const framed = window.parent !== window;

// connect calls on[type](data) for what the page says, and gives {say(type, data)}. `init` comes first.
export function connect(id, on) {
  if (!framed) return alone(id, on);
  let origin = '';
  addEventListener('message', e => {
    if (e.source !== window.parent || e.data?.deskbell !== 1 || e.origin === 'null') return;
    if (!origin && e.data.type === 'init') origin = e.origin;
    if (origin && e.origin === origin && Object.hasOwn(on, e.data.type)) on[e.data.type](e.data);
  });
  window.parent.postMessage({ deskbell: 1, type: 'ready' }, '*');
  return { say: (type, data) => origin && window.parent.postMessage({ deskbell: 1, type, ...data }, origin) };
}

function alone(id, on) {
  const key = 'deskbell:' + id, link = new URLSearchParams(location.search);
  const back = new URLSearchParams(location.hash.slice(1)).get('link') || undefined; // from a mail: behind the #, so that no log has it
  if (back) history.replaceState(null, '', location.pathname + location.search);
  const pick = names => Object.fromEntries(names.map(n => [n, link.get(n)]).filter(([, v]) => v));
  queueMicrotask(() => {
    on.init({
      token: keep.get(key, {}).token || '', page: { url: location.href, title: document.title, referrer: document.referrer },
      team: link.get('team') || link.get('emgroup') || undefined, agent: link.get('agent') || link.get('agentName') || undefined,
      link: back, visitor: pick(['name', 'email', 'phone', 'company', 'description', 'user']),
    });
    on.open({ open: true });
  });
  return { say(type, data) {
    if (type === 'token') keep.set(key, { token: data.token });
    if (type === 'more') import('./page.js').then(m => m.more(data, (type, d) => on[type]?.(d))).catch(() => {});
  } };
}
