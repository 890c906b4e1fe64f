// What an agent sent stays in the browser until the desk has it: the bubble is there at once, a lost line is waited for,
// a refusal stays in place with "Try again" and "Delete". The same client_id never makes a second message, so that
// sending again is always safe, from any tab and after any crash.
import { keep } from '../widget/keep.js';
import { t } from './words.js';
import { toEnd } from './log.js';
import { draftTab } from './draft.js';

const slow = 400, patience = 20_000;
let htmx, busy = false;

// Each has a place of its own in the browser: of tabs that keep one list, one would bring back what the other has sent or thrown away.
const key = () => 'outbox-' + document.body.dataset.me;
const placeOf = id => key() + ':' + id;
const all = () => keep.under(key() + ':').map(k => keep.get(k)).filter(m => m?.id).sort((a, b) => a.n - b.n); // not by the time: clocks are put back
const put = m => keep.set(placeOf(m.id), m);
const change = (id, to) => {
  const m = keep.get(placeOf(id));
  if (!to) keep.drop(placeOf(id)); else if (m) put({ ...m, ...to });
  markRows();
};

export function startOutbox(h) {
  htmx = h;
  for (const [n, m] of [keep.get(key()) ?? []].flat().entries()) put({ ...m, n }); // as an older version kept them
  keep.drop(key());
  addEventListener('storage', elsewhere);
  document.addEventListener('talk:open', () => { for (const m of mine()) draw(m); flush(); });
  document.addEventListener('click', e => {
    const b = e.target.closest?.('[data-outbox]');
    if (!b) return;
    const id = b.closest('[data-pending]').dataset.pending;
    const m = all().find(x => x.id === id);
    if (b.dataset.outbox === 'again') { change(id, { fault: '', held: '', seen: m?.next ?? m?.seen }); redraw(id); flush(); }
    if (b.dataset.outbox === 'change' && m) document.dispatchEvent(new CustomEvent('composer:take', { detail: { ...m, seen: m.next } }));
    if (b.dataset.outbox === 'delete' || b.dataset.outbox === 'change') { change(id); document.querySelector(`[data-pending="${id}"]`)?.remove(); }
  });
  addEventListener('online', flush);
  document.addEventListener('htmx:afterSwap', e => { if (e.target.id === 'rows' || e.target.closest?.('#rows')) markRows(); });
  markRows();
  flush();
}

// send takes a message over: {conversation, text, internal, files: [{id, name, thumb}], seen, version, plan, unless}; a sticker is a file {name, thumb, sticker: its id}.
export function send(m) {
  m = { ...m, id: crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now(), n: 1 + Math.max(0, ...all().map(o => o.n)), at: Date.now(), fault: '' };
  put(m);
  draw(m);
  flush();
}

// elsewhere: another tab has sent, changed or thrown away one of them.
function elsewhere(e) {
  if (!e.key?.startsWith(placeOf(''))) return;
  const id = e.key.slice(placeOf('').length);
  if (e.newValue) redraw(id); else document.querySelector(`[data-pending="${CSS.escape(id)}"]`)?.remove();
  markRows();
}

const mine = () => all().filter(m => m.conversation === document.getElementById('talk')?.dataset.conversation);

// flush sends what waits, one after the other, in one tab at a time.
export async function flush() {
  if (busy || !all().some(m => !m.fault)) return;
  busy = true;
  try {
    if (navigator.locks) await navigator.locks.request('deskbell-' + key(), sendAll);
    else await sendAll();
  } finally { busy = false; }
}

async function sendAll() {
  for (;;) {
    const m = all().find(x => !x.fault);
    if (!m || !await post(m)) return;
  }
}

// post answers whether to go on with the next.
async function post(m) {
  const body = new URLSearchParams({ text: m.text, internal: m.internal ? 'true' : 'false', client_id: m.id, seen: m.seen ?? 0, version: m.version ?? 0, tab: draftTab() });
  for (const n of ['html', 'bcc']) if (m[n]) body.append(n, m[n]);
  if (m.cc !== undefined) body.append('cc', m.cc);
  if (m.quote) body.append('quoted_id', m.quote.id);
  if (m.plan) { body.append('at', m.plan); body.append('unless_answered', !!m.unless); }
  for (const f of m.files) body.append(f.sticker ? 'sticker' : 'file_ids', f.sticker || f.id);
  const here = document.getElementById('talk')?.dataset.conversation === m.conversation;
  if (here) for (const i of document.querySelectorAll('#cursor input')) body.append(i.name, i.value);
  let r, text;
  try {
    r = await fetch(`/conversations/${m.conversation}/messages`, {
      method: 'POST', body, signal: AbortSignal.timeout(patience),
      headers: { 'X-CSRF-Token': document.body.dataset.csrf, 'HX-Request': 'true', 'HX-Target': 'messages' },
    });
    text = await r.text();
  } catch {
    redraw(m.id, t('waits_for_line'));
    setTimeout(flush, 5000);
    return false;
  }
  if (r.status >= 500 || r.status === 429) { redraw(m.id, t('waits_for_line')); setTimeout(flush, 5000); return false; }
  if (r.status === 401) { location.assign('/login'); return false; }
  if (!r.ok) {
    change(m.id, { fault: reason(text), ...heldBy(text) });
    redraw(m.id);
    toEnd();
    return true;
  }
  change(m.id);
  if (here && document.getElementById('talk')?.dataset.conversation === m.conversation) {
    htmx.swap('#messages', text, { swapStyle: 'beforeend' }, { contextElement: document.getElementById('messages') });
  }
  document.querySelector(`[data-pending="${m.id}"]`)?.remove(); // its place has the message, or what is to go out later
  return true;
}

// heldBy is what a colleague answered meanwhile: the message waits for its writer's word.
function heldBy(text) {
  try {
    const { held, seen } = JSON.parse(text);
    return held ? { held, next: seen } : {};
  } catch { return {}; }
}

function reason(text) {
  try { return JSON.parse(text).error || t('not_sent'); } catch { return t('not_sent'); }
}

// markRows tells in the list where something of ours was not sent.
function markRows() {
  const failed = new Set(all().filter(m => m.fault).map(m => m.conversation));
  for (const mark of document.querySelectorAll('#rows .unsent')) {
    mark.dataset.failed ??= String(!mark.hidden); // by the desk's word
    mark.hidden = mark.dataset.failed !== 'true' && !failed.has(mark.closest('li').id.slice(4));
  }
}

// --- the bubble

function redraw(id, waits) {
  const li = document.querySelector(`[data-pending="${id}"]`), m = all().find(x => x.id === id);
  if (li && m) paint(li, m, waits);
}

function draw(m) {
  const ol = document.getElementById('messages');
  if (!ol || ol.querySelector(`[data-pending="${m.id}"], [data-client="${m.id}"]`)) return;
  const li = document.createElement('li');
  li.dataset.pending = m.id;
  const text = document.createElement('p');
  text.className = 'text';
  text.textContent = m.text;
  if (m.text) li.append(text);
  for (const f of m.files) {
    const el = document.createElement(f.thumb ? 'img' : 'span');
    if (f.thumb) { el.src = f.thumb; el.alt = f.name; el.className = f.sticker ? 'sticker-face' : 'photo'; } else { el.textContent = f.name; el.className = 'file'; }
    li.append(el);
  }
  const foot = document.createElement('div');
  foot.className = 'foot';
  li.append(foot);
  paint(li, m);
  ol.append(li);
  toEnd();
  setTimeout(() => li.classList.add('slow'), slow);
}

function paint(li, m, waits) {
  li.className = `msg gap ${m.internal ? 'whisper' : 'me'}${m.files.some(f => f.sticker) ? ' sticker' : ''} ${m.fault ? 'failed' : 'sending'}${li.classList.contains('slow') || waits ? ' slow' : ''}`;
  const foot = li.querySelector('.foot');
  li.querySelector('.arrived')?.remove();
  foot.textContent = m.held ? '' : m.fault || waits || t('sending');
  if (!m.fault) return;
  li.classList.toggle('held-back', !!m.held);
  const acts = m.held ? [['again', t('held_send')], ['change', t('held_change')], ['delete', t('held_drop')]] : [['again', t('try_again')], ['delete', t('delete')]];
  if (m.held) {
    li.insertAdjacentHTML('afterbegin', m.held); // drawn and escaped by the desk
  }
  for (const [act, text] of acts) {
    const b = document.createElement('button');
    b.type = 'button';
    b.dataset.outbox = act;
    b.textContent = text;
    foot.append(b);
  }
}
