// Ctrl K: go anywhere. Places and the rows on the page are there at once; the desk's answer joins them. Chinese names are
// found by the first letters of their pinyin, "ll" for 李雷.
import { t } from './words.js';
import { showKeys, press } from './keys.js';
import { write } from './composer.js';
import { initials } from './pinyin.js';

let htmx, asked = 0, at = 0;
const dialog = () => document.getElementById('palette');
const input = () => document.getElementById('palette-find');
const hits = () => document.getElementById('palette-hits');

export function startPalette(h) {
  htmx = h;
  document.addEventListener('input', e => { if (e.target === input()) { show(); ask(); } });
  document.addEventListener('keydown', e => {
    if (!dialog()?.open || e.isComposing || e.keyCode === 229) return; // 229: Safari ends a composition before it says Enter
    if (e.key === 'ArrowDown') { e.preventDefault(); select(at + 1); }
    if (e.key === 'ArrowUp') { e.preventDefault(); select(at - 1); }
    if (e.key === 'Enter') { e.preventDefault(); go(hits().children[at]); }
  });
  document.addEventListener('click', e => {
    const li = e.target.closest?.('#palette-hits li');
    if (li) go(li);
    if (e.target === dialog()) dialog().close();
  });
}

export function openPalette() {
  if (dialog().open) return;
  input().value = '';
  dialog().showModal();
  show();
  ask();
}

function show(more = []) {
  const q = input().value.trim().toLowerCase();
  const places = [...document.getElementById('palette-places').content.children].map(li => li.cloneNode(true));
  const rows = [...document.querySelectorAll('#rows .row')].slice(0, 50).map(row => item(row.getAttribute('href'), row.querySelector('.who span')?.textContent ?? '', row.querySelector('.avatar')?.cloneNode(true)));
  const seen = new Set(), found = [];
  let last;
  for (const li of [...places, ...rows, ...more]) {
    if ('search' in li.dataset && q) { // what is typed, looked for in messages: always the last
      li.dataset.href = '/search?q=' + encodeURIComponent(input().value.trim());
      li.dataset.sure = '1';
      li.querySelector('span').textContent = t('search_for', input().value.trim());
      last = li;
      continue;
    }
    if (li.dataset.where && !document.querySelector(li.dataset.where)) continue; // not here
    const what = li.dataset.href ?? li.dataset.do ?? 'key ' + li.dataset.press;
    if (seen.has(what) || !matches(li, q) || li.dataset.press && !document.querySelector(`[data-key="${li.dataset.press}"]`)) continue;
    seen.add(what);
    found.push(li);
  }
  if (last) found.splice(11, Infinity, last);
  hits().replaceChildren(...found.slice(0, 12));
  document.getElementById('palette-none').hidden = found.length > 0;
  select(0);
}

function item(href, text, picture) {
  const li = document.createElement('li'), span = document.createElement('span');
  li.setAttribute('role', 'option');
  li.dataset.href = href;
  span.className = 'grow clip';
  span.textContent = text;
  if (picture) { picture.classList.add('s'); li.append(picture); }
  li.append(span);
  return li;
}

async function ask() {
  const n = ++asked, q = input().value.trim();
  await new Promise(done => setTimeout(done, 120));
  if (n !== asked) return;
  try {
    const r = await fetch('/palette?q=' + encodeURIComponent(q), { headers: { 'HX-Request': 'true' } });
    if (!r.ok || n !== asked) return;
    const doc = new DOMParser().parseFromString('<ul>' + await r.text() + '</ul>', 'text/html');
    const more = [...doc.querySelectorAll('li')];
    for (const li of more) li.dataset.sure = '1'; // the desk has matched it
    const keep = at;
    show(more);
    select(keep);
  } catch { /* the places are there without a line */ }
}

function matches(li, q) {
  if (!q || li.dataset.sure) return true;
  const text = (li.textContent + ' ' + (li.dataset.find ?? '')).toLowerCase();
  return text.includes(q) || initials(li.textContent).includes(q);
}

function select(n) {
  const list = [...hits().children];
  at = Math.max(0, Math.min(list.length - 1, n));
  list.forEach((li, i) => { li.setAttribute('aria-selected', i === at); li.id = 'hit-' + i; });
  list[at]?.scrollIntoView({ block: 'nearest' });
  input().setAttribute('aria-activedescendant', list[at]?.id ?? '');
}

function go(li) {
  if (!li) return;
  dialog().close();
  const act = { keys: showKeys, reply: () => write(false) || press('r'), whisper: () => write(true) }[li.dataset.do];
  if (act) return act();
  if (li.dataset.press) return press(li.dataset.press);
  const href = li.dataset.href;
  const row = [...document.querySelectorAll('#rows .row')].find(r => r.getAttribute('href') === href);
  if (row) row.click();
  else location.assign(href);
}
