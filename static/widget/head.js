// The top of the chat: the company, or the agent who serves; what is to be known about the line; the buttons.
import { bell } from '../js/sound.js';
import { el, icon, press } from './dom.js';

const step = 16; // px that an arrow key moves the window by

export class Head {
  #t; #o; #logo; #name; #sub; #bell; #agent = null; #company; #typing; #say; #open = true; #presence = ''; #conversation = null; #line; #place; #ask; #note; #rate; #notice; #instead; #leave; #shown = true;

  // ctx: {t, files}; options: {title, framed, close(), move(x, y), hideStatus}.
  constructor(ctx, options) {
    this.#t = ctx.t; this.#o = { ...options, ctx };
    this.#company = { name: options.title };
    this.#logo = el('span', { class: 'logo' }, icon('#i-bell'));
    this.#name = el('h1', { dir: 'auto' }, options.title);
    this.#sub = el('p', { 'aria-live': 'polite', dir: 'auto' });
    this.#bell = press('#i-volume-2', '', { onclick: () => { bell.muted = !bell.muted; this.#drawBell(); } });
    this.#note = press('#i-notebook-pen', ctx.t.note.title, { onclick: options.note });
    this.#note.hidden = true;
    this.#rate = press('#i-star', ctx.t.rate, { onclick: options.rate });
    this.#rate.hidden = true;
    this.#bell.hidden = matchMedia('(pointer: coarse)').matches; // phones have a switch of their own
    const close = options.framed ? press('#i-chevron-down', ctx.t.close, { onclick: options.close }) : null;
    this.#ask = press('#i-bell-ring', ctx.t.notify, { onclick: options.ask });
    this.#ask.hidden = true;
    this.#notice = el('p', { class: 'notice', dir: 'auto', hidden: true });
    this.#place = el('span');
    this.#line = el('p', { class: 'wait', role: 'status', hidden: true }, this.#place, this.#instead = el('button', { type: 'button', hidden: true, onclick: options.instead }, ctx.t.note.instead), this.#leave = el('button', { type: 'button', onclick: options.leaveQueue }, ctx.t.leaveQueue));
    this.el = el('header', {}, el('div', { class: 'head' }, this.#logo, el('div', { class: 'who' }, this.#name, this.#sub), this.#rate, this.#note, this.#ask, this.#bell, close), this.#notice, this.#line);
    this.#drawBell();
    this.#draw();
  }

  // company: {name, logo_url}; open: whether somebody answers now.
  company(company, open) {
    this.#company = { ...company, name: this.#o.title || company.name };
    this.#open = open !== false;
    this.#draw(true);
  }

  // look: what the desk says of the head's looks.
  look(w) {
    this.#drawBell();
    const text = w.notice || '', link = /^https?:/.test(w.notice_link) ? w.notice_link : '';
    this.#notice.hidden = !text;
    this.#notice.replaceChildren(link ? el('a', { href: link, target: '_blank', rel: 'noopener noreferrer' }, text) : text);
    this.#leave.hidden = w.leave === false;
    this.#shown = w.logo !== false;
    this.#logo.hidden = !this.#shown && !this.#agent;
    if (this.#o.framed) this.#drag(w.drag);
  }

  // The window is moved by its head, or by the arrow keys on it: how far, the page around us is told. A finger moves what is in the window, not the window.
  #drag(on) {
    const head = this.el.firstChild;
    let from = null;
    head.classList.toggle('drag', !!on);
    for (const [name, value] of [['tabindex', 0], ['role', 'group'], ['aria-label', this.#t.move]]) if (on) head.setAttribute(name, value); else head.removeAttribute(name);
    head.onkeydown = e => {
      const way = on && e.target === head && { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
      if (way) { e.preventDefault(); this.#o.move(way[0] * step, way[1] * step); }
    };
    head.onpointerdown = e => { if (on && e.pointerType === 'mouse' && !e.button && !e.target.closest('button')) { from = e; head.setPointerCapture(e.pointerId); } };
    head.onpointermove = e => { if (from) { this.#o.move(e.screenX - from.screenX, e.screenY - from.screenY); from = e; } };
    head.onpointerup = head.onpointercancel = () => { from = null; };
  }

  // conversation: as the server tells it, or null. The agent is shown while it is open.
  conversation(c, agents = []) {
    const was = this.#agent, a = c?.status === 'open' ? c.agent : null;
    this.#agent = a?.name ? { ...agents.find(x => x.id === a.id), ...a } : null;
    this.#conversation = c;
    this.#presence = this.#agent?.presence || (this.#agent?.name === was?.name ? this.#presence : '');
    const waits = c?.status === 'waiting', place = waits && (c.queue_position || c.position);
    this.#line.hidden = !waits;
    this.#place.textContent = waits ? (place ? this.#t.queue(place) : this.#t.soon) : '';
    this.#draw(this.#agent?.name !== was?.name);
  }

  // put adds a button at the end.
  put(button) { this.el.firstElementChild.append(button); }

  // askable: whether a press can ask for the permission to notify, or (kept: he is told) end that.
  askable(on, kept) {
    this.#ask.hidden = !on && !kept;
    this.#ask.setAttribute('aria-pressed', !!kept);
  }

  // notes: whether a note can be left.
  notes(on) { this.#note.hidden = !on; }

  // instead: whether a note is offered in place of waiting.
  instead(on) { this.#instead.hidden = !on; }

  // rating: whether he may rate at any time.
  rating(on) { this.#rate.hidden = !on; }

  open(on) { this.#open = on !== false; this.#draw(); }
  presence(id, state) { if (this.#agent?.id === id) { this.#presence = state; this.#draw(); } }

  typing(name, on) {
    clearTimeout(this.#typing);
    this.#say = on ? this.#t.typing(name) : '';
    if (on) this.#typing = setTimeout(() => this.typing('', false), 6_000);
    this.#draw();
  }

  #draw(face) {
    const agent = this.#agent, word = !this.#o.hideStatus && agent && this.#t.presence[this.#presence];
    this.#name.textContent = agent?.name || this.#company.name || '';
    const sub = this.#say || word || (agent && this.#company.name) || (this.#open ? this.#t.ask : this.#t.away);
    if (this.#sub.textContent !== sub) this.#sub.textContent = sub;
    this.#logo.hidden = !this.#shown && !agent;
    this.#logo.dataset.presence = word ? this.#presence : '';
    if (face) this.#face(agent ? agent.avatar_url : this.#company.logo_url, agent?.name);
  }

  async #face(url, name) {
    this.#logo.replaceChildren(name ? [...name][0].toUpperCase() : icon('#i-bell'));
    this.#logo.classList.toggle('person', !!name);
    if (!url) return;
    const src = /^blob:/.test(url) ? url : await this.#o.ctx.files.source(url).catch(() => '');
    if (src && (this.#agent ? this.#agent.avatar_url : this.#company.logo_url) === url) this.#logo.replaceChildren(el('img', { src, alt: '' }));
  }

  #drawBell() {
    const label = bell.muted ? this.#t.soundOff : this.#t.soundOn;
    this.#bell.replaceChildren(icon(bell.muted ? '#i-volume-x' : '#i-volume-2'));
    this.#bell.setAttribute('aria-label', label);
    this.#bell.title = label;
  }
}
