// One visitor, several tabs: the chat is written in the one that was opened last. The others go on showing what is said, say that it
// went on elsewhere, and can take it back.
const patience = 5_000; // ms that one tab waits for another

export class Tabs {
  #line; #name; #given = new Map(); #me = crypto.getRandomValues(new Uint32Array(1))[0];

  // moved(on): the chat was opened in another tab, or is ours again.
  constructor(id, moved) {
    this.moved = moved;
    this.#name = 'deskbell:' + id;
    try { this.#line = new BroadcastChannel(this.#name); } catch { return; } // no storage, no other tab
    this.#line.onmessage = e => {
      if (e.data?.given) this.#given.set(e.data.token, e.data.given);
      if (e.data?.opened && e.data.opened !== this.#me) moved(true);
    };
  }

  // take says that the chat is open here.
  take() {
    this.moved(false);
    this.#line?.postMessage({ opened: this.#me });
  }

  // ask calls begin(token) for a session, in one tab at a time: of two whose token has died, or that have none, the second comes with what the
  // first was given. Else one browser would be two visitors.
  async ask(token, begin) {
    const locks = this.#line && navigator.locks, later = {};
    const go = async () => {
      for (let next; (next = this.#given.get(token)); ) token = next;
      const s = await begin(token);
      if (s.visitor_token !== token) this.#line?.postMessage({ token, given: s.visitor_token });
      return s;
    };
    if (!locks) return go();
    try {
      const s = await locks.request(this.#name, { ifAvailable: true }, lock => (lock ? go() : later));
      if (s !== later) return s;
      return await locks.request(this.#name, { signal: AbortSignal.timeout(patience) }, async () => {
        await new Promise(done => setTimeout(done, 100)); // its word is on the way
        return go();
      });
    } catch (e) {
      if (e instanceof DOMException) return go(); // refused, or it takes too long
      throw e;
    }
  }
}
