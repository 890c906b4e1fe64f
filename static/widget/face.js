// What the loader draws into the company's page: a button in a shadow root. Elements are made one by one (Trusted Types),
// styles are a constructed sheet (no style-src), and nothing on the page moves.
import css from 'css:loader.css';

export class Face {
  #set; #say; #badge; #news; #text; #n = 0;

  // set: the script tag's data attributes; say: the loader's words.
  constructor(set, say) {
    this.#set = set; this.#say = say;
    this.host = document.createElement('deskbell-widget');
    this.root = this.host.attachShadow({ mode: 'open' });
    this.wear(css);
    this.button = add('button', { type: 'button', part: 'button', 'aria-haspopup': 'dialog' }, this.root);
    this.#badge = add('b', {}, this.button);
    this.#news = add('i', { role: 'status' }, this.root);
    this.host.toggleAttribute('off', 'hide' in set);
  }

  // wear takes a style sheet.
  wear(css) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return this.root.adoptedStyleSheets.push(sheet);
  }

  // look takes what the desk says of the widget's looks; the tag's own words go before it.
  look(desk) {
    const look = { ...desk, ...this.#set }, host = this.host, svg = add('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' });
    if (this.#set.color && !this.#set.ink) look.ink = ''; // the desk's ink is for the desk's colour
    for (const name of ['color', 'ink']) if (look[name]) host.style.setProperty('--' + name, look[name]);
    for (const name of ['x', 'y', 'width', 'height']) if (look[name] >= 0) host.style.setProperty('--' + name, look[name] + 'px');
    host.toggleAttribute('left', look.position === 'left');
    const bell = add('g', { class: 'bell' }, svg);
    if (!look.icon) add('path', { d: 'M4 17a8 8 0 0 1 16 0Z', fill: 'currentColor', stroke: 'none' }, bell);
    add('path', { d: look.icon || 'M2.5 19.5h19M12 9V6.5M10 6h4' }, bell);
    add('path', { class: 'down', d: 'm5 9 7 7 7-7' }, svg);
    this.#text = this.#set.text || look.texts?.[this.#say.lang] || look.text;
    host.toggleAttribute('text', !!this.#text);
    this.button.replaceChildren(svg, this.#text || '', this.#badge);
    this.label(host.hasAttribute('open'), this.#n);
  }

  // peek makes room for a word beside the closed widget, so many px high.
  peek(h) {
    this.host.toggleAttribute('peek', h);
    this.host.style.setProperty('--peek', h + 'px');
  }

  // label says what a press does, and how much is unread.
  label(open, n) {
    const say = this.#say;
    this.#n = n;
    this.host.toggleAttribute('open', open);
    this.host.toggleAttribute('rings', n > 0);
    this.button.setAttribute('aria-expanded', open);
    this.button.setAttribute('aria-label', open ? say.close : n ? say.unread(n) : this.#text || say.open);
    this.#badge.hidden = !n;
    this.#badge.textContent = n > 99 ? '99+' : n;
    this.#news.textContent = n ? say.unread(n) : '';
  }
}

export function add(name, attributes, to) {
  const svg = /^(svg|g|path)$/.test(name), el = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const a of Object.keys(attributes)) el.setAttribute(a, attributes[a]);
  to?.append(el);
  return el;
}
