// Making elements. Texts go in as text, never as HTML: what a person wrote stays what he wrote.

// el('button', {class: 'x', onclick: fn, hidden: true}, 'text', child, null …)
export function el(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) {
    if (typeof v === 'function') e[k] = v;
    else if (v === true) e.setAttribute(k, '');
    else if (v !== false && v != null) e.setAttribute(k, v);
  }
  e.append(...children.filter(c => c != null));
  return e;
}

// icon('#i-send') draws one of the sprite's icons.
export function icon(ref) {
  const ns = 'http://www.w3.org/2000/svg', svg = document.createElementNS(ns, 'svg'), use = document.createElementNS(ns, 'use');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', ref);
  svg.append(use);
  return svg;
}

// addSprite puts our own sprite (never anybody else's text) into the page.
export function addSprite(text) {
  const svg = document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
  svg.setAttribute('class', 'sprite');
  svg.setAttribute('aria-hidden', 'true');
  document.body.prepend(svg);
}

// press makes a button with an icon and a name that is read out.
export function press(ref, label, attributes = {}) {
  return el('button', { type: 'button', class: 'press', 'aria-label': label, title: label, ...attributes }, icon(ref));
}

// newID is 128 random bits; crypto.randomUUID is there only where the page is secure.
export function newID() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('');
}

// sizeOf writes a number of bytes.
export function sizeOf(n, lang) {
  const [value, unit] = n < 1e6 ? [Math.max(1, Math.round(n / 1e3)), 'KB'] : [(n / 1e6), 'MB'];
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(value)} ${unit}`;
}
