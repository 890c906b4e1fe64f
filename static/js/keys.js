// The keyboard. Single letters are dead while one types, while an input method composes, and for those who do not want them.
import { rowsOf } from './list.js';
import { write, closeEmoji } from './composer.js';
import { openPalette } from './palette.js';
import { tick, untick } from './bulk.js';
import { quoteLast } from './quote.js';

let went; // "g" was pressed: the next letter says where to

const places = { i: '/conversations', q: '/queue', t: '/tickets', c: '/customers', n: '/notifications', m: '/colleagues', h: '/history', s: '/search' };

const acts = {
  j: () => move(1),
  k: () => move(-1),
  r: () => write(false) || press('r'),
  w: () => write(true),
  e: () => press('e'),
  s: () => press('s'),
  m: () => press('m'),
  a: () => press('t'), // to assign is to transfer
  p: () => press('p'),
  x: () => tick(),
  c: () => press('c'),
  q: () => quoteLast(),
  z: () => press('z'),
  l: () => press('l'),
  t: () => press('t'),
  y: () => press('y'),
  n: () => press('n'),
  '/': () => document.getElementById('find')?.focus(),
  '?': () => showKeys(),
};

export function startKeys() {
  document.addEventListener('keydown', e => {
    if (e.isComposing || e.keyCode === 229) return;
    if ((e.ctrlKey || e.metaKey) && !e.altKey && e.key.toLowerCase() === 'k') { e.preventDefault(); return openPalette(); }
    if (e.key === 'Escape') return escape(e);
    if (e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || document.querySelector('dialog[open]') || 'noKeys' in document.body.dataset) return;
    if (went && places[e.key] && document.querySelector(`.rail [href="${places[e.key]}"]`)) { went = 0; e.preventDefault(); return location.assign(places[e.key]); }
    went = 0;
    if (e.key === 'g') { went = setTimeout(() => { went = 0; }, 1200); return; }
    if (acts[e.key]) { e.preventDefault(); acts[e.key](); }
  });
  // On a phone the menu holds what the head has no room for: once it is closed, the button in the head is pressed.
  document.addEventListener('click', e => { const key = e.target.closest('button[data-press]')?.dataset.press; if (key) requestAnimationFrame(() => press(key)); });
  // A menu closes when one presses elsewhere.
  document.addEventListener('click', e => { for (const d of document.querySelectorAll('[data-pop][open]')) if (!d.contains(e.target) || e.target.closest('button')) d.open = false; });
}

export function showKeys() { document.getElementById('keys')?.showModal(); }

function typing(el) { return el.matches?.('input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable], emoji-picker'); }

// press does what a key does, where it can be done now.
export function press(key) {
  const el = document.querySelector(`[data-key="${key}"]`);
  if (el?.closest('.card') && !el.offsetParent) document.getElementById('talk')?.classList.add('details'); // it stands in the details
  el?.click();
  if (el?.tagName === 'SUMMARY') requestAnimationFrame(() => el.parentElement.querySelector('button:not([disabled]), input')?.focus());
}

function move(by) {
  const rows = rowsOf(), at = rows.indexOf(document.activeElement), from = at >= 0 ? at : rows.findIndex(r => r.hasAttribute('aria-current'));
  const next = rows[Math.max(0, Math.min(rows.length - 1, from + by))];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

function escape(e) {
  if (closeEmoji()) return;
  const pop = document.querySelector('[data-pop][open]');
  if (pop) { pop.open = false; pop.querySelector('summary').focus(); return; }
  if (document.querySelector('dialog[open]')) return;
  if (typing(e.target)) return e.target.blur();
  untick();
}
