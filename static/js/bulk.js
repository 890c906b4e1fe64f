// Tickets that are ticked, to change them together. The ticks live here, since the list is drawn anew when something happens.
import { rowsOf } from './list.js';
import { t } from './words.js';

const chosen = new Set(); // the numbers of the ticked tickets
let last; // the box that was ticked before: with shift all between are

export function startBulk() {
  document.addEventListener('click', e => {
    const box = e.target.closest?.('.tick input');
    if (box) {
      if (e.shiftKey && last?.isConnected) between(last, box);
      last = box;
      note();
    }
    const file = e.target.closest?.('[data-do="ticked-file"]');
    if (file && chosen.size) location.assign(`${file.dataset.file}?ids=${[...chosen].join(',')}`); // a file of them, to take home
    if (e.target.closest?.('[data-do="tick-all"]')) { for (const b of boxes()) b.checked = true; note(); }
  });
  document.addEventListener('reset', e => { if (e.target.id === 'bulk') { untick(); setTimeout(() => { for (const d of e.target.querySelectorAll('.many')) { d.open = false; sum(d); } }); } });
  document.addEventListener('change', e => { const d = e.target.closest?.('.many'); if (d) sum(d); });
  document.addEventListener('submit', e => { if (e.target.id === 'bulk') note(); }, true);
  document.addEventListener('htmx:afterSwap', e => { if (e.detail.target?.id === 'rows' || document.getElementById('bulk')) draw(); });
  document.addEventListener('htmx:afterRequest', e => {
    if (e.detail.elt.id === 'bulk' && e.detail.successful) e.detail.elt.reset();
  });
  draw();
}

// tick turns the tick of the row in hand: the focused one, else the open one.
export function tick() {
  const rows = rowsOf(), row = rows.includes(document.activeElement) ? document.activeElement : rows.find(r => r.hasAttribute('aria-current'));
  const box = row?.closest('.tick-row')?.querySelector('.tick input');
  if (!box) return;
  box.checked = !box.checked;
  last = box;
  note();
}

// untick forgets all ticks.
export function untick() {
  chosen.clear();
  draw();
}

// sum says at a folded choice how many are ticked in it.
function sum(d) { d.querySelector('[data-ticked]').textContent = d.querySelectorAll(':checked').length || ''; }

function boxes() { return [...document.querySelectorAll('#rows .tick input')]; }

function between(a, b) {
  const all = boxes(), [from, to] = [all.indexOf(a), all.indexOf(b)].sort((x, y) => x - y);
  for (const box of all.slice(Math.max(from, 0), to + 1)) box.checked = b.checked;
}

// note takes the ticks from the boxes; those of rows that are not shown any more go.
function note() {
  chosen.clear();
  for (const b of boxes()) if (b.checked) chosen.add(b.value);
  draw();
}

function draw() {
  for (const b of boxes()) b.checked = chosen.has(b.value);
  const shown = boxes().filter(b => b.checked).length, count = document.getElementById('bulk-count');
  document.getElementById('bulk')?.classList.toggle('on', shown > 0);
  if (count && shown) count.textContent = t('chosen', shown);
}
