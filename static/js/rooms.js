// The colleagues' chat. What was written is fetched by an ordinary request, one after the other, so that nothing stands twice;
// what is sent stands there at once and, when it fails, stays in place with "Try again" and "Delete".
import { t } from './words.js';

const patience = 20_000, slow = 400;
let htmx, chain = Promise.resolve(), stick = true;

const talk = () => document.querySelector('#talk[data-room]');
const list = () => document.getElementById('room');
const log = () => document.getElementById('room-log');

export function startRooms(h) {
  htmx = h;
  document.addEventListener('htmx:afterSwap', e => { if (e.detail.target?.id === 'talk' || e.detail.elt?.id === 'talk') open(); if (e.detail.target?.id === 'rooms') mark(); });
  document.addEventListener('submit', e => {
    if (e.target.matches?.('[data-room-form]')) { e.preventDefault(); submit(e.target); }
    if (e.target.matches?.('[data-room-recall]')) { e.preventDefault(); recall(e.target); }
  });
  document.addEventListener('keydown', keyed);
  document.addEventListener('change', e => { if (e.target.matches?.('[data-room-files]')) { attach([...e.target.files]); e.target.value = ''; } });
  document.addEventListener('paste', e => { if (e.target.closest?.('[data-room-form]') && e.clipboardData.files.length) { e.preventDefault(); attach([...e.clipboardData.files]); } });
  for (const type of ['dragover', 'drop']) document.addEventListener(type, e => {
    if (!talk() || !e.dataTransfer?.types.includes('Files')) return;
    e.preventDefault();
    if (type === 'drop') attach([...e.dataTransfer.files]);
  });
  document.addEventListener('scroll', e => { if (e.target === log()) { stick = atEnd(); arrow(); } }, true);
  document.addEventListener('click', e => {
    if (e.target.closest?.('#room-end')) { stick = true; toEnd(); }
    const b = e.target.closest?.('[data-room-act]');
    if (b) act(b);
  });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) fresh(); });
  addEventListener('focus', fresh);
  if (talk()) open();
}

// heardRoom is what the stream says of colleagues. It answers whether the room is open before somebody's eyes.
export function heardRoom(name, data) {
  const key = data.team ? 'team-' + data.team : 'agent-' + data.agents.find(a => a !== document.body.dataset.me);
  const here = talk()?.dataset.room === key;
  if (name === 'colleague.recalled' && here) again(data.id);
  if (name === 'colleague.wrote' && here) fresh();
  return here && document.hasFocus();
}

function open() {
  if (!talk()) return;
  stick = !location.search.includes('before=');
  toEnd();
  mark();
  if (matchMedia('(min-width: 801px)').matches) talk().querySelector('textarea')?.focus();
  if (!stick) { list().lastElementChild?.scrollIntoView({ block: 'end' }); stick = false; }
}

function mark() {
  const key = talk()?.dataset.room;
  for (const row of document.querySelectorAll('#rooms [data-room]')) {
    if (row.dataset.room === key) row.setAttribute('aria-current', 'true'); else row.removeAttribute('aria-current');
  }
}

// fresh fetches what is new: the requests follow each other, and each asks for what comes after the last that is shown.
export function fresh() {
  const room = talk()?.dataset.room;
  if (!room) return chain;
  return chain = chain.then(async () => {
    const ol = list();
    if (talk()?.dataset.room !== room) return;
    const r = await fetch(`/colleagues/${room}/messages?after=${ol.dataset.after || 0}${document.hasFocus() ? '&read=1' : ''}`, { headers: { 'HX-Request': 'true' } });
    if (r.ok && list() === ol) add(ol, await r.text());
  }).catch(() => {}); // the line is down: the stream says when it is back
}

function add(ol, html) {
  const part = document.createElement('ol');
  part.innerHTML = html; // drawn by our own server
  for (const li of [...part.children]) {
    if (li.id && document.getElementById(li.id)) continue;
    const pending = li.dataset.client && ol.querySelector(`[data-pending="${CSS.escape(li.dataset.client)}"]`);
    if (pending) pending.remove();
    document.getElementById('room-empty')?.remove();
    ol.insertBefore(li, ol.querySelector('[data-pending]'));
    if (li.dataset.id) ol.dataset.after = li.dataset.id;
    htmx.process(li);
  }
  toEnd();
}

async function again(id) {
  const li = document.getElementById('said-' + id), room = talk()?.dataset.room;
  if (!li) return;
  const r = await fetch(`/colleagues/${room}/messages?after=${id - 1}`, { headers: { 'HX-Request': 'true' } });
  if (!r.ok) return;
  const part = document.createElement('ol');
  part.innerHTML = await r.text();
  const now = part.querySelector('#said-' + id);
  if (now) { if (li.classList.contains('gap')) now.classList.add('gap'); li.replaceWith(now); }
}

async function recall(form) {
  const r = await fetch(form.action, { method: 'POST', headers: headers() }).catch(() => null);
  if (r?.ok) again(form.closest('li').dataset.id);
}

const headers = () => ({ 'X-CSRF-Token': document.body.dataset.csrf, 'HX-Request': 'true' });
const identity = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now();

function submit(form) {
  const text = form.elements.text.value.trim();
  if (!text) return;
  form.elements.text.value = '';
  send({ room: talk().dataset.room, text, id: identity() });
}

function attach(files) {
  const form = talk()?.querySelector('[data-room-form]'), most = +form?.dataset.max;
  if (!form) return;
  for (const f of files) {
    if (f.size > most) { fault(form, t('file_too_large', f.name, Math.floor(most / (1 << 20)))); continue; }
    fault(form, '');
    send({ room: talk().dataset.room, text: '', file: f, id: identity() });
  }
}

function fault(form, text) {
  const p = form.querySelector('.fault');
  p.textContent = text;
  p.hidden = !text;
}

const waiting = new Map(); // what was not taken yet, by its id

function send(m) {
  waiting.set(m.id, m);
  draw(m);
  stick = true;
  toEnd();
  chain = chain.then(() => post(m));
}

function draw(m) {
  const li = document.createElement('li');
  li.className = 'msg me sending gap';
  li.dataset.pending = m.id;
  const p = document.createElement('p');
  p.className = 'text';
  p.textContent = m.text || m.file.name;
  const foot = document.createElement('div');
  foot.className = 'foot';
  foot.textContent = t('sending');
  li.append(p, foot);
  setTimeout(() => li.classList.add('slow'), slow);
  document.getElementById('room-empty')?.remove();
  list().append(li);
}

async function post(m) {
  const li = () => document.querySelector(`[data-pending="${m.id}"]`);
  try {
    if (m.file && !m.fileID) {
      const form = new FormData();
      form.append('file', m.file);
      const r = await fetch('/files', { method: 'POST', body: form, headers: { ...headers(), Accept: 'application/json' } });
      if (!r.ok) return failed(li(), reason(await r.text()));
      m.fileID = (await r.json()).id;
    }
    const body = new URLSearchParams({ text: m.text, client_id: m.id, file_id: m.fileID ?? '' });
    const r = await fetch(`/colleagues/${m.room}/messages`, { method: 'POST', body, headers: { ...headers(), Accept: 'application/json' }, signal: AbortSignal.timeout(patience) });
    if (r.status === 401) return location.assign('/login');
    if (!r.ok) return failed(li(), reason(await r.text()));
    waiting.delete(m.id);
    fresh();
  } catch { failed(li(), t('no_line')); }
}

function reason(text) {
  try { return JSON.parse(text).error || t('not_sent'); } catch { return t('not_sent'); }
}

function failed(li, why) {
  if (!li) return;
  li.className = 'msg me failed gap';
  const foot = li.querySelector('.foot');
  foot.textContent = why;
  for (const what of ['again', 'delete']) {
    const b = document.createElement('button');
    b.type = 'button';
    b.dataset.roomAct = what;
    b.textContent = what === 'again' ? t('try_again') : t('delete');
    foot.append(' ', b);
  }
}

function act(b) {
  const li = b.closest('[data-pending]'), m = waiting.get(li.dataset.pending);
  li.remove();
  if (b.dataset.roomAct === 'again' && m) send(m);
  else waiting.delete(li.dataset.pending);
}

function keyed(e) {
  if (e.key !== 'Enter' || e.isComposing || e.keyCode === 229 || e.shiftKey || !e.target.closest?.('[data-room-form]') || e.target.tagName !== 'TEXTAREA') return;
  const wanted = document.body.dataset.send === 'ctrl-enter';
  if (wanted !== (e.ctrlKey || e.metaKey)) return;
  if (!wanted && matchMedia('(max-width: 800px)').matches) return; // on a phone Enter is a new line
  e.preventDefault();
  e.target.form.requestSubmit();
}

function atEnd() { const l = log(); return l.scrollHeight - l.scrollTop - l.clientHeight < 100; }

function toEnd() {
  if (stick && log()) log().scrollTop = log().scrollHeight;
  arrow();
}

function arrow() {
  const b = document.getElementById('room-end');
  if (b) b.hidden = !log() || atEnd();
}
