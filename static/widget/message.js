// Draws one message. Whoever wrote it, its words are put in as text.
import { el, icon, sizeOf } from './dom.js';
import { linked } from './links.js';

const wide = 240, high = 260; // the most a picture takes in the log, CSS px

// draw gives the <li> of a message. ctx: {t: texts, files: Files}.
export function draw(m, ctx) {
  if (m.kind === 'event') return whatOf(m) === 'rating.requested' ? ctx.asked(m) : line(m, ctx.t);
  const mine = isMine(m), li = el('li', { class: mine ? 'msg me' : 'msg' });
  const name = mine ? ctx.t.you : m.author?.name || '';
  li.append(el('div', { class: 'by', hidden: mine }, avatar(m.author, ctx), el('span', { dir: 'auto' }, name)));
  if (mine) li.append(el('span', { class: 'unseen' }, name + ': '));
  for (const f of m.files || []) li.append(m.kind === 'sticker' ? sticker(f, ctx) : file(f, ctx));
  if (m.quote) li.append(el('blockquote', { class: 'quote', 'data-quoted': m.quote.id, dir: 'auto' }, m.quote.text));
  if (m.text) li.append(el('div', { class: isEmoji(m.text) ? 'bubble big' : 'bubble', dir: 'auto', title: ctx.t.exact(new Date(m.created_at)) }, linked(m.text)));
  li.append(el('div', { class: 'foot' }));
  return li;
}

// shown tells whether a message is drawn on the visitor's side: what he looks at and ordered is for the agents.
export function shown(m, t) {
  if (m.visibility === 'internal' || m.recalled_at || m.kind === 'track' || m.kind === 'order') return false;
  return m.kind === 'event' ? Object.hasOwn(t.lines, whatOf(m)) : !!(m.text || m.files?.length);
}

// begun is the line that says that a chat was opened: the stream tells it, and of older ones their first message. It stands before that.
export function begun(conversation_id, created_at) { return { id: 'begun' + conversation_id, conversation_id, seq: 0, kind: 'event', text: 'conversation.created', created_at }; }

function whatOf(m) { return m.event?.name || m.text; }

export function isMine(m) { return m.author?.type === 'customer'; }

function line(m, t) {
  // Who it is about: a colleague or an admin may have assigned or invited him.
  const name = m.event?.agent ?? (m.author?.type === 'agent' ? m.author.name : ''), at = new Date(m.created_at);
  return el('li', { class: 'line' }, el('span', { dir: 'auto' }, t.lines[whatOf(m)](name)), ' · ', el('time', { datetime: m.created_at, title: t.exact(at) }, t.time(at)));
}

export function avatar(author, ctx) {
  if (author?.type !== 'agent') return el('span', { class: 'face bell' }, icon('#i-bell'));
  const face = el('span', { class: 'face hue-' + hue(author.id || author.name || ''), 'aria-hidden': 'true' }, [...(author.name || '?')][0].toUpperCase());
  const url = author.avatar_url || ctx.faceOf?.(author);
  if (url) picture(url, ctx, img => face.replaceChildren(img));
  return face;
}

function sticker(f, ctx) {
  const img = el('img', { class: 'stick', alt: f.name });
  if (f.width) img.style.aspectRatio = `${f.width} / ${f.height}`;
  if (f.local) img.src = f.local;
  else ctx.files.source(f.url).then(src => { img.src = src; }, () => {});
  return img;
}

function file(f, ctx) {
  const kind = f.content_type || '';
  if (/^image\/(png|jpe?g|gif|webp|avif)$/.test(kind)) return image(f, ctx);
  const box = el('div', { class: 'file' }), down = el('button', { type: 'button', class: 'card', title: ctx.t.download(f.name), onclick: () => ctx.files.save(f) },
    icon('#i-file-text'), el('span', { class: 'what' }, el('b', { dir: 'auto' }, f.name), el('small', {}, sizeOf(f.size, ctx.t.lang))), icon('#i-download'));
  box.append(down);
  if (/^(audio|video)\//.test(kind)) ctx.files.play(f, box);
  return box;
}

// image takes its room before the picture is there, so that nothing jumps.
function image(f, ctx) {
  const scale = Math.min(1, wide / (f.width || wide), high / (f.height || 180));
  const box = el('button', { type: 'button', class: 'photo', 'aria-label': ctx.t.open(f.name || ctx.t.picture), onclick: () => ctx.files.show(f) });
  box.style.width = Math.max(44, Math.round((f.width || wide) * scale)) + 'px';
  box.style.aspectRatio = `${f.width || wide} / ${f.height || 180}`;
  if (f.local) box.append(el('img', { src: f.local, alt: '' }));
  else picture(f.thumb_url || f.url, ctx, img => box.replaceChildren(img), () => box.replaceChildren(icon('#i-image-off')));
  return box;
}

function picture(url, ctx, done, failed = () => {}) {
  ctx.files.source(url).then(src => {
    const img = el('img', { alt: '', src, decoding: 'async', onerror: failed });
    done(img);
  }, failed);
}

// hue gives a person's disc one of eight colours, always the same.
function hue(seed) {
  let h = 0;
  for (const c of String(seed)) h = (h * 31 + c.codePointAt(0)) >>> 0;
  return h % 8;
}

function isEmoji(text) { return text.length < 24 && /^(?:\p{Emoji_Presentation}|\p{Emoji}\uFE0F|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\s){1,12}$/u.test(text) && [...text.trim()].length <= 8; }
