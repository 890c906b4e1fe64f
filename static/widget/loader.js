// /widget.js runs in the company's own page: a button in a shadow root, and the chat in a frame made on demand.
//
//   <script async src="https://DESK/widget.js" data-widget="ID"></script>
//
// Further attributes: data-lang, data-color, data-position="left", data-x, data-y, data-width, data-height (px),
// data-text (words on the button), data-team, data-agent, data-hide (no button: the page calls deskbell('open')).
//
// It asks little of the page's Content-Security-Policy: the desk in script-src and frame-src. Styles are constructed
// sheets, elements are made one by one (Trusted Types), nothing moves, and the one global is `deskbell`.
//
// The visitor's token lives here, in the page's own storage, because a third-party frame's is partitioned or refused.
// It travels to the frame by messages; both sides check where a message comes from and name where it goes.
import css from 'css:loader.css';
import { inkFor, isColor } from './color.js';
import { words } from './words.js';

const queue = window.deskbell;
const tag = document.currentScript || document.querySelector('script[data-widget]');
if (tag?.dataset.widget && !queue?.here) start(tag, queue?.q || []);

function start(script, waiting) {
  const desk = new URL(script.src).origin, set = script.dataset, id = set.widget;
  const lang = set.lang || document.documentElement.lang || navigator.language || 'en', say = words(lang);
  const kept = keep('deskbell:' + id), heard = {}, told = {}, early = [];
  const px = (value, fallback) => Math.max(0, parseInt(value, 10) >= 0 ? parseInt(value, 10) : fallback) + 'px';
  const phone = matchMedia('(max-width: 480px), (max-height: 420px)');
  let frame, ready = false, isOpen = false, before = null;

  // --- what is drawn

  const host = document.createElement('deskbell-widget'), root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  const button = add('button', { type: 'button', part: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' }, root);
  add('path', { d: 'M4 17a8 8 0 0 1 16 0Z', fill: 'currentColor', stroke: 'none' }, add('g', { class: 'bell' }, add('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, button)));
  add('path', { d: 'M2.5 19.5h19M12 9V6.5M10 6h4' }, button.firstChild.firstChild);
  add('path', { class: 'down', d: 'm5 9 7 7 7-7' }, button.firstChild);
  if (set.text) { add('span', {}, button).textContent = set.text; host.toggleAttribute('text', true); }
  const badge = add('b', { hidden: '' }, button), news = add('i', { role: 'status' }, root);
  host.toggleAttribute('off', 'hide' in set);
  look(kept.read().look || {});
  label();

  function look(l) {
    const color = set.color || l.color, side = set.position || l.position;
    if (isColor(color)) { host.style.setProperty('--brand', color); host.style.setProperty('--brand-ink', inkFor(color)); }
    host.toggleAttribute('left', /left/.test(side));
    for (const [name, value] of [['--x', px(set.x, 20)], ['--y', px(set.y, 20)], ['--w', px(set.width, 372)], ['--h', px(set.height, 640)]]) host.style.setProperty(name, value);
  }

  function label(n = 0) {
    badge.hidden = !n;
    badge.textContent = n > 99 ? '99+' : n;
    button.setAttribute('aria-label', isOpen ? say.close : n ? say.unread(n) : set.text || say.open);
    host.toggleAttribute('rings', n > 0);
    news.textContent = n ? say.unread(n) : '';
  }

  // --- the frame

  function make() {
    if (frame) return;
    frame = add('iframe', { part: 'frame', title: say.title, allow: 'autoplay; clipboard-write; fullscreen; camera; microphone; display-capture' });
    frame.src = `${desk}/chat/${encodeURIComponent(id)}?frame=1&${set.lang ? 'lang' : 'page_lang'}=${encodeURIComponent(lang)}`;
    root.append(frame);
  }

  function post(type, data) {
    if (ready) frame.contentWindow.postMessage({ deskbell: 1, type, ...data }, desk);
    else early.push([type, data]);
  }

  function show(open) {
    if (open === isOpen) return;
    make();
    if (open) before = root.activeElement ? button : document.activeElement;
    isOpen = open;
    host.toggleAttribute('open', open);
    button.setAttribute('aria-expanded', open);
    label();
    fit();
    post('open', { open });
    if (open) frame.focus();
    else if (before?.isConnected) before.focus({ preventScroll: true });
    fire(open ? 'open' : 'close');
  }

  // On a phone the chat fills what the keyboard leaves of the screen.
  function fit() {
    const view = window.visualViewport, on = isOpen && phone.matches && view;
    frame.style.height = on ? view.height + 'px' : '';
    frame.style.top = on ? view.offsetTop + 'px' : '';
  }
  for (const type of ['resize', 'scroll']) window.visualViewport?.addEventListener(type, () => frame && fit());
  phone.addEventListener('change', () => frame && fit());

  // --- what the frame says

  const from = {
    ready() {
      ready = true;
      post('init', { token: kept.read().token || '', page: page(), lang, team: set.team, agent: set.agent, phone: phone.matches, ...told });
      for (const [type, data] of early.splice(0)) post(type, data);
      fire('ready');
    },
    token: d => kept.write({ token: String(d.token) }),
    look: d => { kept.write({ look: d.look }); look(d.look || {}); },
    close: () => show(false),
    unread: d => { if (!isOpen) label(Math.max(0, d.n | 0)); fire('unread', d.n | 0); },
    event: d => fire(d.name, d.data),
  };
  addEventListener('message', e => {
    if (e.origin !== desk || !frame || e.source !== frame.contentWindow || e.data?.deskbell !== 1) return;
    if (Object.hasOwn(from, e.data.type)) from[e.data.type](e.data);
  });

  // --- what the page says: deskbell('open'), deskbell('visitor', {…}) …

  const verbs = {
    open: () => show(true),
    close: () => show(false),
    show: () => host.removeAttribute('off'),
    hide: () => { show(false); host.setAttribute('off', ''); },
    send: text => { if (typeof text === 'string' && text.trim()) { show(true); post('send', { text }); } },
    on: (name, fn) => { if (typeof fn === 'function') (heard['$' + name] ||= []).push(fn); },
    identify: jwt => { if (typeof jwt === 'string') tell('identity', jwt); },
    visitor: d => tell('visitor', d),
    page: d => { if (ready) post('page', { page: { ...page(), ...plain(d) } }); },
    track: d => post('card', { kind: 'track', card: plain(d) }),
    order: d => post('card', { kind: 'order', card: plain(d) }),
  };
  function tell(name, value) {
    told[name] = typeof value === 'string' ? value : plain(value);
    if (ready) post('tell', told);
  }
  function call(verb, ...rest) {
    try { if (Object.hasOwn(verbs, verb)) verbs[verb](...rest); } catch { /* nonsense must not break the page */ }
  }
  function fire(name, data) {
    for (const fn of heard['$' + name] || []) try { fn(data); } catch (e) { setTimeout(() => { throw e; }); }
  }

  button.onclick = () => show(!isOpen);
  button.onpointerenter = button.onfocus = make; // warm up on intent
  root.addEventListener('keydown', e => { if (e.key === 'Escape' && isOpen) show(false); });
  window.deskbell = Object.assign((...a) => call(...a), { here: 1 });
  whenBody(() => {
    document.body.append(host);
    for (const a of waiting) call(...a);
    if (kept.read().token) (window.requestIdleCallback || setTimeout)(make, { timeout: 3000 }); // an answer may be waiting
  });
}

function add(name, attributes, to) {
  const svg = /^(svg|g|path)$/.test(name), el = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const a in attributes) el.setAttribute(a, attributes[a]);
  to?.append(el);
  return el;
}

// keep remembers a few words in the page's storage, or, where that is refused, until the page is left.
function keep(key) {
  let now = {};
  try { now = JSON.parse(localStorage.getItem(key)) || {}; } catch { /* refused or spoilt */ }
  return {
    read: () => now,
    write(more) {
      now = { ...now, ...more };
      try { localStorage.setItem(key, JSON.stringify(now)); } catch { /* refused */ }
    },
  };
}

function page() { return { url: location.href, title: document.title, referrer: document.referrer }; }
function plain(d) { try { return JSON.parse(JSON.stringify(d)) || {}; } catch { return {}; } }
function whenBody(fn) { if (document.body) fn(); else addEventListener('DOMContentLoaded', fn, { once: true }); }
