// The chat: in the widget's frame and as a page of its own (/chat/ID). This file joins the parts: the head, the log, the
// composer, the visitor's session, his stream and his outbox.
import sprite from 'sprite:widget';
import frameCSS from 'css:frame.css';
import { setBadge } from '../js/badge.js';
import { bell } from '../js/sound.js';
import { Stream } from '../js/stream.js';
import { Api } from './api.js';
import { Ask } from './ask.js';
import { connect, framed } from './bridge.js';
import { inkFor, isColor } from './color.js';
import { Composer } from './composer.js';
import { addSprite, el, newID } from './dom.js';
import { Files } from './files.js';
import { Head } from './head.js';
import { keep } from './keep.js';
import { Leave } from './leave.js';
import { Notify } from './notify.js';
import { Tabs } from './tabs.js';
import { Log } from './log.js';
import { Menu } from './menu.js';
import { begun, isMine } from './message.js';
import { Outbox } from './outbox.js';
import { canPush, follow, unfollow, show } from './push.js';
import { textsFor } from './texts.js';
import { profile, seen, short } from './told.js';
import { Uploads } from './uploads.js';

const part = 10; // messages loaded at a time on the way up
const slow = 400; // ms before "Sending…" is said

export class Chat {
  #id; #t; #api; #files; #head; #log; #composer; #outbox; #uploads; #bridge; #stream; #note; #notice;
  #init = {}; #told = {}; #session = null; #entering = null; #conversation = null; #agents = []; #next = null;
  #link; #notify; #tabs; #moved;
  #ctx; #watched = false; #peek = null; #peeking; #invited = '';
  #open = false; #unread = 0; #readSent = ''; #renewed = 0; #visitor = ''; #retelling;

  // still: {api, connect}: a picture of a chat, for the designer, that asks nobody and keeps nothing.
  constructor({ widget, title, watch }, still) {
    this.#still = !!still;
    const link = new URLSearchParams(location.search);
    this.#id = widget;
    this.#link = link;
    this.#watched = watch !== undefined; // a session is begun before the visitor opens the chat
    this.#t = textsFor(document.documentElement.lang, navigator.language); // the server has chosen: link, widget, page, browser
    document.documentElement.classList.toggle('page', !framed);
    this.#api = still?.api ?? new Api(this.#t.lang);
    this.#files = new Files(this.#api, this.#t, text => this.#tell(text));
    const ctx = this.#ctx = { t: this.#t, files: this.#files, company: () => this.#session?.widget?.title || this.#session?.company?.name || title, faceOf: a => this.#agents.find(x => x.name === a.name)?.avatar_url, asked: m => this.#asked(m) };
    this.#fixed = link.get('frame') === 'embedded';
    this.#head = new Head(ctx, { title, framed: framed && !this.#fixed, close: () => this.#putAway(), move: (x, y) => this.#more({ do: 'move', x, y }), rate: () => this.#withRate(r => r.open()), note: () => this.#leaveNote(true), ask: () => this.#notify.ask(), leaveQueue: () => this.#quitQueue(), instead: () => this.#noteInstead(), hideStatus: flag(link, 'hideStatus') });
    this.#notify = new Notify(what => this.#more(what), this.#t, (askable, kept) => this.#head.askable(askable, kept), !framed && !still && canPush ? this.#pushes() : null);
    this.#tabs = new Tabs(widget, on => this.#elsewhere(on));
    this.#log = new Log(ctx, { older: () => this.#older(), seen: () => this.#seen() });
    this.#menu = new Menu(this.#t, (text, team) => { this.#write(text, undefined, team); this.#composer.focus(); });
    this.#log.el.append(this.#menu.el);
    this.#composer = new Composer(this.#t, 'deskbell:' + widget, {
      text: text => this.#write(text), files: list => this.#uploads.add(list), typing: draft => this.#session && this.#api.post('/typing', { typing: true, text: draft }).catch(() => {}),
      refuse: f => this.#files.refuse(f), say: text => this.#tell(text),
      packs: async () => { await this.#enter(); return (await this.#api.get('/stickers')).items; }, sticker: s => this.#write('', s),
    });
    this.#outbox = new Outbox('deskbell:' + widget + ':outbox', item => this.#deliver(item), (...a) => this.#sending(...a));
    this.#uploads = new Uploads({ api: this.#api, t: this.#t, log: this.#log, stored: m => this.#take(m), ready: () => this.#enter() });
    this.#lay(flag(link, 'hideKeyboard'));
    this.#bridge = (still?.connect ?? connect)(widget, this.#hear());
  }
  #still; #fixed; #menu; // a part of the page: it is neither closed nor moved

  // show draws a session that nobody began.
  show(session) { this.#begin(session); }

  #lay(mute) {
    addSprite(sprite);
    this.#note = el('p', { class: 'note', role: 'status', hidden: true });
    this.#notice = el('p', { class: 'note bad', role: 'alert', hidden: true });
    this.#composer.el.hidden = mute;
    document.body.append(el('main', {}, this.#head.el, this.#log.el, this.#note, this.#notice, this.#composer.el));
    document.addEventListener('keydown', e => {
      if (e.target === document.body && (e.key.length === 1 && e.key !== ' ' || e.keyCode === 229) && !e.ctrlKey && !e.metaKey && !e.altKey) this.#begins(); // he may just write
      if (framed && e.key === 'Escape' && !e.isComposing && e.keyCode !== 229 && !document.querySelector('dialog[open]')) this.#putAway();
      if ((e.key === 'PageUp' || e.key === 'PageDown') && e.target.matches?.('textarea')) { e.preventDefault(); this.#log.scrollBy(e.key === 'PageUp' ? -1 : 1); }
    });
    for (const type of ['visibilitychange', 'online', 'offline']) (type[0] === 'v' ? document : window).addEventListener(type, () => { this.#seen(); this.#lineState(); });
    if (!framed) this.#settle();
  }

  // begins puts the cursor where he writes. Safari lets no frame of another site do so before the visitor has touched it: then the first key does.
  #begins() { (this.#leave || this.#first || this.#composer).focus(); }

  // pushes: what a page of its own can do so that the visitor hears of answers when it is closed.
  #pushes() {
    const key = 'deskbell:' + this.#id + ':push', o = {
      kept: keep.get(key, false) === true,
      allow: () => { keep.set(key, o.kept = true); this.#follow ??= this.#enter().then(() => follow(this.#api, () => this.#log.toEnd())).catch(() => { this.#follow = null; }); },
      end: () => { keep.set(key, o.kept = false); this.#follow = null; unfollow(this.#api).catch(() => {}); },
      show: (...a) => show(...a).catch(() => {}),
    };
    return o;
  }
  #follow = null;

  // more asks the page around us for what its loader does not carry.
  #more(what) { this.#bridge.say('more', { src: ASSET_PAGE, ...what }); }

  // settle makes itself at home on a page of its own.
  #settle() {
    fitKeyboard();
    import('./home.js').then(({ furnish }) => furnish({ id: this.#id, t: this.#t, link: this.#link, title: () => document.title, put: b => this.#head.put(b), moved: () => this.#log.toEnd() }), () => {});
  }

  // what the page around us says
  #hear() {
    return {
      init: d => {
        this.#init = d;
        this.#bridge.say('wear', { css: frameCSS });
        if (d.at) this.#more({ do: 'move' }); // this page may be narrower
        this.#told = { visitor: d.visitor, identity: d.identity };
        this.#api.token = d.token || '';
        if (d.token || this.#watched && framed) this.#enter().catch(() => {});
        this.#recall();
      },
      open: d => {
        this.#open = !!d.open;
        if (!this.#open) return;
        this.#peek?.hide();
        this.#peek?.stop();
        this.#tabs.take();
        this.#notify.learn();
        this.#enter();
        this.#log.toEnd();
        if (!this.#fixed) this.#begins();
        this.#seen();
        this.#pop();
      },
      shut: () => this.#putAway(),
      send: d => typeof d.text === 'string' && this.#write(short(d.text, 1500)),
      tell: d => {
        this.#told = { visitor: d.visitor, identity: d.identity }; 
        clearTimeout(this.#retelling); // a page tells in several breaths
        this.#retelling = setTimeout(() => this.#entering?.then(() => this.#renew()).catch(() => {}), 300); // also to a session that is only being begun
      },
      may: d => this.#notify.may(d.state),
      pressed: () => { if (framed) this.#bridge.say('show'); else focus(); }, // on a notification
      scroll: d => this.#peek?.scrolled(d.to),
      page: d => { this.#init.page = d.page; this.#peek?.moved(d.page?.url); if (this.#session) this.#api.post('/page', seen(d.page)).catch(() => {}); },
      card: d => this.#enter().then(() => this.#api.post('/messages', { client_id: newID(), kind: d.kind, [d.kind]: d.card })).catch(() => {}),
    };
  }

  // --- the session

  // enter resolves when the visitor has a session. Without a line it keeps trying.
  #enter() {
    return this.#entering ??= (async () => {
      for (let wait = 1_000; ; wait = Math.min(wait * 2, 30_000)) {
        try {
          const mark = this.#log.mark;
          return this.#begin(await this.#ask(), mark);
        } catch (e) {
          if (this.#init.link && e.status === 422 && e.fields.link) { this.#init.link = undefined; this.#tell(e.detail); continue; } // over: he comes in as anybody
          if ((e.status === 400 || e.status === 422) && this.#without(e.fields)) continue;
          if (!e.passing) { this.#dead(e); throw e; }
          this.#say(navigator.onLine ? this.#t.later : this.#t.offline);
          await new Promise(done => { setTimeout(done, Math.max(wait, e.wait || 0)); addEventListener('online', done, { once: true }); });
        }
      }
    })();
  }

  // without leaves out what the page told of its visitor and the desk does not take, and nothing else; false: that was not it.
  #without(fields) {
    const { visitor, identity } = this.#told, good = Object.entries(visitor || {}).filter(([k]) => !Object.hasOwn(fields, k));
    if (identity && fields.identity) this.#told.identity = undefined;
    else if (visitor) this.#told.visitor = good.length < Object.keys(visitor).length ? Object.fromEntries(good) : undefined;
    else if (identity) this.#told.identity = undefined;
    else return false;
    return true;
  }

  #ask() {
    const { page, team, agent, link } = this.#init;
    return this.#tabs.ask(this.#api.token, token => this.#api.post('/sessions', { widget_id: this.#id, visitor_token: token || undefined, team: short(team, 100), agent: short(agent, 100), link, page: seen(page), visitor: profile(this.#told.visitor, this.#t.lang), identity: this.#told.identity }));
  }

  // mark: what has come since is not to be lost, where it is the same visitor.
  #begin(s, mark) {
    if (s.visitor_id !== this.#session?.visitor_id) mark = undefined;
    this.#session = s;
    this.#init.link = undefined;
    this.#api.token = s.visitor_token;
    this.#bridge.say('token', { token: s.visitor_token });
    this.#agents = s.agents || [];
    this.#look(s.widget || {});
    this.#head.company(s.company || {}, s.open);
    this.#duty(s);
    this.#askFirst(s);
    if (!framed && s.company?.name) document.title = s.widget?.title || s.company.name;
    this.#say('');
    const list = s.messages || [];
    this.#next = s.next_cursor;
    this.#talked = false;
    this.#log.begin(this.#greeted(list, s.next_cursor), !!s.next_cursor, mark);
    this.#talk(s.conversation);
    this.#offer(s.waiting?.note_in);
    this.#countUnread(s);
    this.#listen(s);
    this.#invite(s);
    this.#outbox.flush();
    return s;
  }

  // What is shown beside a closed widget comes when it is first wanted.
  #withPeek(use) {
    if (!framed) return;
    this.#peeking ??= import('./peek.js').then(({ Peek }) => {
      this.#peek = new Peek(this.#ctx, {
        say: (type, data) => this.#bridge.say(type, data), open: () => this.#bridge.say('show'),
        told: (id, outcome) => {
          const told = this.#api.post('/invitations', { id, outcome }).catch(() => {});
          if (outcome === 'accepted') this.#introduced = Promise.all([this.#introduced, told]); // it stands before his first words, however fast he writes
        },
        invited: text => { this.#invited = text; this.#log.put(this.#ours('invited', text)); },
      });
    });
    this.#peeking.then(() => { if (!this.#open) use(this.#peek); }, () => { this.#peeking = undefined; });
  }

  #invite(s) {
    if (s.invitations?.length && !this.#open) this.#withPeek(p => p.watch(s.invitations, this.#init));
  }

  // ours is a word of the company's that is not stored.
  #ours(id, text, at, conversation) {
    return { id, conversation_id: conversation, seq: 0, kind: 'text', author: { type: 'system', name: this.#ctx.company() }, text, created_at: at ?? new Date().toISOString() };
  }

  // The company's greeting stands at the beginning of all that was said.
  #greeted(list, more) {
    const text = this.#session.widget?.greeting, first = list[0];
    if (more || !text) return list;
    return [this.#ours('greeting', text, first?.created_at, first?.conversation_id), ...list];
  }

  // duty: what stands here off hours: the form of a note, a fixed text, or the chat as usual.
  #duty(s) {
    const w = s.widget || {}, [way, words] = this.#said(w), off = !s.open && !s.conversation ? way : '';
    this.#head.notes(w.note && !this.#none('ticket') && off !== 'text');
    this.#off?.remove();
    if (this.#off) for (const p of [this.#log.el, this.#composer.el]) p.hidden = false;
    this.#off = null;
    if (off === 'note') this.#leaveNote(false, undefined, !this.#open || this.#fixed);
    else if (off === 'text') {
      this.#off = el('p', { class: 'off-duty', dir: 'auto' }, words);
      for (const p of [this.#log.el, this.#composer.el]) p.hidden = true;
      this.#head.el.after(this.#off);
    }
  }
  #off = null;

  // none: the link of a page of its own says that there is to be none.
  #none(name) { return !framed && this.#link.has(name) && !flag(this.#link, name); }

  // said: what stands there off hours, by the link of a page of its own before the widget.
  #said(w) {
    const type = !framed && this.#link.get('offDutyType'), words = this.#link.get('offDutyWord') || w.off_text;
    if (type === 'chat') return ['', ''];
    if (type === 'note' && w.note) return ['note', ''];
    return type === 'none' && words ? ['text', words.slice(0, 500)] : [w.off_duty, w.off_text];
  }

  // askFirst: what the company wants to know of a visitor before his chat. What he, or the page, has written meanwhile waits.
  #askFirst(s) {
    const ask = !s.conversation && !this.#leave && !this.#off && s.widget?.ask;
    if (!ask || this.#first) return;
    const parts = [this.#log.el, this.#composer.el], hidden = parts.map(p => p.hidden);
    this.#introduced = new Promise(done => {
      this.#first = new Ask(this.#t, ask, {
        failed: this.#t.failed, send: said => this.#api.post('/profile', said),
        done: () => { this.#first.el.remove(); this.#first = null; parts.forEach((p, i) => { p.hidden = hidden[i]; }); done(); this.#log.toEnd(); this.#composer.focus(); },
      });
    });
    for (const p of parts) p.hidden = true;
    this.#head.el.after(this.#first.el);
    if (this.#open && !this.#fixed) this.#first.focus();
  }
  #first = null; #introduced = null;

  // offer: who has waited for long is offered to leave a note instead.
  #offer(note_in) {
    clearTimeout(this.#offering);
    this.#head.instead(note_in === 0);
    if (note_in > 0) this.#offering = setTimeout(() => this.#head.instead(this.#conversation?.status === 'waiting'), Math.min(note_in * 1000, 2 ** 31 - 1));
  }
  #offering;

  // noteInstead ends the waiting and opens the form; the note remembers the chat.
  async #noteInstead() {
    const from = this.#conversation?.id;
    if (await this.#quitQueue()) this.#leaveNote(true, from);
  }

  // quitQueue ends the waiting; he is told when that could not be done.
  #quitQueue() { return this.#api.post('/leave', {}).then(() => true, e => this.#tell(e.detail || this.#t.unreachable)); }

  // leaveNote shows the form of a note. One that cannot be closed leads to no chat: what was said can be read, and no more written.
  // One that comes by itself, into a chat that nobody has opened, is quiet: it takes the focus from nobody.
  #leaveNote(closable, from, quiet) {
    this.#first?.el.remove();
    if (this.#leave) { this.#showForm(true); return quiet || this.#leave.focus(); }
    const parts = [this.#log.el, this.#composer.el], hidden = parts.map(p => p.hidden);
    const close = () => { this.#leave.el.remove(); this.#leave = null; if (this.#first) return void (this.#head.el.after(this.#first.el), this.#first.focus()); parts.forEach((p, i) => { p.hidden = hidden[i]; }); this.#log.toEnd(); this.#composer.focus(); };
    this.#leave = new Leave(this.#t, {
      api: this.#api, ready: () => this.#enter(), categories: this.#session?.widget?.categories, known: this.#session?.waiting?.known, from, close: closable ? close : null,
      read: closable ? null : () => this.#showForm(false), refuse: f => this.#files.refuse(f),
      stored: m => { this.#take(m); if (closable) close(); else this.#showForm(false); this.#tell(this.#t.note.thanks, true); },
    });
    for (const p of parts) p.hidden = true;
    this.#head.el.after(this.#leave.el);
    if (!closable) {
      this.#menu.show([]); // a choice would begin a chat
      this.#log.el.after(this.#back ??= el('div', { class: 'again', hidden: true }, el('button', { type: 'button', class: 'primary', onclick: () => this.#leaveNote(false) }, this.#t.note.title)));
    }
    if (!quiet) this.#leave.focus();
  }
  #back = null;

  #showForm(on) {
    this.#leave.el.hidden = !on;
    this.#log.el.hidden = on;
    if (this.#back) this.#back.hidden = on;
    if (!on) this.#log.toEnd();
  }
  #leave = null;

  // --- ratings

  // What rates is loaded when it is first wanted.
  #withRate(use) {
    this.#rate ??= import('./rate.js').then(({ Rate }) => new Rate(this.#t, { api: this.#api, say: (text, good) => this.#tell(text, good), given: r => this.#event('rating', { id: r.conversation_id, stars: r.stars }) }));
    return this.#rate.then(use).catch(() => { this.#rate = null; });
  }
  #rate = null; #popup = ''; #parted = new Set();

  // asked is the place of a request among the messages.
  #asked(m) {
    const li = el('li', { class: 'asked' });
    this.#withRate(r => r.card(li, m));
    return li;
  }

  // pop opens the question that is to open by itself, when the chat is open.
  #pop() {
    const id = this.#popup;
    if (!id || !this.#open) return;
    this.#popup = '';
    this.#withRate(r => r.open(id));
  }

  // putAway closes the chat; where the company wants it, it asks once before how he was served.
  async #putAway() {
    if (this.#fixed) return;
    const id = this.#conversation?.id;
    if (id && this.#session?.rating?.on_leave && !this.#parted.has(id)) {
      this.#parted.add(id);
      this.#hold();
      await this.#withRate(r => r.open(id, { leaving: true }));
    }
    this.#bridge.say('close');
  }

  // hold tells the page around us that closing is ours to do, for there is something to be asked.
  #hold() { this.#bridge.say('hold', { on: !!(this.#conversation && this.#session?.rating?.on_leave && !this.#parted.has(this.#conversation.id)) }); }

  // renew: the token has died (dead), or the page told us who the visitor is.
  async #renew(dead) {
    if (dead) {
      const since = Date.now() - this.#renewed;
      if (since < 10_000) await new Promise(done => setTimeout(done, 10_000 - since));
      this.#renewed = Date.now();
      this.#stream?.close(); // the token is shown once more: only the server can say that it is good for nothing
      this.#stream = null;
    }
    this.#entering = null;
    await this.#enter();
  }

  #look(w) {
    if (isColor(w.color)) {
      document.documentElement.style.setProperty('--brand', w.color);
      document.documentElement.style.setProperty('--brand-ink', isColor(w.ink) ? w.ink : inkFor(w.color));
    }
    if (w.quiet) bell.quiet();
    this.#head.look(w);
    this.#composer.preview = !!w.preview;
    if (w.max_file_mb) this.#files.limit = w.max_file_mb;
    this.#bridge.say('look', { look: w.button || {} });
    document.querySelector('.powered')?.remove();
    if (w.powered_by) this.#composer.el.after(el('p', { class: 'powered' }, this.#t.powered));
  }

  #dead(e) {
    this.#say(e.detail || this.#t.noChat);
    this.#composer.el.hidden = true;
  }

  // --- the stream

  #listen(s) {
    if (this.#still || (this.#stream && this.#visitor === s.visitor_id)) return;
    this.#stream?.close();
    this.#visitor = s.visitor_id;
    this.#stream = new Stream('/visitor/v1/stream', {
      scope: s.visitor_id, after: s.last_event_id ?? '', headers: () => this.#api.headers(),
      event: (name, data) => this.#happened(name, data),
      state: state => this.#line(state),
      poll: () => this.#catchUp(),
    });
  }

  #happened(name, d) {
    if (name === 'message.created') return this.#take(d);
    if (name === 'message.updated') return d.text !== undefined || d.files ? void this.#log.put(d) : undefined;
    if (name === 'message.recalled') return this.#log.drop(d.id);
    if (name === 'reset') return void this.#reload();
    if (name === 'conversation.created' && d.kind === 'chat') this.#log.put(begun(d.conversation_id, d.created_at));
    if (name.startsWith('conversation.')) { this.#askTalk(); this.#event(name, { id: d.conversation_id }); }
    else if (name === 'rating.requested') { if (d.popup) { this.#popup = d.conversation_id; this.#pop(); } }
    else if (name === 'rating.given') this.#rate?.then(r => r?.fresh(d.conversation_id)).catch(() => {});
    else if (name === 'queue.updated') this.#talk({ ...this.#conversation, ...d });
    else if (name === 'typing') { if (d.by !== 'customer') this.#head.typing(d.name, d.on !== false); }
    else if (name === 'read') this.#read(d);
    else if (name === 'presence.updated') {
      for (const a of this.#agents) if (a.id === d.agent_id) a.presence = d.presence;
      this.#head.presence(d.agent_id, d.presence || '');
    }
  }

  // read: the agent has read, or the visitor has, in another tab.
  #read({ by, conversation_id, seq }) {
    if (by !== 'customer') return this.#log.readTo(conversation_id, seq);
    const m = this.#log.newest;
    if (this.#looking || m?.conversation_id !== conversation_id || m.seq > seq) return;
    this.#setUnread(0);
    this.#peek?.hide();
  }

  #line(state) {
    this.#lost = state === 'lost';
    if (state === 'gone') return void this.#renew(true).catch(() => {});
    if (state === 'open') this.#outbox.flush();
    this.#lineState();
  }
  #lost = false; #lineTimer;

  // lineState says that the line is lost, but not at every short breath.
  #lineState() {
    clearTimeout(this.#lineTimer);
    if (!this.#session) return;
    if (navigator.onLine === false) return this.#say(this.#t.offline);
    if (!this.#lost) return this.#say('');
    this.#lineTimer = setTimeout(() => this.#lost && this.#say(this.#t.lost), 3_000);
  }

  // --- messages coming in

  #take(m) {
    if (m.client_id) this.#outbox.remove(m.client_id);
    if (m.text === this.#invited && m.author?.type === 'system') this.#log.drop('invited'); // it is stored now, before his first words
    if (!this.#log.put(m) || isMine(m)) return;
    this.#head.typing('', false);
    if (m.kind === 'event') return;
    if (this.#leave?.idle && this.#back) this.#showForm(false); // the answer to a note is here
    if (!matchMedia('(pointer: coarse)').matches) bell.ring();
    if (!this.#looking) this.#setUnread(this.#unread + 1);
    this.#notify.message(m, this.#ctx.company(), new URL(ASSET_ICON, location.href).href);
    if (!this.#open && m.author?.type === 'agent') this.#withPeek(p => p.message(m));
    this.#event('message', { id: m.id, text: m.text, author: m.author?.name });
    this.#seen();
  }

  get #looking() { return this.#open && !document.hidden; }

  async #catchUp() {
    const p = await this.#api.get('/messages?limit=50').catch(() => null);
    for (const m of p?.items || []) this.#take(m);
  }

  async #reload() {
    const mark = this.#log.mark, p = await this.#api.get('/messages?limit=30').catch(() => null);
    if (!p) return;
    this.#next = p.next_cursor;
    this.#log.begin(this.#greeted(p.items, p.next_cursor), !!p.next_cursor, mark);
  }

  async #older() {
    const p = await this.#api.get(`/messages?before=${encodeURIComponent(this.#next)}&limit=${part}`);
    this.#next = p.next_cursor;
    return { messages: this.#greeted(p.items, p.next_cursor), more: !!p.next_cursor };
  }

  #talked = false; // he has had a chat: notes alone are not rated
  #talk(c) {
    this.#conversation = c ?? null;
    this.#head.conversation(this.#conversation, this.#agents);
    this.#menu.show(!c && !this.#back && !this.#outbox.waiting.length && this.#session?.widget?.menu || []);
    if (c?.status !== 'waiting') this.#offer();
    this.#talked ||= !!(c || this.#session?.rating?.chat);
    this.#head.rating(this.#session?.rating?.button && !this.#none('sat') && this.#talked);
    if (framed) this.#hold();
    if (c?.agent_read_seq) this.#log.readTo(c.id, c.agent_read_seq);
  }

  // askTalk: the stream says that the conversation has changed; how it stands now is asked, once for a burst.
  #askTalk(wait = 150) {
    clearTimeout(this.#asking);
    this.#asking = setTimeout(async () => {
      try {
        const s = await this.#api.get('/conversation');
        this.#agents = s.agents || []; this.#talk(s.conversation); this.#offer(s.waiting?.note_in); this.#head.open(s.open);
      } catch (e) { if (e.passing) this.#askTalk(Math.max(2_000, e.wait)); } // the stream will not say it twice
    }, wait);
  }
  #asking;

  // --- messages going out

  #write(text, sticker, team) {
    const item = { client_id: newID(), text, sticker, team, at: new Date().toISOString() };
    this.#menu.show([]);
    this.#log.pend(pending(item));
    this.#outbox.add(item);
    this.#enter().catch(() => {});
  }

  // recall shows what a former page could not send.
  #recall() {
    for (const i of this.#outbox.waiting) {
      this.#log.pend(pending(i));
      if (i.refused) this.#sending(i, 'refused', {});
    }
    if (this.#outbox.waiting.length) this.#enter().catch(() => {});
  }

  async #deliver(item, again) {
    await this.#enter();
    await this.#introduced;
    try { return await this.#api.post('/messages', { client_id: item.client_id, text: item.text, sticker_id: item.sticker?.id, team: item.team }); } catch (e) {
      if ((e.status !== 401 && e.code !== 'error.introduce_yourself') || again) throw e;
      await this.#renew(e.status === 401);
      return this.#deliver(item, true);
    }
  }

  #sending(item, state, detail) {
    const id = item.client_id, t = this.#t;
    clearTimeout(this.#slowly);
    if (state === 'sent') return void this.#log.put({ client_id: id, ...detail });
    if (state === 'sending') { this.#slowly = setTimeout(() => this.#log.foot(id, 'sending', t.sending), slow); return; }
    const why = detail.detail || (detail.status === 429 ? t.busy : state === 'waiting' && !detail.status ? t.waiting : t.failed);
    this.#log.foot(id, 'failed', el('span', {}, why), el('button', { type: 'button', onclick: () => this.#outbox.again(id) }, t.again),
      el('button', { type: 'button', onclick: () => { this.#outbox.remove(id); this.#log.drop(id); } }, t.delete));
  }
  #slowly;

  // --- what was seen

  #seen() {
    if (!this.#looking) return;
    if (this.#unread) this.#setUnread(0);
    const m = this.#log.newest;
    if (!m?.seq || !this.#session || !this.#log.atEnd) return;
    const mark = m.conversation_id + ':' + m.seq;
    if (mark === this.#readSent) return;
    this.#readSent = mark;
    this.#api.post('/read', { conversation_id: m.conversation_id, seq: m.seq }).catch(() => { this.#readSent = ''; });
  }

  #countUnread(s) {
    const n = s.unread || 0;
    this.#setUnread(this.#looking ? 0 : n);
    this.#seen();
  }

  #setUnread(n) {
    this.#unread = n;
    if (!framed) setBadge(n);
    this.#bridge.say('unread', { n });
  }

  #event(name, data) { this.#bridge.say('event', { name, data }); }

  // elsewhere: the chat was opened in another tab; it can be taken back.
  #elsewhere(on) {
    if (on === !!this.#moved) return;
    if (!on) { this.#moved.remove(); this.#moved = null; this.#composer.el.inert = false; return; }
    this.#moved = el('p', { class: 'note moved', role: 'status' }, el('span', {}, this.#t.moved), el('button', { type: 'button', onclick: () => { this.#tabs.take(); this.#composer.focus(); } }, this.#t.reconnect));
    this.#composer.el.before(this.#moved);
    this.#composer.el.inert = true;
  }

  // --- a word to the visitor

  #say(text) {
    this.#note.hidden = !text;
    if (this.#note.textContent !== text) this.#note.textContent = text;
  }

  #tell(text, good) {
    this.#notice.hidden = false;
    this.#notice.className = good ? 'note good' : 'note bad';
    this.#notice.textContent = text;
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => { this.#notice.hidden = true; }, 6_000);
  }
  #telling;
}

// fitKeyboard keeps the composer above a phone's keyboard where that lies over the page.
function fitKeyboard() {
  const view = window.visualViewport;
  if (!view) return;
  const fit = () => {
    document.documentElement.style.setProperty('--room', view.height + 'px');
    if (view.scale === 1) scrollTo(0, 0);
  };
  view.addEventListener('resize', fit);
  view.addEventListener('scroll', fit);
}

// pending is a message on its way as the log draws it.
function pending({ client_id, text, sticker, at }) {
  return { client_id, text, created_at: at, ...(sticker && { kind: 'sticker', files: [{ name: sticker.name, local: sticker.url }] }) };
}

function flag(link, name) { return /^(1|true|yes)$/.test(link.get(name) || ''); }

if (document.body.dataset.widget) new Chat(document.body.dataset);
