// What the smile opens, loaded on demand: emoji, and a tab for each pack of stickers when there are any.
import { openPicker } from './emoji.js';

// openPanel fills box. o: {lang, words: {panel, emoji}, emoji(text), packs() → [{name, stickers: [{id, name, url}]}], sticker({id, name, url})}.
export async function openPanel(box, o) {
  const body = document.createElement('div');
  body.className = 'panel-body';
  box.append(body);
  const coming = o.packs().catch(() => []); // without a line there are emoji
  await openPicker(body, o.lang, o.emoji);
  const packs = await coming;
  if (packs.length && box.isConnected) tabs(box, body, packs, o);
}

function tabs(box, body, packs, o) {
  const strip = document.createElement('div'), first = [...body.childNodes];
  strip.className = 'panel-tabs';
  strip.setAttribute('role', 'group');
  strip.setAttribute('aria-label', o.words.panel);
  const show = (tab, nodes) => {
    for (const b of strip.children) b.setAttribute('aria-pressed', b === tab);
    body.replaceChildren(...nodes);
  };
  strip.append(tab(o.words.emoji, document.createTextNode('\u{1F642}'), b => show(b, first)));
  for (const p of packs) strip.append(tab(p.name, picture(p.stickers[0]), b => show(b, [grid(p, o)])));
  strip.firstChild.setAttribute('aria-pressed', 'true');
  strip.addEventListener('keydown', e => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (step) [...strip.children].at(([...strip.children].indexOf(e.target) + step) % strip.children.length)?.focus();
  });
  box.append(strip);
}

function tab(name, face, chosen) {
  const b = button(name, face);
  b.addEventListener('click', () => chosen(b));
  return b;
}

function grid(pack, o) {
  const list = document.createElement('div');
  list.className = 'panel-stickers';
  for (const s of pack.stickers) {
    const b = button(s.name, picture(s));
    b.addEventListener('click', () => o.sticker(s));
    list.append(b);
  }
  return list;
}

function button(name, face) {
  const b = document.createElement('button');
  b.type = 'button';
  b.title = name;
  b.setAttribute('aria-label', name);
  b.append(face);
  return b;
}

function picture(s) {
  const img = document.createElement('img');
  Object.assign(img, { src: s.url, alt: '', loading: 'lazy', decoding: 'async' });
  return img;
}
