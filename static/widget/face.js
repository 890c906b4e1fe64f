// What the loader draws into the company's page: a button in a shadow root. Elements are made one by one (Trusted Types),
// styles are a constructed sheet (no style-src), and nothing on the page moves.
import { inkFor, isColor } from './color.js';
import css from 'css:loader.css';

export class Face {
  #set; #say; #badge; #news;

  // set: the script tag's data attributes; say: the loader's words.
  constructor(set, say) {
    this.#set = set; this.#say = say;
    this.host = document.createElement('deskbell-widget');
    this.root = this.host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.root.adoptedStyleSheets = [sheet];
    this.button = add('button', { type: 'button', part: 'button', 'aria-haspopup': 'dialog' }, this.root);
    const svg = add('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, this.button), bell = add('g', { class: 'bell' }, svg);
    add('path', { d: 'M4 17a8 8 0 0 1 16 0Z', fill: 'currentColor', stroke: 'none' }, bell);
    add('path', { d: 'M2.5 19.5h19M12 9V6.5M10 6h4' }, bell);
    add('path', { class: 'down', d: 'm5 9 7 7 7-7' }, svg);
    if (set.text) add('span', {}, this.button).textContent = set.text;
    this.host.toggleAttribute('text', !!set.text);
    this.host.toggleAttribute('off', 'hide' in set);
    this.#badge = add('b', {}, this.button);
    this.#news = add('i', { role: 'status' }, this.root);
    for (const [name, least] of Object.entries({ x: 20, y: 20, width: 372, height: 640 })) this.host.style.setProperty('--' + name, (parseInt(set[name], 10) >= 0 ? parseInt(set[name], 10) : least) + 'px');
    this.label(false, 0);
  }

  // look takes the colour and side that the desk gave; the tag's own words go before them.
  look({ color, position }) {
    const c = this.#set.color || color;
    if (isColor(c)) {
      this.host.style.setProperty('--brand', c);
      this.host.style.setProperty('--brand-ink', inkFor(c));
    }
    this.host.toggleAttribute('left', (this.#set.position || position) === 'left');
  }

  // peek makes room for a word beside the closed widget, so many px high.
  peek(h) {
    this.host.toggleAttribute('peek', h);
    this.host.style.setProperty('--peek', h + 'px');
  }

  // label says what a press does, and how much is unread.
  label(open, n) {
    const say = this.#say;
    this.host.toggleAttribute('open', open);
    this.host.toggleAttribute('rings', n > 0);
    this.button.setAttribute('aria-expanded', open);
    this.button.setAttribute('aria-label', open ? say.close : n ? say.unread(n) : this.#set.text || say.open);
    this.#badge.hidden = !n;
    this.#badge.textContent = n > 99 ? '99+' : n;
    this.#news.textContent = n ? say.unread(n) : '';
  }
}

export function add(name, attributes, to) {
  const svg = /^(svg|g|path)$/.test(name), el = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const a in attributes) el.setAttribute(a, attributes[a]);
  to.append(el);
  return el;
}
