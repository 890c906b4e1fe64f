// What the composer offers while one writes: a sign at the start of a word opens a list, what follows the sign narrows it down, and one
// line of it takes the place of both. Each sign has a source: canned.js, mention.js.
//   begun  a pattern of the text before the cursor; its second group is what follows the sign
//   wanted whether it is to offer now; missing: always   label  what the list is called
//   address of the items, read at most every 15 s       item   what is kept of each
//   find   whether an item fits what was typed
//   line   the two parts of an item's line              text   what takes the place of sign and word
//   none   what is said when there is none, foot what stands below, kind the list's class; each may be missing
// To a screen reader the field is a text of several lines, so it cannot be a combobox: it names the list and the chosen line
// (aria-controls, aria-activedescendant), and the list, which may scroll, can also be entered and used by the same keys.
const field = () => document.getElementById('text');
const form = () => field()?.closest('form');
const box = () => form()?.querySelector('.offers');
const list = () => box()?.querySelector('ul');
let sources = [], source, shown = [], at = 0;
let left, put; // where one has closed it; and where the button has put a sign

export function startOffers(...all) {
  sources = all.map(s => ({ ...s, items: [], readAt: 0 }));
  document.addEventListener('input', e => { if (e.target === field() && !e.isComposing) offer(); });
  document.addEventListener('compositionend', e => { if (e.target === field()) offer(); });
  document.addEventListener('keydown', keyed, true);
  document.addEventListener('click', e => {
    const li = e.target.closest?.('.offers li');
    if (li) return take(+li.dataset.n);
    if (e.target.closest?.('[data-do="canned"]')) return begin('/');
    if (!e.target.closest?.('.offers') && e.target !== field()) close();
  });
}

// word is what stands between the sign and the cursor, and whose sign it is; undefined without one.
function word() {
  const el = field();
  if (el.selectionStart !== el.selectionEnd) return undefined;
  const before = el.value.slice(0, el.selectionStart);
  for (const s of sources) {
    const q = s.wanted?.() === false ? undefined : before.match(s.begun)?.[2];
    if (q !== undefined) { source = s; return q; }
  }
  return undefined;
}

function begin(sign) {
  if (box()) return leave();
  const el = field(), before = el.value.slice(0, el.selectionStart);
  el.focus();
  put = undefined;
  if (word() === undefined) {
    el.setRangeText(/\S$/.test(before) ? ' ' + sign : sign, el.selectionStart, el.selectionEnd, 'end');
    put = el.selectionStart - 1;
  }
  left = undefined;
  offer();
}

async function offer() {
  const el = field();
  if (word() === undefined) { left = undefined; return close(); }
  if (left === signAt()) return;
  const asked = source;
  await read(asked);
  const q = el.isConnected && document.activeElement === el ? word()?.toLowerCase() : undefined;
  if (q === undefined || asked !== source) return close();
  shown = source.items.filter(i => !q || source.find(i, q)).slice(0, 30);
  // A sign that begins nothing we know is what it is; so is one of a source that has nothing to say to that.
  if (!shown.length && (q || !source.none)) return close();
  draw();
}

const signAt = () => field().selectionStart - word().length - 1;

async function read(s) {
  const address = s.address();
  if (Date.now() - s.readAt < 15_000 && s.readFrom === address) return;
  try {
    const r = await fetch(address, { headers: { Accept: 'application/json', 'HX-Request': 'true' } });
    if (!r.ok) return;
    s.items = (await r.json()).map(s.item);
    s.readAt = Date.now();
    s.readFrom = address;
  } catch { /* without a line those that were read before */ }
}

function draw() {
  box()?.remove();
  const el = document.createElement('div'), ul = document.createElement('ul');
  el.className = 'offers ' + (source.kind ?? '');
  ul.id = 'offers';
  ul.tabIndex = 0;
  ul.setAttribute('role', 'listbox');
  ul.setAttribute('aria-label', source.label());
  ul.hidden = !shown.length;
  ul.append(...shown.map((item, n) => {
    const li = document.createElement('li');
    li.setAttribute('role', 'option');
    li.id = 'offer-' + n;
    li.dataset.n = n;
    li.append(...source.line(item));
    return li;
  }));
  if (!shown.length) el.append(part('p', source.none(), 'none'));
  el.append(ul);
  if (source.foot) el.append(source.foot());
  form().append(el);
  field().setAttribute('aria-controls', 'offers');
  if (!source.kind) form().querySelector('[data-do="canned"]')?.setAttribute('aria-expanded', 'true');
  select(0);
}

// part is an element with a text.
export function part(tag, text, name) {
  const el = document.createElement(tag);
  el.textContent = text;
  if (name) el.className = name;
  return el;
}

function select(n) {
  const items = [...box().querySelectorAll('li')];
  at = Math.max(0, Math.min(items.length - 1, n));
  items.forEach((li, i) => li.setAttribute('aria-selected', i === at));
  items[at]?.scrollIntoView({ block: 'nearest' });
  if (items[at]) for (const el of [field(), list()]) el.setAttribute('aria-activedescendant', items[at].id);
}

function keyed(e) {
  if (!box() || e.target !== field() && e.target !== list() || e.isComposing || e.keyCode === 229) return;
  const act = { ArrowDown: () => select(at + 1), ArrowUp: () => select(at - 1), Enter: () => take(at), Tab: () => take(at), Escape: leave }[e.key];
  if (!act || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || !shown.length && e.key !== 'Escape') return;
  e.preventDefault();
  e.stopPropagation();
  act();
}

// leave closes the list without taking a line. A sign that only the button has put there goes with it.
function leave() {
  const el = field(), q = word();
  if (q !== undefined) left = signAt();
  if (q === '' && left === put) {
    el.setRangeText('', left, left + 1, 'end');
    el.dispatchEvent(new Event('input', { bubbles: true }));
  }
  close();
  el.focus();
}

function take(n) {
  const el = field(), q = word(), text = source.text(shown[n]);
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
