// The open conversation: it sticks to its end while the reader is there, says "2 new" while he is not, keeps its place
// when earlier messages come in above, and tells the desk how far it was read.
import { t } from './words.js';

const near = 100; // pixels from the end that count as being there
let stick = true, missed = 0, watcher, sizes, typingOff, told = {};

const log = () => document.getElementById('log');
const list = () => document.getElementById('messages');
const conversation = () => document.getElementById('talk')?.dataset.conversation;

export function startLog(htmx) {
  document.addEventListener('htmx:afterSwap', e => { if (e.detail.target?.id === 'talk' || e.detail.target?.id === 'pane') open(); });
  document.addEventListener('htmx:beforeSwap', keepPlace);
  document.addEventListener('htmx:afterSwap', takeRead);
  document.addEventListener('htmx:afterSwap', e => { if (e.target.matches?.('.msg .text[tabindex]')) e.target.focus({ preventScroll: true }); }); // the rest of a text, where its link was
  document.addEventListener('htmx:historyRestore', open);
  document.addEventListener('click', pressed);
  document.addEventListener('load', e => { if (e.target.matches?.('[data-mail]')) fitMail(e.target); if (e.target.tagName === 'IMG' && stick) toEnd(); }, true);
  for (const [on, type] of [[document, 'visibilitychange'], [window, 'focus']]) on.addEventListener(type, read);
  addEventListener('resize', () => { if (stick) toEnd(); });
  sizes = new ResizeObserver(() => { if (stick) toEnd(); }); // the composer grew
  open();
}

// open begins with a conversation that was just put there.
export function open() {
  watcher?.disconnect();
  if (!list()) return;
  stick = true; missed = 0;
  for (const timer of writers.values()) clearTimeout(timer);
  writers.clear();
  log().style.setProperty('--bar', log().offsetWidth - log().clientWidth + 'px'); // so that log and composer end on one line
  watcher = new MutationObserver(changed);
  watcher.observe(list(), { childList: true });
  sizes.disconnect();
  sizes.observe(log());
  log().addEventListener('scroll', scrolled, { passive: true });
  for (const f of list().querySelectorAll('[data-mail]')) fitMail(f);
  if (!toPlace()) toEnd();
  read();
  document.dispatchEvent(new CustomEvent('talk:open'));
}

// toPlace goes to the message that one came to see, and lets it be seen.
function toPlace() {
  const talk = document.getElementById('talk'), li = talk?.dataset.at && document.getElementById('message-' + talk.dataset.at);
  if (!li) return false;
  delete talk.dataset.at;
  stick = false;
  seen(li);
  return true;
}

// seen brings a message to the middle and marks it for a moment.
export function seen(li) {
  stick = false;
  li.scrollIntoView({ block: 'center' });
  li.classList.remove('seen');
  void li.offsetWidth; // so that the mark begins anew
  li.classList.add('seen');
}

// changed runs before the change is painted: doubles go, the end stays in sight.
function changed(records) {
  let more = 0;
  for (const r of records) {
    for (const li of r.addedNodes) {
      if (li.nodeType !== 1) continue;
      const same = li.id && [...list().querySelectorAll('#' + CSS.escape(li.id))];
      if (same.length > 1) { same[0].replaceWith(li); continue; }
      if (li.dataset.client) list().querySelector(`[data-pending="${CSS.escape(li.dataset.client)}"]`)?.remove();
      if (li.classList.contains('msg') && !li.classList.contains('me') && !li.classList.contains('sending') && !r.nextSibling?.matches?.('[data-seq]')) more++;
    }
  }
  const pending = [...list().querySelectorAll('[data-pending]')];
  if (pending.length && list().lastElementChild !== pending.at(-1)) list().append(...pending);
  joinDays();
  if (stick) toEnd();
  else if (more) { missed += more; arrow(); }
  read();
}

// joinDays takes away a day's heading that stands twice, once for each part that was loaded.
function joinDays() {
  let last = '';
  for (const d of list().querySelectorAll('.day')) {
    if (d.textContent === last) d.remove();
    last = d.textContent;
  }
}

export function toEnd() {
  const l = log();
  if (l) l.scrollTop = l.scrollHeight;
}

function scrolled() {
  const l = log();
  stick = l.scrollHeight - l.scrollTop - l.clientHeight < near;
  if (stick && missed) { missed = 0; read(); }
  arrow();
}

function arrow() {
  const b = document.getElementById('to-end');
  b.hidden = stick;
  b.lastElementChild.textContent = missed ? t('new_messages', missed) : t('to_end');
}

let place;
function keepPlace(e) {
  if (!e.detail.target?.classList?.contains('older')) return;
  const l = log();
  place = l.scrollHeight - l.scrollTop;
  requestAnimationFrame(() => { l.scrollTop = l.scrollHeight - place; });
}

// --- how far it was read

// read tells the desk that what is on the screen was seen: the page is in front and the end in sight.
function read() {
  const c = conversation(), last = list()?.querySelector('[data-seq]:last-of-type') && Math.max(...[...list().querySelectorAll('[data-seq]')].map(li => +li.dataset.seq));
  if (!c || !last || document.hidden || !document.hasFocus() || !stick || told[c] >= last) return;
  told[c] = last;
  const body = new URLSearchParams({ seq: last });
  fetch(`/conversations/${c}/reading`, { method: 'POST', body, headers: { 'X-CSRF-Token': document.body.dataset.csrf, 'HX-Request': 'true' } }).catch(() => { told[c] = 0; });
}

// customerRead puts "Read" under the last of our messages that the customer has seen.
export function customerRead(c, seq) {
  if (c !== conversation()) return;
  let last;
  for (const li of list().querySelectorAll('.msg.me[data-seq]')) {
    const mark = li.querySelector('[data-read-mark]');
    if (!mark) continue;
    mark.hidden = true;
    if (+li.dataset.seq <= seq) last = mark;
  }
  if (last) last.hidden = false;
  if (stick) toEnd();
}

function takeRead() {
  const c = document.getElementById('cursor')?.dataset;
  if (c?.read) customerRead(conversation(), +c.read);
}

// --- typing

let writers = new Map(); // colleagues who write here, and until when

// colleagueTypes says beside the text who else is about to answer.
function colleagueTypes({ agent_id, on, name }) {
  if (agent_id === document.body.dataset.me) return;
  clearTimeout(writers.get(name));
  writers.delete(name);
  if (on) writers.set(name, setTimeout(() => { writers.delete(name); showWriters(); }, 6000));
  showWriters();
}

function showWriters() {
  const el = document.getElementById('writers');
  if (el) el.textContent = writers.size ? t('typing', [...writers.keys()].join(', ')) : '';
}

export function showTyping(data) {
  const { conversation_id, by, on, name, text } = data, el = document.getElementById('typing');
  if (!el || conversation_id !== conversation()) return;
  if (by === 'agent') return colleagueTypes(data);
  clearTimeout(typingOff);
  el.hidden = !on;
  const draft = document.getElementById('typing-draft');
  if (text || !on) draft.textContent = on ? text : ''; // what he has written so far, where his widget shows it
  document.getElementById('typing-text').textContent = on ? t('typing', name || document.getElementById('talk').dataset.name) : '';
  if (on) typingOff = setTimeout(() => { el.hidden = true; draft.textContent = ''; }, 6000);
  if (stick) toEnd();
}

// --- pictures and mail

function pressed(e) {
  if (e.target.closest?.('.more-words, .quoted > summary')) stick = false; // he reads on from here
  if (e.target.closest?.('#to-end')) { stick = true; missed = 0; toEnd(); return arrow(); }
  if (e.target.closest?.('[data-do="details"]')) document.getElementById('talk')?.classList.toggle('details');
  const held = e.target.closest?.('[data-pictures]');
  if (held) {
    const frame = held.closest('.msg').querySelector('[data-mail]');
    frame.src = frame.getAttribute('src').split('?')[0] + '?pictures=1';
    held.closest('.held').remove();
  }
  const photo = e.target.closest?.('[data-view]');
  if (photo && !e.ctrlKey && !e.metaKey) { e.preventDefault(); view(photo); }
}

function view(photo) {
  const d = document.createElement('dialog'), img = document.createElement('img');
  d.className = 'viewer';
  img.src = photo.href;
  img.alt = photo.querySelector('img')?.alt ?? '';
  d.append(img);
  d.onclick = () => d.close();
  d.onclose = () => { d.remove(); photo.focus({ preventScroll: true }); };
  document.body.append(d);
  d.showModal();
}

// fitMail gives a mail's frame the height of the mail, and offers its pictures when some are held back.
function fitMail(frame) {
  const doc = frame.contentDocument;
  if (!doc?.body || doc.location.href === 'about:blank') return;
  const { documentElement: page, body } = doc; // of a page that is lower than its frame scrollHeight is the frame's
  const fit = () => { frame.style.height = Math.min(Math.max(page.offsetHeight, body.scrollHeight) + frame.clientHeight - page.clientHeight, 20_000) + 'px'; if (stick) toEnd(); };
  frame.style.minHeight = 0;
  fit();
  new ResizeObserver(fit).observe(doc.body);
  const msg = frame.closest('.msg');
  if (!doc.querySelector('img[data-remote-src]') || msg.querySelector('.held') || frame.src.endsWith('pictures=1')) return;
  const line = document.createElement('p'), b = document.createElement('button');
  line.className = 'held';
  b.type = 'button';
  b.dataset.pictures = '';
  b.textContent = t('show_pictures');
  line.append(t('pictures_held'), ' ', b);
  frame.before(line);
}

// A menu that is open stays open when the head it stands in is drawn anew: somebody is about to choose.
document.body.addEventListener('htmx:oobBeforeSwap', e => {
  const { target, fragment } = e.detail;
  if (target?.id !== 'head' || !fragment) return;
  for (const s of target.querySelectorAll('details[open] > summary[data-key]')) {
    const menu = fragment.querySelector(`summary[data-key="${s.dataset.key}"]`)?.parentElement;
    if (menu) menu.open = true;
  }
});
