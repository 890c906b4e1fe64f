// Canned responses in the composer: "/" at the start of a word offers them, what follows it narrows them down, by any part or
// by the first letters of the pinyin. The names are filled in here, so that the agent sees what he sends.
import { t } from './words.js';
import { initials } from './pinyin.js';

const field = () => document.getElementById('text');
const form = () => field()?.closest('form');
const box = () => form()?.querySelector('.offers');
const begun = /(^|\s)\/([^\s/]{0,20})$/; // nothing like it is in an address
let all = [], readAt = 0, shown = [], at = 0, left; // left: where one has closed it

export function startCanned() {
  document.addEventListener('input', e => { if (e.target === field() && !e.isComposing) offer(); });
  document.addEventListener('compositionend', e => { if (e.target === field()) offer(); });
  document.addEventListener('keydown', keyed, true);
  document.addEventListener('click', e => {
    const li = e.target.closest?.('.offers li');
    if (li) return take(+li.dataset.n);
    if (e.target.closest?.('[data-do="canned"]')) return begin();
    if (!e.target.closest?.('.offers') && e.target !== field()) close();
  });
}

// word is what stands between the slash and the cursor; undefined without one.
function word() {
  const el = field();
  if (el.selectionStart !== el.selectionEnd) return undefined;
  return el.value.slice(0, el.selectionStart).match(begun)?.[2];
}

function begin() {
  if (box()) return close();
  const el = field(), before = el.value.slice(0, el.selectionStart);
  el.focus();
  if (word() === undefined) el.setRangeText(/\S$/.test(before) ? ' /' : '/', el.selectionStart, el.selectionEnd, 'end');
  left = undefined;
  offer();
}

async function offer() {
  const el = field();
  if (word() === undefined) { left = undefined; return close(); }
  if (left === slash()) return;
  await read();
  const q = el.isConnected && document.activeElement === el ? word()?.toLowerCase() : undefined;
  if (q === undefined) return close();
  shown = all.filter(c => !q || c.find.includes(q) || c.letters.includes(q)).slice(0, 30);
  // A slash that begins nothing we know is a slash.
  if (!shown.length && q) return close();
  draw();
}

const slash = () => field().selectionStart - word().length - 1;

async function read() {
  if (Date.now() - readAt < 15_000) return;
  try {
    const r = await fetch('/canned/list', { headers: { Accept: 'application/json', 'HX-Request': 'true' } });
    if (!r.ok) return;
    all = (await r.json()).map(c => {
      const text = c.category + ' ' + c.text;
      return { ...c, find: text.toLowerCase(), letters: initials(text) };
    });
    readAt = Date.now();
  } catch { /* without a line those that were read before */ }
}

function draw() {
  let el = box();
  if (!el) {
    el = document.createElement('div');
    el.className = 'offers';
    const list = document.createElement('ul'), foot = document.createElement('footer'), keep = document.createElement('a');
    list.id = 'offers';
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', t('canned'));
    keep.href = '/canned';
    keep.textContent = t('canned_keep');
    foot.append(keep);
    el.append(list, foot);
    form().append(el);
    field().setAttribute('aria-controls', 'offers');
    form().querySelector('[data-do="canned"]')?.setAttribute('aria-expanded', 'true');
  }
  const list = el.querySelector('ul');
  el.querySelector('.none')?.remove();
  list.hidden = !shown.length;
  if (!shown.length) {
    const none = document.createElement('p');
    none.className = 'none';
    none.textContent = t('canned_none');
    el.prepend(none);
  }
  list.replaceChildren(...shown.map((c, n) => {
    const li = document.createElement('li'), category = document.createElement('small'), text = document.createElement('span');
    li.setAttribute('role', 'option');
    li.id = 'offer-' + n;
    li.dataset.n = n;
    category.textContent = c.category;
    text.textContent = filled(c.text);
    li.append(category, text);
    return li;
  }));
  select(0);
}

function filled(text) {
  const names = { customer: document.getElementById('talk')?.dataset.name ?? '', agent: form().dataset.agent ?? '' };
  return text.replace(/\{\{\s*(customer|agent)\.name\s*\}\}/g, (_, who) => names[who]);
}

function select(n) {
  const items = [...box().querySelectorAll('li')];
  at = Math.max(0, Math.min(items.length - 1, n));
  items.forEach((li, i) => li.setAttribute('aria-selected', i === at));
  items[at]?.scrollIntoView({ block: 'nearest' });
  if (items[at]) field().setAttribute('aria-activedescendant', items[at].id);
}

function keyed(e) {
  if (!box() || e.target !== field() || e.isComposing || e.keyCode === 229) return;
  const act = { ArrowDown: () => select(at + 1), ArrowUp: () => select(at - 1), Enter: () => take(at), Tab: () => take(at), Escape: () => { if (word() !== undefined) left = slash(); close(); } }[e.key];
  if (!act || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || !shown.length && e.key !== 'Escape') return;
  e.preventDefault();
  e.stopPropagation();
  act();
}

function take(n) {
  const el = field(), q = word(), text = filled(shown[n].text);
  close();
  el.focus();
  const end = el.selectionStart;
  el.setRangeText(text, q === undefined ? end : end - q.length - 1, end, 'end');
  el.dispatchEvent(new Event('input', { bubbles: true })); // it is a draft like what was typed
}

function close() {
  box()?.remove();
  form()?.querySelector('[data-do="canned"]')?.setAttribute('aria-expanded', 'false');
  for (const a of ['aria-controls', 'aria-activedescendant']) field()?.removeAttribute(a);
}
