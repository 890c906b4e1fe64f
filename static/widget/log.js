// The log: every message once, in the order both sides see, with days and times between; it sticks to its end, and older
// parts come in above without moving what is being read.
import { el, icon } from './dom.js';
import { begun, draw, isMine, shown } from './message.js';
import { midnight } from './texts.js';

const near = 100; // px from the end that count as the end
const pause = 5 * 60_000; // a time is drawn when so long has passed

export class Log {
  #t; #ctx; #list; #scroll; #more; #entries = []; #byID = new Map(); #readTo = {}; #fresh = 0; #top; #busy = false; #older = null;

  // older() loads the part before, and answers {messages, more}. seen() is called when the end comes into view.
  constructor(ctx, { older, seen }) {
    this.#t = ctx.t; this.#ctx = ctx; this.#older = older;
    this.#top = el('li', { class: 'line older', hidden: true }, this.#t.older);
    this.#list = el('ol', {}, this.#top);
    this.#scroll = el('div', { class: 'log', role: 'log', 'aria-label': this.#t.messages, tabindex: '0' }, this.#list);
    this.#more = el('button', { type: 'button', class: 'fresh', hidden: true, onclick: () => this.toEnd(true) });
    this.el = el('div', { class: 'talk' }, this.#scroll, this.#more);
    this.#scroll.addEventListener('scroll', () => {
      this.#stick = this.atEnd;
      if (this.#stick) { this.#setFresh(0); seen(); }
      if (this.#scroll.scrollTop < 160) this.#loadOlder();
    }, { passive: true });
    new ResizeObserver(() => this.#stick && this.toEnd()).observe(this.#scroll); // the keyboard came or went
  }

  #stick = true;
  get atEnd() { return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < near; }

  // newest is the last message that came from the other side.
  get newest() { return this.#entries.findLast(e => !e.pending && !isMine(e.m))?.m; }

  // put adds a message or brings it up to date. It tells whether it was new.
  put(m) {
    const end = this.atEnd;
    this.#begins(m);
    const known = this.#byID.get(m.id) || (m.client_id && this.#byID.get(m.client_id)) || this.#twin(m);
    if (!shown(m, this.#t)) { if (known) this.drop(known.key); return false; }
    if (known) this.#renew(known, m);
    else this.#add(m);
    if (end || isMine(m)) this.toEnd();
    else if (!known && m.kind !== 'event') this.#setFresh(this.#fresh + 1);
    return !known;
  }

  // pend shows what is on its way: put(…) of the stored message takes its place.
  pend(m) {
    const e = { key: m.client_id, m: { id: m.client_id, kind: 'text', author: { type: 'customer' }, created_at: new Date().toISOString(), ...m }, pending: true, mark: null };
    e.el = draw(e.m, this.#ctx);
    this.#insert(e);
    this.toEnd();
    return e;
  }

  // foot writes under a message: its state, or the ways out of a failure.
  foot(id, kind, ...parts) {
    const e = this.#byID.get(id);
    if (!e) return;
    const end = this.atEnd;
    e.el.classList.toggle('failed', kind === 'failed');
    e.el.classList.toggle('sending', kind === 'sending');
    e.el.querySelector('.foot').replaceChildren(...parts);
    if (end) this.toEnd();
  }

  drop(id) {
    const e = this.#byID.get(id), i = this.#entries.indexOf(e);
    for (const x of this.#entries) x.el.querySelector(`[data-quoted="${id}"]`)?.remove();
    if (i < 0) return;
    this.#entries.splice(i, 1);
    for (const [k, v] of this.#byID) if (v === e) this.#byID.delete(k);
    e.el.remove(); e.mark?.remove();
    this.#dress(i);
    this.#states();
  }

  // begin shows the newest part, and lets older ones be loaded. What is on its way stays, and so does what came since `mark`: it may be newer
  // than that part.
  begin(messages, more, mark = Infinity) {
    for (const e of this.#entries.filter(e => !e.pending && e.n <= mark)) this.drop(e.key);
    for (const m of messages) this.put(m);
    this.more = more;
    this.#setFresh(0);
    this.toEnd();
  }

  // mark is the present, for begin.
  get mark() { return this.#count; }
  #count = 0;

  // readTo: the agent has read so far.
  readTo(conversation, seq) {
    if (this.#readTo.conversation === conversation && !(seq > this.#readTo.seq)) return;
    this.#readTo = { conversation, seq };
    this.#states();
  }

  toEnd(smooth) {
    this.#stick = true;
    this.#setFresh(0);
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#scroll.scrollTo({ top: this.#scroll.scrollHeight, behavior: smooth && !calm ? 'smooth' : 'instant' });
  }

  scrollBy(pages) { this.#scroll.scrollBy({ top: pages * this.#scroll.clientHeight * 0.8 }); }

  async #loadOlder() {
    if (this.#busy || !this.more) return;
    this.#busy = true;
    const slow = setTimeout(() => { this.#top.hidden = false; }, 200);
    try {
      const { messages, more } = await this.#older();
      const room = this.#scroll.scrollHeight - this.#scroll.scrollTop;
      this.#top.hidden = true;
      for (const m of messages) { this.#begins(m); this.#add(m); }
      this.#scroll.scrollTop = this.#scroll.scrollHeight - room;
      this.more = more;
    } catch { /* the next scroll asks again */ } finally { clearTimeout(slow); this.#top.hidden = true; this.#busy = false; }
  }

  #begins(m) { if (m.began_at) this.#add(begun(m.conversation_id, m.began_at)); }

  #add(m) { if (!this.#byID.has(m.id) && shown(m, this.#t)) this.#insert({ key: m.id, m, el: draw(m, this.#ctx), mark: null }); }

  // --- order

  #insert(e) {
    let i = this.#entries.length;
    while (i > 0 && after(this.#entries[i - 1], e)) i--;
    this.#entries.splice(i, 0, e);
    e.n = ++this.#count;
    this.#byID.set(e.key, e);
    if (e.m.client_id) this.#byID.set(e.m.client_id, e);
    const next = this.#entries[i + 1];
    this.#list.insertBefore(e.el, next ? next.mark || next.el : null);
    this.#dress(i);
    this.#dress(i + 1);
    this.#states();
  }

  #renew(e, m) {
    const was = this.#entries.indexOf(e), moved = e.pending || e.m.seq !== m.seq, same = e.m.text === m.text && (e.pending ? m.kind === 'text' : JSON.stringify(e.m.files) === JSON.stringify(m.files));
    if (!same) {
      const fresh = draw(keepLocal(m, e.m), this.#ctx);
      e.el.replaceWith(fresh);
      e.el = fresh;
    }
    this.#byID.delete(e.key);
    Object.assign(e, { key: m.id, m: keepLocal(m, e.m), pending: false, n: ++this.#count });
    this.#byID.set(m.id, e);
    if (m.client_id) this.#byID.set(m.client_id, e);
    e.el.classList.remove('sending', 'failed');
    if (moved && (after(this.#entries[was - 1], e) || after(e, this.#entries[was + 1]))) {
      this.#entries.splice(was, 1);
      e.mark?.remove(); e.mark = null; e.el.remove();
      this.#dress(was);
      this.#insert(e);
    } else { this.#dress(was); this.#states(); }
  }

  // twin finds the message on its way that this one is, where the server does not tell its client_id.
  #twin(m) {
    return m.client_id || !isMine(m) ? undefined : this.#entries.find(e => e.pending && e.m.text === (m.text || undefined) && !e.m.files);
  }

  // dress gives entry i what depends on its neighbour: a day or a time above it, its writer's name, less room in a run.
  #dress(i) {
    const e = this.#entries[i], last = this.#entries[i - 1];
    if (!e) return;
    const now = new Date(e.m.created_at), then = last && new Date(last.m.created_at);
    const day = !last || midnight(now) !== midnight(then), gap = day || now - then > pause;
    const event = e.m.kind === 'event', text = [day && this.#t.day(now), (day || gap) && !event && this.#t.time(now)].filter(Boolean).join(' '); // a line has its own time
    if (text && !e.mark) this.#list.insertBefore(e.mark = el('li', { class: 'mark' }), e.el);
    if (!text && e.mark) { e.mark.remove(); e.mark = null; }
    if (e.mark && e.mark.textContent !== text) e.mark.replaceChildren(el('time', { datetime: e.m.created_at, title: this.#t.exact(now) }, text));
    const run = !!last && !gap && last.m.kind !== 'event' && !event && writer(last.m) === writer(e.m);
    e.el.classList.toggle('run', run);
  }

  // states writes "Sent" or "Read" under the last message of the visitor's, and under no other. What an agent has answered he has read.
  #states() {
    let told = false, answered;
    for (const e of [...this.#entries].reverse()) {
      if (e.m.author?.type === 'agent' && e.m.kind !== 'event') answered ??= e.m.conversation_id;
      if (e.pending || !isMine(e.m) || e.m.kind === 'event') continue;
      const read = e.m.conversation_id === answered || e.m.conversation_id === this.#readTo.conversation && e.m.seq <= this.#readTo.seq || e.m.delivery?.state === 'read', foot = e.el.querySelector('.foot');
      const text = told ? '' : read ? this.#t.read : this.#t.sent;
      if (foot.textContent !== text) foot.replaceChildren(text);
      told = true;
    }
  }

  #setFresh(n) {
    this.#fresh = n;
    this.#more.hidden = !n;
    if (n) this.#more.replaceChildren(icon('#i-arrow-down'), this.#t.fresh(n));
  }
}

// after: does a come after b? The greeting, which this browser's clock has dated, comes first, and what is on its way last; within a
// conversation seq says it, between two, the time.
function after(a, b) {
  if (!a || !b) return false;
  if (a.key === 'greeting' || b.key === 'greeting') return b.key === 'greeting';
  if (a.pending || b.pending) return !!a.pending && !b.pending;
  if (a.m.conversation_id === b.m.conversation_id) return a.m.seq > b.m.seq;
  return a.m.created_at > b.m.created_at;
}

function writer(m) { return `${m.author?.type}:${m.author?.type === 'customer' ? '' : m.author?.id || m.author?.name}`; }

// keepLocal spares fetching a picture that was just sent from here.
function keepLocal(m, was) {
  const local = was.files?.[0]?.local;
  return local && m.files?.length === 1 ? { ...m, files: [{ ...m.files[0], local }] } : m;
}
