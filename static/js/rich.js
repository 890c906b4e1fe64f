// A mail can be set in type: bold, lists, links, quotes, pictures in their place. The editor is fetched when it is first wanted
// and then wanted again the next time. The plain field stays what the rest of the composer reads and writes.
import { grow } from './grow.js';
import { t } from './words.js';

const kept = 'deskbell-rich';
let hands, editor, box, bar, of; // of: the field that it stands for
let draft; // what is to be shown when the editor has come

// startRich takes the composer's hands: field(), form(), upload(file, then), typed(), submit(), fault(text).
export function startRich(h) {
  hands = h;
  document.addEventListener('click', e => {
    if (e.target.closest?.('[data-do="rich"]')) (on() ? close : open)(true);
    const b = e.target.closest?.('[data-rich]');
    if (b) act(b.dataset.rich);
  });
  document.addEventListener('pointerdown', e => { if (e.target.closest?.('.rich-bar button')) e.preventDefault(); }); // the selection stays
  document.addEventListener('talk:open', () => { if (wanted()) open(false); });
  document.addEventListener('htmx:oobAfterSwap', e => { if (e.detail.target?.id === 'composer' && wanted()) open(false); });
  if (wanted()) open(false);
}

const button = () => hands.form()?.querySelector('[data-do="rich"]');
const on = () => editor && of?.isConnected && of === hands.field();
const wanted = () => { try { return localStorage.getItem(kept) === '1' && button() && !on(); } catch { return false; } };

// richHTML is what is written, empty without the editor; pictures are named as mails name them.
export function richHTML() {
  if (!on() || !hands.field().value.trim() && !box.querySelector('img')) return '';
  return editor.getHTML().replaceAll('\u200b', '').replaceAll('&nbsp;', ' ').replace(/src="\/files\/([a-z0-9]+)[^"]*"/g, 'src="cid:$1"');
}

// fillRich shows a draft: with the editor when it was set in type.
export function fillRich(d) {
  draft = d.html;
  if (on()) write(d.html, hands.field().value);
  else if (d.html) open(false);
}

export function focusText() { if (on() && !whispers()) editor.focus(); else hands.field()?.focus(); }

// quoteRich puts quoted words into the text; false without the editor.
export function quoteRich(text) {
  if (!on() || whispers()) return false;
  const quote = document.createElement('blockquote');
  for (const l of text.split('\n')) quote.append(Object.assign(document.createElement('div'), { textContent: l || '\u00a0' }));
  editor.focus();
  editor.insertHTML(quote.outerHTML + '<div><br></div>');
  return true;
}

// pictureInText finds an uploaded picture where it stands in the text.
export function pictureInText(id) { return on() && id ? box.querySelector(`img[src^="/files/${id}"]`) : null; }

const whispers = () => hands.form()?.querySelector('[name="internal"]:checked')?.value === 'true';

async function open(byHand) {
  const el = hands.field(), b = button();
  if (!el || !b) return;
  let Squire;
  try { ({ default: Squire } = await import('squire-rte')); } catch { return hands.fault(t('no_line')); }
  if (on() || el !== hands.field()) return;
  of = el;
  box = document.createElement('div');
  box.className = 'rich';
  box.setAttribute('role', 'textbox');
  box.setAttribute('aria-multiline', 'true');
  box.setAttribute('aria-label', el.getAttribute('aria-label'));
  box.dataset.hint = el.placeholder;
  el.before(box);
  el.form.classList.add('is-rich');
  editor = new Squire(box, { sanitizeToDOMFragment: clean, addLinks: true });
  bar = el.form.querySelector('.rich-bar');
  write(draft, el.value);
  editor.addEventListener('input', written);
  editor.addEventListener('pathChange', mark);
  editor.addEventListener('pasteImage', e => { for (const f of files(e.detail.clipboardData)) picture(f); });
  for (const k of ['Ctrl-Enter', 'Meta-Enter']) editor.setKeyHandler(k, (_, e) => { e.preventDefault(); hands.submit(); });
  // What other parts put into the field, such as a canned response, goes to the cursor.
  el.setRangeText = text => editor.insertPlainText(text, false);
  b.setAttribute('aria-pressed', 'true');
  if (byHand) { remember('1'); editor.focus(); editor.moveCursorToEnd(); }
}

function close() {
  const el = of;
  draft = undefined;
  delete el.setRangeText;
  editor.destroy();
  box.remove();
  el.form.classList.remove('is-rich');
  editor = of = undefined;
  button()?.setAttribute('aria-pressed', 'false');
  remember('');
  grow(el);
  el.focus();
}

function remember(v) { try { localStorage.setItem(kept, v); } catch { /* it is asked for again */ } }

function write(html, text) {
  if (html) html = html.replace(/src="cid:([a-z0-9]+)"/g, 'src="/files/$1"');
  else {
    const p = document.createElement('p');
    p.textContent = text;
    html = p.innerHTML.split('\n').map(l => `<div>${l || '<br>'}</div>`).join('');
  }
  editor.setHTML(html);
  box.classList.toggle('empty-text', !box.textContent.trim() && !box.querySelector('img, li'));
}

function written() {
  of.value = box.innerText.replaceAll('\u200b', '').replaceAll('\u00a0', ' ').replace(/\n{3,}/g, '\n\n').trimEnd(); // what the editor holds its cursor with stays there
  if (!of.value && box.querySelector('img')) of.value = ' ';
  box.classList.toggle('empty-text', !of.value && !box.querySelector('img, li'));
  hands.typed();
}

const kinds = { B: 1, I: 1, U: 1, S: 1, STRONG: 1, EM: 1, A: 1, UL: 1, OL: 1, LI: 1, BLOCKQUOTE: 1, DIV: 1, P: 1, BR: 1, IMG: 1, PRE: 1, CODE: 1, H1: 1, H2: 1, H3: 1 };

// clean leaves of pasted HTML what the editor can do; the desk cleans what is sent once more.
function clean(html) {
  const doc = new DOMParser().parseFromString(html, 'text/html');
  for (const el of [...doc.body.querySelectorAll('*')]) {
    if (['SCRIPT', 'STYLE', 'TITLE', 'HEAD', 'META', 'LINK', 'SVG', 'TEMPLATE'].includes(el.tagName.toUpperCase())) { el.remove(); continue; }
    const href = el.getAttribute('href'), src = el.getAttribute('src'), alt = el.getAttribute('alt');
    for (const a of [...el.attributes]) el.removeAttribute(a.name);
    if (!kinds[el.tagName] || el.tagName === 'IMG' && !src?.startsWith('/files/')) { el.replaceWith(...el.childNodes); continue; }
    if (el.tagName === 'A' && /^(https?:|mailto:|tel:)/i.test(href ?? '')) el.setAttribute('href', href);
    if (el.tagName === 'IMG') { el.setAttribute('src', src); el.setAttribute('alt', alt ?? ''); }
  }
  const out = document.createDocumentFragment();
  out.append(...[...doc.body.childNodes].map(n => document.importNode(n, true)));
  return out;
}

// --- what can be done

const acts = {
  bold: () => editor.hasFormat('B') ? editor.removeBold() : editor.bold(),
  italic: () => editor.hasFormat('I') ? editor.removeItalic() : editor.italic(),
  ul: () => editor.hasFormat('UL') ? editor.removeList() : editor.makeUnorderedList(),
  ol: () => editor.hasFormat('OL') ? editor.removeList() : editor.makeOrderedList(),
  quote: () => editor.hasFormat('BLOCKQUOTE') ? editor.decreaseQuoteLevel() : editor.increaseQuoteLevel(),
  link: link,
  picture: choose,
};
const shows = { bold: 'B', italic: 'I', ul: 'UL', ol: 'OL', quote: 'BLOCKQUOTE', link: 'A' };

function act(name) { acts[name](); mark(); }

function mark() {
  if (!on()) return;
  for (const b of bar.children) if (shows[b.dataset.rich]) b.setAttribute('aria-pressed', editor.hasFormat(shows[b.dataset.rich]));
}

function link() {
  if (editor.hasFormat('A')) return editor.removeLink();
  const range = editor.getSelection(), ask = document.createElement('input');
  ask.type = 'url';
  ask.className = 'input rich-link';
  ask.placeholder = 'https://';
  ask.setAttribute('aria-label', bar.querySelector('[data-rich="link"]').title);
  let over = false;
  const done = keep => {
    if (over) return;
    over = true;
    const at = ask.value.trim();
    ask.remove();
    editor.focus();
    editor.setSelection(range);
    if (!keep || !at) return;
    const to = /^[a-z][a-z0-9+.-]*:/i.test(at) ? at : at.includes('@') ? 'mailto:' + at : 'https://' + at;
    if (!/^(https?:|mailto:|tel:)/i.test(to)) return;
    if (range.collapsed) { editor.insertHTML(''); editor.insertPlainText(at, false); const r = editor.getSelection(); r.setStart(r.endContainer, Math.max(0, r.endOffset - at.length)); editor.setSelection(r); }
    editor.makeLink(to);
    editor.moveCursorToEnd();
  };
  ask.addEventListener('keydown', e => {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === 'Enter') { e.preventDefault(); done(true); }
    if (e.key === 'Escape') { e.preventDefault(); e.stopPropagation(); done(false); }
  });
  ask.addEventListener('blur', () => done(true));
  bar.after(ask);
  ask.focus();
}

const files = data => [...data?.files ?? []].filter(f => f.type.startsWith('image/'));

function choose() {
  const ask = document.createElement('input');
  ask.type = 'file';
  ask.accept = 'image/png,image/jpeg,image/gif,image/webp';
  ask.onchange = () => { for (const f of ask.files) picture(f); };
  ask.click();
}

function picture(file) {
  hands.upload(file, answer => {
    if (!on()) return;
    editor.focus();
    editor.insertImage('/files/' + answer.id, { alt: answer.name ?? '' });
    written();
  });
}
