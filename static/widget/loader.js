// /widget.js runs in the company's own page: a button, and the chat in a frame made on demand.
//
//   <script async src="https://DESK/widget.js" data-widget="ID"></script>
//
// Further attributes: data-lang, data-color, data-position="left", data-x, data-y, data-width, data-height (px),
// data-text (words on the button), data-team, data-agent, data-hide (no button: the page calls deskbell('open')).
//
// It asks little of the page's Content-Security-Policy: the desk in script-src and frame-src. The one global is `deskbell`.
//
// The visitor's token lives here, in the page's own storage, because a third-party frame's is partitioned or refused.
// It travels to the frame by messages; both sides check where a message comes from and name where it goes.
import { Face, add } from './face.js';
import { words } from './words.js';

class Loader {
  #desk; #set; #lang; #say; #kept; #face; #frame; #ready = false; #open = false; #unread = 0; #before; #told = {}; #early = []; #heard = {}; #hold; #worn; #due; #wait = 2e3;
  #phone = matchMedia('(max-width: 480px), (max-height: 420px)');

  constructor(script) {
    this.#desk = new URL(script.src).origin;
    this.#set = script.dataset;
    this.#lang = this.#set.lang || document.documentElement.lang || navigator.language;
    this.#say = words(this.#lang);
    this.#kept = keep('deskbell:' + this.#set.widget);
    const face = this.#face = new Face(this.#set, this.#say), make = () => this.#make(), fit = () => this.#fit();
    const look = parse(this.#set.look) || this.#kept.read().look || {}; // the desk's own word comes with this script
    face.look(look);
    face.button.onclick = () => this.#open && this.#hold ? this.#post('shut') : this.#show(!this.#open);
    face.button.onpointerenter = face.button.onfocus = make; // warm up on intent
    face.root.addEventListener('keydown', e => e.key === 'Escape' && this.#show(false));
    addEventListener('message', e => this.#said(e));
    for (const type of ['resize', 'scroll']) window.visualViewport?.addEventListener(type, fit);
    this.#phone.addEventListener('change', fit);
    document.body.append(face.host);
    this.#stay();
    const watch = look.watch || this.#kept.read().token; // an answer may be waiting, or an agent
    (window.requestIdleCallback || setTimeout)(() => watch ? make() : look.invite && this.#await(look.invite), { timeout: 3000 });
  }

  // A page that takes a new body without being loaded (Turbo, htmx) takes the widget along. What took out nothing else meant it.
  #stay() {
    const { host } = this.#face, left = new MutationObserver(changes => {
      if (!host.isConnected && !this.#set.frame && changes.every(c => c.removedNodes[1] || c.removedNodes[0] !== host)) {
        this.#ready = this.#hold = false; // the frame begins anew
        this.#face.peek(0);
        document.body.append(host);
      }
      look();
    }), look = () => { for (const e of [document.documentElement, document.body]) left.observe(e, { childList: true }); };
    look();
  }

  // When an invitation may be shown the chat is made ready: it knows the visitor, and decides.
  #await(rules) {
    if (rules.some(r => RegExp(r.url, 'i').test(location) && performance.now() >= r.after * 1e3 && (scrollY + innerHeight) * 100 >= r.scroll * document.documentElement.scrollHeight)) this.#make();
    if (!this.#frame) setTimeout(() => this.#await(rules), 500);
  }

  // call does what the page says: deskbell('open'), deskbell('visitor', {…}) … Nonsense must not break the page.
  call(verb, ...rest) {
    try { if (Object.hasOwn(this.#verbs, verb)) this.#verbs[verb](...rest); } catch { /* see above */ }
  }

  #verbs = {
    open: () => this.#show(true),
    close: () => this.#show(false),
    show: () => this.#face.host.removeAttribute('off'),
    hide: () => { this.#show(false); this.#face.host.setAttribute('off', ''); },
    send: text => { if (typeof text === 'string' && text.trim()) { this.#show(true); this.#post('send', { text }); } },
    on: (name, fn) => { if (typeof fn === 'function') (this.#heard['$' + name] ||= []).push(fn); },
    identify: jwt => { if (typeof jwt === 'string') this.#tell({ identity: jwt }); },
    visitor: d => this.#tell({ visitor: plain(d) }),
    page: d => { if (this.#ready) this.#post('page', { page: { ...page(), ...plain(d) } }); },
    track: d => this.#post('card', { kind: 'track', card: plain(d) }),
    order: d => this.#post('card', { kind: 'order', card: plain(d) }),
  };

  #tell(more) {
    Object.assign(this.#told, more);
    if (this.#ready) this.#post('tell', this.#told);
  }

  // --- the frame

  // A desk that did not answer is asked again, ever later.
  #make() {
    if (this.#ready || this.#due) return;
    this.#due = setTimeout(() => { this.#due = 0; if (this.#open) this.#make(); }, this.#wait *= 2);
    this.#frame?.remove();
    const f = this.#frame = document.createElement('iframe'), lang = (this.#set.lang ? 'lang=' : 'page_lang=') + encodeURIComponent(this.#lang);
    f.title = this.#say.title;
    f.part = 'frame';
    f.allow = 'autoplay; fullscreen; microphone';
    f.src = `${this.#desk}/chat/${encodeURIComponent(this.#set.widget)}?frame=${this.#set.frame || 1}&${lang}`;
    this.#face.root.append(f);
  }

  #post(type, data) {
    if (this.#ready) this.#frame.contentWindow.postMessage({ deskbell: 1, type, ...data }, this.#desk);
    else this.#early.push([type, data]);
  }

  // a frame that is part of the page takes the focus from nobody
  #focus() { if (!this.#set.frame) this.#frame.focus(); }

  #show(open) {
    if (open === this.#open) return;
    this.#make();
    if (open) this.#before = this.#face.root.activeElement || document.activeElement;
    this.#open = open;
    this.#face.label(open, open ? 0 : this.#unread);
    this.#fit();
    if (this.#ready) this.#post('open', { open });
    if (open) this.#focus();
    else if (this.#before?.isConnected) this.#before.focus({ preventScroll: true });
    this.#fire(open ? 'open' : 'close');
  }

  // On a phone the chat fills what the keyboard leaves of the screen.
  #fit() {
    const view = this.#open && this.#phone.matches && window.visualViewport, style = this.#frame?.style;
    if (!style) return;
    style.height = view ? view.height + 'px' : '';
    style.top = view ? view.offsetTop + 'px' : '';
  }

  // --- what the frame says

  #said(e) {
    if (e.origin !== this.#desk || !this.#frame || e.source !== this.#frame.contentWindow || e.data?.deskbell !== 1) return;
    if (Object.hasOwn(this.#from, e.data.type)) this.#from[e.data.type](e.data);
  }

  #from = {
    ready: () => {
      const { team, agent } = this.#set;
      this.#ready = true;
      this.#due = clearTimeout(this.#due); // else a frame that begins anew would be taken for one that never spoke
      this.#post('init', { token: this.#kept.read().token || '', page: page(), team, agent, since: performance.now(), at: this.#kept.read().at, ...this.#told });
      for (const [type, data] of this.#early.splice(0)) this.#post(type, data);
      this.#fire('ready');
    },
    // how the window looks: only now is it seen, and can have the focus, before the chat gives that to the right place
    wear: d => { this.#worn ||= this.#face.wear(d.css); this.#frame.style.translate = this.#kept.read().at; if (this.#open) { this.#fit(); this.#focus(); this.#post('open', { open: true }); } },
    token: d => this.#kept.write({ token: String(d.token) }),
    look: d => { this.#kept.write({ look: d.look }); this.#face.look(d.look); },
    close: () => this.#show(false),
    hold: d => { this.#hold = d.on; }, // the chat has something to ask before it is closed
    show: () => this.#show(true),
    // a word of an agent's, or an invitation, in a frame so high; 0: none
    peek: d => this.#face.peek(d.h),
    more: d => import(this.#desk + d.src).then(m => m.more(d, (type, data) => this.#post(type, data), this.#frame, this.#kept)).catch(() => {}), // page.js
    unread: d => {
      this.#unread = Math.max(0, d.n | 0);
      if (!this.#open) this.#face.label(false, this.#unread);
      this.#fire('unread', this.#unread);
    },
    event: d => this.#fire(d.name, d.data),
  };

  #fire(name, data) {
    for (const fn of this.#heard['$' + name] || []) try { fn(data); } catch (e) { reportError(e); }
  }
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
function parse(text) { try { return JSON.parse(text); } catch { return null; } }
function plain(d) { return parse(JSON.stringify(d)) || {}; }

const queue = window.deskbell, tag = document.currentScript || document.querySelector('script[data-widget]');

function start() {
  const loader = new Loader(tag);
  const waiting = window.deskbell.q || [];
  window.deskbell = Object.assign((...a) => loader.call(...a), { here: 1 });
  for (const a of waiting) loader.call(...a);
}

if (tag?.dataset.widget && !queue?.here) {
  if (!queue) window.deskbell = function () { (window.deskbell.q ||= []).push(arguments); };
  window.deskbell.here = 1;
  if (document.body) start(); else addEventListener('DOMContentLoaded', start, { once: true });
}
