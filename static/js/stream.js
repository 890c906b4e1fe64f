// One stream of Server-Sent Events per browser and scope, not per tab: HTTP/1.1 allows six connections.
//
// The tabs elect a leader by Web Locks; it reads the stream and repeats each event over a BroadcastChannel. A tab that
// joins, or wakes up, asks the leader for what it missed; a leader that does not answer loses the lock. Where locks or
// channels are refused (third-party frames without storage, plain http) each tab reads a stream of its own.
//
//   const s = new Stream('/stream', { scope: 'agent-7', after: '4711', event(name, data, id) {…} });
//   s.close();
//
// Options (all but `event` may be left out):
//   scope    who reads; tabs share a stream only within one scope
//   after    the id of the last event that the page already shows
//   headers  () => ({…}) for each request
//   event    (name, data, id): each event once and in order; data is parsed JSON; name "reset" means: what you show may
//            miss something, load it anew
//   state    ('open' | 'lost' | 'gone'): the line is there; it is lost and being mended; the server knows the reader no more
//   poll     () while no stream can be opened at all, every 20 s
const silence = 45_000; // the server sends at least a comment every 20 s
const patience = 20_000; // without a stream for so long, ask by polling
const kept = 400; // events the leader can repeat to a tab that was asleep

export class Stream {
  #url; #o; #last; #channel; #stop = new AbortController(); #term = null; #recent = []; #wake = () => {}; #state = ''; #poll; #asked; #line;

  constructor(url, options) {
    this.#url = url;
    this.#o = { scope: '', headers: () => ({}), state() {}, poll() {}, ...options };
    this.#last = String(options.after ?? '');
    this.#begin();
    const look = () => { if (!document.hidden) this.#look(); };
    for (const [on, name] of [[document, 'visibilitychange'], [window, 'online'], [window, 'pageshow']]) on.addEventListener(name, look, { signal: this.#stop.signal });
  }

  // last is the id of the newest event seen.
  get last() { return this.#last; }

  close() {
    this.#stop.abort();
    this.#line?.abort();
    clearTimeout(this.#poll); clearTimeout(this.#asked);
    this.#channel?.close();
  }

  #begin() {
    const name = 'deskbell-stream:' + this.#o.scope, signal = this.#stop.signal;
    this.#patient();
    try {
      this.#channel = new BroadcastChannel(name);
      this.#channel.onmessage = e => this.#heard(e.data);
      navigator.locks.request(name, { ifAvailable: true }, lock => {
        if (lock) return this.#lead();
        this.#ask();
        this.#queue(name);
      }).catch(e => this.#deposed(name, e));
    } catch { this.#alone(); } // no locks outside secure contexts, no channel without storage
    signal.addEventListener('abort', () => { this.#term = null; });
  }

  #queue(name) {
    navigator.locks.request(name, { signal: this.#stop.signal }, () => this.#lead()).catch(e => this.#deposed(name, e));
  }

  // A tab that was frozen may find that another has taken the lock: it goes on as a follower.
  #deposed(name, e) {
    if (this.#stop.signal.aborted) return;
    if (!this.#term) return this.#alone();
    this.#term = null;
    this.#line?.abort();
    this.#queue(name);
  }

  #alone() {
    if (this.#stop.signal.aborted || this.#term) return;
    this.#channel?.close();
    this.#channel = null;
    this.#lead();
  }

  // --- leading: reading the stream until it ends, again and again

  async #lead() {
    if (this.#term) return;
    const term = this.#term = {}; // a stolen and regained lock must not leave two loops running
    clearTimeout(this.#asked);
    for (let wait = 500; this.#term === term; wait = Math.min(wait * 2, 15_000)) {
      const began = Date.now();
      try { await this.#read(); } catch (e) { if (e.gone) return this.#become('gone'); }
      if (this.#term !== term) break;
      this.#become('lost');
      if (Date.now() - began > 5_000) wait = 500;
      await new Promise(done => { this.#wake = done; setTimeout(done, wait * (0.5 + Math.random())); });
    }
  }

  async #read() {
    const line = this.#line = new AbortController();
    let dog;
    const feed = () => { clearTimeout(dog); dog = setTimeout(() => line.abort(), silence); };
    try {
      feed();
      const headers = { Accept: 'text/event-stream', ...this.#o.headers() };
      if (this.#last) headers['Last-Event-ID'] = this.#last;
      const r = await fetch(this.#url, { headers, cache: 'no-store', signal: line.signal });
      if ([204, 401, 410].includes(r.status)) throw Object.assign(new Error('gone'), { gone: true });
      if (!r.ok || !r.headers.get('Content-Type')?.startsWith('text/event-stream')) throw new Error(r.status);
      const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
      for (const block = blocks(); ;) {
        const { value, done } = await reader.read();
        if (done) return;
        feed();
        this.#become('open'); // only now: a proxy that holds everything back answers 200 and says nothing
        for (const e of block(value)) this.#emit(e, true);
      }
    } finally { clearTimeout(dog); line.abort(); }
  }

  #emit(e, mine) {
    if (e.id) {
      if (!newer(e.id, this.#last)) return;
      if (mine && this.#recent.push({ ...e, before: this.#last }) > kept) this.#recent.shift();
      this.#last = e.id;
    }
    if (mine) this.#channel?.postMessage({ e });
    this.#o.event(e.name, e.data, e.id);
  }

  // --- following: hearing from the leader

  #heard({ e, ask, answer, state }) {
    if (ask !== undefined) return this.#term ? this.#repeat(ask) : undefined;
    if (this.#term) return;
    clearTimeout(this.#asked);
    if (state) this.#become(state);
    if (answer && answer.to === this.#last) { // the answer to my question, or to another's that would have been mine
      if (answer.complete) for (const x of answer.events) this.#emit(x);
      else { this.#last = answer.last; this.#o.event('reset', {}, ''); }
    }
    if (e) this.#emit(e);
  }

  #repeat(after) {
    const from = this.#recent.findIndex(x => newer(x.id, after));
    const complete = !newer(this.#last, after) || from > 0 || (from === 0 && this.#recent[0].before === after);
    this.#channel?.postMessage({ state: this.#state, answer: { to: after, complete, events: from < 0 ? [] : this.#recent.slice(from), last: this.#last } });
  }

  #ask() {
    clearTimeout(this.#asked);
    this.#channel?.postMessage({ ask: this.#last });
    this.#asked = setTimeout(() => this.#steal(), 3_000);
  }

  #steal() {
    if (document.hidden || this.#stop.signal.aborted || this.#term) return;
    const name = 'deskbell-stream:' + this.#o.scope;
    navigator.locks.request(name, { steal: true }, () => this.#lead()).catch(e => this.#deposed(name, e));
  }

  // --- the line's state

  #look() {
    if (!this.#term) { if (this.#channel) this.#ask(); return; }
    this.#wake();
  }

  #become(state) {
    if (this.#term && state !== this.#state) this.#channel?.postMessage({ state });
    if (state === this.#state) return;
    this.#state = state;
    clearTimeout(this.#poll);
    if (state === 'lost') this.#patient();
    this.#o.state(state);
  }

  #patient() {
    this.#poll = setTimeout(() => {
      if (this.#stop.signal.aborted || this.#state === 'open' || this.#state === 'gone') return;
      this.#o.poll();
      this.#patient();
    }, patience);
  }
}

// blocks gives a reader of the event stream format (WHATWG HTML, 9.2.6): text in, whole events out.
export function blocks() {
  let rest = '';
  return text => {
    rest += text;
    const parts = rest.split(/\r\n\r\n|\n\n|\r\r/), events = [];
    rest = parts.pop();
    for (const part of parts) {
      const e = { id: '', name: 'message', data: '' }, data = [];
      for (const line of part.split(/\r\n|\n|\r/)) {
        const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
        if (field === 'data') data.push(value);
        else if (field === 'event') e.name = value;
        else if (field === 'id') e.id = value;
      }
      if (!data.length) continue; // a comment that keeps the line awake
      try { e.data = JSON.parse(data.join('\n')); } catch { continue; }
      events.push(e);
    }
    return events;
  };
}

// newer tells whether event a comes after event b. Ids only grow; the part before the dash changes when a database was
// restored, and then everything is new.
export function newer(a, b) {
  if (!b) return true;
  const [, ea, na] = /^(.*?)(\d*)$/.exec(a), [, eb, nb] = /^(.*?)(\d*)$/.exec(b);
  return ea !== eb || (na.length === nb.length ? na > nb : na.length > nb.length);
}
