// Where the answer is written: drafts are kept (draft.js), files come by button, paste or drop, Enter sends (or Ctrl+Enter,
// by choice) and never while an input method composes. It can go out later as well.
import { t } from './words.js';
import { send } from './outbox.js';
import { grow } from './grow.js';
import { startQuote, setQuote, quoted } from './quote.js';
import { startDrafts, restore, save, saveSoon, push, keepFile, draftVersion } from './draft.js';
import { startRich, richHTML, fillRich, focusText, pictureInText } from './rich.js';

const form = () => document.querySelector('[data-compose]');
const field = () => document.getElementById('text');
const tray = () => form()?.querySelector('.tray');
const conversation = () => document.getElementById('talk')?.dataset.conversation;
const shownUpTo = () => Number(document.getElementById('after')?.value ?? 0);
let files = [], typedAt = 0;
const uploads = new Set(); // what is on its way, of whichever conversation
let seen = 0; // the last message that stood there when he began to write

export function startComposer() {
  startRich({ field, form, upload: uploadPicture, typed, submit, fault });
  startDrafts({ read, fill });
  startQuote(saveSoon);
  document.addEventListener('talk:open', () => { restore(); focusHere(); });
  document.addEventListener('htmx:oobAfterSwap', e => { if (e.detail.target?.id === 'composer' || e.detail.elt?.id === 'composer') { restore(); focusIfJoined(); } });
  document.addEventListener('composer:take', e => { fill(e.detail); save(); field()?.focus(); });
  document.addEventListener('submit', e => { if (e.target === form()) { e.preventDefault(); submit(); } });
  document.addEventListener('input', e => { if (e.target === field()) typed(); });
  document.addEventListener('change', e => {
    if (e.target.matches?.('[data-files]')) { add(e.target.files); e.target.value = ''; }
    if (e.target.name === 'internal') { hint(); focusText(); saveSoon(); }
    if (e.target.matches?.('.copies input')) saveSoon();
  });
  document.addEventListener('keydown', keyed);
  document.addEventListener('paste', e => { if (e.target === field() && e.clipboardData.files.length) { e.preventDefault(); add(e.clipboardData.files); } });
  document.addEventListener('click', e => {
    if (e.target.closest?.('[data-do="emoji"]')) emoji(e.target.closest('button'));
    if (e.target.closest?.('[data-do="conference"]')) conference(e.target.closest('button'));
    const x = e.target.closest?.('.tray button');
    if (x) { pictureInText(files.find(f => f.el === x.parentElement)?.id)?.remove(); for (const u of uploads) if (u.el === x.parentElement) u.xhr.abort(); files = files.filter(f => f.el !== x.parentElement); x.parentElement.remove(); saveSoon(); field().focus(); }
    const later = e.target.closest?.('[data-later]');
    if (later) sendLater(later.dataset.later);
  });
  drop();
  restore();
  focusHere();
}

// write puts the cursor into the text, as an answer or as a whisper.
export function write(internal) {
  const f = form();
  if (!f) return false;
  f.querySelector(`[name="internal"][value="${internal}"]`).checked = true;
  hint();
  focusText();
  return true;
}

let joining = false;
document.addEventListener('submit', e => { joining = e.target.dataset?.then === 'write'; }, true);
function focusIfJoined() { if (joining) { joining = false; field()?.focus(); } }

const internal = () => form()?.querySelector('[name="internal"]:checked')?.value === 'true';

function hint() {
  const el = field();
  if (!el) return;
  el.dataset.public ??= el.placeholder;
  el.placeholder = internal() ? el.dataset.whisper : el.dataset.public;
}

function keyed(e) {
  if (e.target !== field() || e.key !== 'Enter' || e.isComposing || e.keyCode === 229) return;
  const ctrl = e.ctrlKey || e.metaKey, letter = 'letter' in form().dataset; // a mail is not sent by a slip of the finger
  const wanted = letter || document.body.dataset.send === 'ctrl-enter' ? ctrl : !e.shiftKey && !ctrl && !e.altKey;
  if (!wanted) return;
  e.preventDefault();
  submit();
}

// read and fill are how a draft leaves the composer and comes back.
function read() {
  return { text: field()?.value ?? '', internal: internal(), seen, quote: quoted(), ...letter(), files: files.filter(f => f.id).map(({ id, name, thumb }) => ({ id, name, thumb })) };
}

// letter is what only a mail has.
function letter() {
  const f = form(), cc = f?.elements.cc;
  if (!cc) return {};
  const html = internal() ? '' : richHTML();
  return { ...(cc.value !== cc.defaultValue && { cc: cc.value }), ...(f.elements.bcc.value && { bcc: f.elements.bcc.value }), ...(html && { html }) };
}

function fillLetter(d) {
  const f = form(), cc = f.elements.cc;
  if (!cc) return;
  cc.value = d.cc ?? cc.defaultValue;
  f.elements.bcc.value = d.bcc ?? '';
  if (d.cc !== undefined || d.bcc) f.querySelector('.copies').open = true;
  fillRich(d);
}

function fill(d) {
  const el = field();
  if (!el) return;
  if (el.value !== d.text) el.value = d.text ?? '';
  grow(el);
  seen = d.seen ?? 0;
  setQuote(d.quote);
  form().querySelector(`[name="internal"][value="${!!d.internal}"]`).checked = true;
  files = [];
  tray().replaceChildren();
  fillLetter(d);
  for (const f of d.files ?? []) show({ id: f.id, name: f.name, thumb: f.thumb ?? f.thumb_url });
  for (const u of uploads) if (u.of === conversation()) { tray().append(u.el); files.push(u); }
  hint();
}

function submit(when = {}) {
  const el = field(), text = el.value.replace(/^(\s*\n)+/, '').trimEnd();
  if (files.some(f => f.busy)) return fault(t('still_uploading'));
  const d = read();
  if (!text.trim() && !d.files.length) return focusText();
  fault('');
  send({ conversation: conversation(), ...d, text, seen: seen || shownUpTo(), version: draftVersion(), ...when });
  fill({ text: '', internal: d.internal });
  save();
  push(); // what another device begins after this is not taken for what was sent
  if (!d.internal) typing(false);
  focusText();
}

function sendLater(at) {
  const box = document.getElementById('later'), field = document.getElementById('later-at');
  if (at === 'at' && !field.value) { box.open = true; return field.focus(); }
  box.open = false;
  submit({ plan: at === 'at' ? field.value : at, unless: document.getElementById('unless').checked });
}

// --- typing

function typed() {
  const el = field();
  grow(el);
  if (!seen && el.value) seen = shownUpTo();
  if (!el.value && !files.length) seen = 0;
  saveSoon();
  if (internal() || !el.value || Date.now() - typedAt < 3000) return;
  typedAt = Date.now();
  typing(true);
}

function typing(on) {
  if (!on) typedAt = 0;
  const headers = { 'X-CSRF-Token': document.body.dataset.csrf, 'HX-Request': 'true' };
  fetch(`/conversations/${conversation()}/typing`, { method: 'POST', headers, body: new URLSearchParams({ on }) }).catch(() => {});
}

function focusHere() {
  if (form() && matchMedia('(min-width: 801px)').matches && !document.activeElement?.matches('input, textarea, .row')) field().focus({ preventScroll: true });
}

// --- a video meeting, whose address the desk makes

async function conference(button) {
  const of = conversation();
  button.disabled = true;
  let answer = {};
  try {
    const r = await fetch(`/conversations/${of}/conference`, { method: 'POST', headers: { Accept: 'application/json', 'X-CSRF-Token': document.body.dataset.csrf } });
    answer = await r.json();
  } catch { /* no answer */ }
  button.disabled = false;
  if (of !== conversation() || !field()) return;
  fault(answer.url ? '' : answer.error ?? t('no_line'));
  if (!answer.url) return;
  const el = field(), at = el.selectionStart;
  el.setRangeText((/\S$/.test(el.value.slice(0, at)) ? ' ' : '') + answer.url + ' ', at, el.selectionEnd, 'end');
  focusText();
  typed();
}

// --- files

function add(list) {
  for (const f of list) {
    if (f.size > +form().dataset.max) { fault(t('file_too_large', f.name, Math.floor(form().dataset.max / 1e6))); continue; }
    upload(f);
  }
}

// show puts a file into the tray.
function show(one) {
  const el = document.createElement('li'), name = document.createElement('b'), x = document.createElement('button');
  name.textContent = one.name;
  name.className = 'clip grow';
  x.type = 'button';
  x.className = 'btn quiet';
  x.textContent = '×';
  x.setAttribute('aria-label', t('remove', one.name));
  if (one.thumb) {
    const img = document.createElement('img');
    img.src = one.thumb;
    img.alt = '';
    el.append(img);
  }
  el.append(name, x);
  tray().append(el);
  one.el = el;
  files.push(one);
}

// uploadPicture puts a picture into the tray as well: it goes along in any case, and stands in the text besides.
function uploadPicture(file, then) {
  if (file.size > +form().dataset.max) return fault(t('file_too_large', file.name, Math.floor(form().dataset.max / 1e6)));
  upload(file, then);
}

function upload(file, then) {
  const xhr = new XMLHttpRequest(), body = new FormData();
  const one = { name: file.name, of: conversation(), xhr, busy: true, thumb: file.type.startsWith('image/') ? URL.createObjectURL(file) : '' };
  uploads.add(one);
  show(one);
  const name = one.el.querySelector('b'), bar = document.createElement('progress');
  bar.max = 1;
  bar.value = 0;
  one.el.append(bar);
  body.append('file', file);
  xhr.open('POST', '/files');
  xhr.setRequestHeader('X-CSRF-Token', document.body.dataset.csrf);
  xhr.setRequestHeader('Accept', 'application/json');
  xhr.upload.onprogress = e => { if (e.lengthComputable) bar.value = e.loaded / e.total; };
  xhr.onabort = () => uploads.delete(one);
  xhr.onloadend = () => {
    if (!uploads.delete(one)) return; // taken back
    one.busy = false;
    bar.remove();
    let answer = {};
    try { answer = JSON.parse(xhr.responseText); } catch { /* no answer */ }
    if (one.of !== conversation()) { if (xhr.status === 201) keepFile(one.of, { id: answer.id, name: file.name, thumb: answer.thumb_url }); return; } // another conversation is open
    if (xhr.status === 201) { one.id = answer.id; one.thumb = answer.thumb_url; fault(''); saveSoon(); then?.(answer); return; }
    name.classList.add('wrong');
    fault(answer.error || t('upload_failed', file.name));
  };
  xhr.send(body);
  focusText();
}

function fault(text) {
  const p = form()?.querySelector('.fault');
  if (!p) return;
  p.textContent = text;
  p.hidden = !text;
}

function drop() {
  let depth = 0;
  const thread = e => form() && e.dataTransfer?.types.includes('Files') && e.target.closest?.('.thread');
  document.addEventListener('dragenter', e => { const th = thread(e); if (th) { depth++; th.classList.add('dropping'); } });
  document.addEventListener('dragleave', e => { if (thread(e) && --depth <= 0) end(); });
  document.addEventListener('dragover', e => { if (e.dataTransfer?.types.includes('Files')) e.preventDefault(); });
  document.addEventListener('drop', e => { if (!e.dataTransfer?.files.length) return; e.preventDefault(); if (thread(e)) add(e.dataTransfer.files); end(); });
  function end() { depth = 0; document.querySelector('.dropping')?.classList.remove('dropping'); }
}

// --- emoji, loaded when they are first wanted

export function closeEmoji() {
  const box = form()?.querySelector('.emoji');
  if (!box) return false;
  box.remove();
  form().querySelector('[data-do="emoji"]').setAttribute('aria-expanded', 'false');
  field().focus();
  return true;
}

async function emoji(button) {
  if (closeEmoji()) return;
  const box = document.createElement('div');
  box.className = 'emoji';
  form().append(box);
  button.setAttribute('aria-expanded', 'true');
  try {
    const { openPanel } = await import('./panel.js');
    await openPanel(box, {
      lang: document.documentElement.lang, words: { panel: t('panel'), emoji: t('emoji') },
      emoji: c => {
        const el = field();
        el.setRangeText(c, el.selectionStart, el.selectionEnd, 'end');
        closeEmoji();
        saveSoon();
      },
      packs: async () => ('letter' in form().dataset ? [] : (await fetch('/stickers', { headers: { Accept: 'application/json' } })).json()), // no stickers in mail
      sticker: ({ id, name, url }) => { send({ conversation: conversation(), text: '', internal: internal(), files: [{ name, thumb: url, sticker: id }] }); closeEmoji(); },
    });
  } catch { closeEmoji(); fault(t('no_line')); }
}
