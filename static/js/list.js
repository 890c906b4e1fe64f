// The list beside what is open. It is drawn anew when something happens, but never moves under a pointer: then the rows
// that are there change in place, and a button says how many are new.
import { Idiomorph } from 'idiomorph';
import { t } from './words.js';

let waiting; // a list that was drawn while the pointer was on the old one

let touched = false; // a finger leaves :hover behind where it was

export function startList(htmx) {
  for (const type of ['pointerdown', 'pointermove']) document.addEventListener(type, e => { touched = e.pointerType === 'touch'; }, { passive: true });
  document.addEventListener('htmx:beforeSwap', e => {
    const rows = e.detail.target;
    if (rows?.id !== 'rows') return;
    if (e.detail.requestConfig?.elt === rows && held(rows)) {
      e.detail.shouldSwap = false;
      hold(rows, e.detail.xhr.responseText);
    } else drop();
  });
  document.addEventListener('htmx:afterSwap', mark);
  for (const type of ['htmx:pushedIntoHistory', 'htmx:replacedInHistory', 'popstate']) addEventListener(type, () => mark());
  // The row is marked when it is pressed, not when the answer comes.
  document.addEventListener('click', e => {
    const row = e.target.closest?.('.row');
    if (row && !e.ctrlKey && !e.metaKey && !e.shiftKey) mark(row);
    if (e.target.closest?.('.fresh')) release(htmx);
  });
  document.addEventListener('pointerleave', e => { if (e.target.id === 'rows') release(htmx); }, true);
  mark();
}

// writing marks a row while its customer writes, or a colleague an answer. The mark outlives that the list is drawn anew.
const writers = new Map(); // row → who writes there, and the timer of his silence
export function writing({ conversation_id, by, on, agent_id, name }) {
  const id = 'row-' + conversation_id, colleague = by === 'agent';
  if (colleague && agent_id === document.body.dataset.me) return;
  const was = writers.get(id);
  if (colleague && was && !was.name) return; // that the customer writes is the greater news
  clearTimeout(was?.timer);
  writers.delete(id);
  if (on) writers.set(id, { name: colleague ? name : '', timer: setTimeout(() => { writers.delete(id); showWriting(id); }, 6000) });
  showWriting(id);
}

function showWriting(id) {
  const row = document.getElementById(id), who = writers.get(id);
  for (const l of row?.querySelectorAll('.last') ?? []) {
    const mark = l.classList.contains('writing');
    l.hidden = mark !== !!who;
    if (mark && who) l.textContent = who.name ? t('typing', who.name) : l.dataset.customer;
  }
}

// rowsOf are the links of the list, in its order.
export function rowsOf() { return [...document.querySelectorAll('#rows .row, #rooms .row, [data-row]')]; }

function held(rows) { return !touched && rows.matches(':hover'); }

function hold(rows, html) {
  const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById('rows');
  let more = 0;
  for (const li of fresh.querySelectorAll('li[id]')) {
    const old = document.getElementById(li.id);
    if (old) Idiomorph.morph(old, li, { morphStyle: 'outerHTML' });
    else more++;
  }
  takeViews(fresh);
  rows.dataset.unread = fresh.dataset.unread;
  mark();
  waiting = html;
  let b = document.querySelector('.fresh');
  if (!more) return b?.remove();
  if (!b) {
    b = document.createElement('button');
    b.type = 'button';
    b.className = 'btn fresh';
    rows.after(b);
  }
  b.textContent = t('fresh', more);
}

function release(htmx) {
  const html = waiting, rows = document.getElementById('rows');
  drop();
  if (html && rows) htmx.swap(rows, html, { swapStyle: 'morph:outerHTML' }, { contextElement: rows });
}

function drop() {
  waiting = undefined;
  document.querySelector('.fresh')?.remove();
}

// takeViews puts the numbers that came with a list into the views above it.
function takeViews(rows) {
  const fresh = rows?.querySelector('template[data-views]')?.content.firstElementChild, views = document.getElementById('views');
  if (fresh && views && fresh.id === views.id) Idiomorph.morph(views, fresh.cloneNode(true), { morphStyle: 'outerHTML' });
}

// takeParams tells those who keep or export what is shown its filters.
function takeParams(params) {
  for (const i of document.querySelectorAll('[data-list-params]')) i.value = params;
  for (const a of document.querySelectorAll('[data-list-export]')) a.href = a.getAttribute('href').split('?')[0] + '?' + params;
}

// mark says which row is open.
function mark(row) {
  const path = row instanceof Element ? new URL(row.href).pathname : location.pathname;
  for (const r of rowsOf()) {
    const on = new URL(r.href).pathname === path;
    if (on !== r.hasAttribute('aria-current')) r.toggleAttribute('aria-current', on);
    if (on) r.setAttribute('aria-current', 'true');
  }
  for (const id of writers.keys()) showWriting(id);
  const rows = document.getElementById('rows');
  takeViews(rows);
  if (rows?.dataset.params !== undefined) takeParams(rows.dataset.params);
  for (const a of document.querySelectorAll('.rail a[href], .bottom a[href]')) if (a.matches('[aria-current]')) a.setAttribute('aria-current', 'page');
}
