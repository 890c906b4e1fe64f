// Short sentences at the foot of the page: what was done, or why it was not.
import { t } from './words.js';

export function startToasts() {
  // The page before left a sentence for this one.
  const m = /(?:^|; )notice=([^;]+)/.exec(document.cookie);
  if (m) {
    document.cookie = 'notice=; Path=/; Max-Age=0';
    toast(decodeURIComponent(m[1]));
  }
  document.addEventListener('htmx:sendError', e => { if (e.detail.requestConfig?.verb !== 'get') toast(t('no_line'), { bad: true }); });
}

// toast shows text; undo is {text, run} for a button beside it; it stays for so many milliseconds.
export function toast(text, { bad = false, undo, stay = bad ? 8000 : 4000 } = {}) {
  let box = document.getElementById('toasts');
  if (!box) {
    box = document.createElement('div');
    box.className = 'toasts';
    box.id = 'toasts';
    box.setAttribute('role', 'status');
    document.body.append(box);
  }
  const el = document.createElement('div');
  el.className = 'toast';
  el.append(text);
  if (undo) {
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = undo.text;
    b.onclick = () => { el.remove(); undo.run(); };
    el.append(b);
  }
  box.append(el);
  setTimeout(() => el.remove(), stay);
}
