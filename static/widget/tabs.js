// One visitor, several tabs: the chat is written in the one that was opened last. The others go on showing what is said, say that it
// went on elsewhere, and can take it back.
export class Tabs {
  #line; #me = crypto.getRandomValues(new Uint32Array(1))[0];

  // moved(on): the chat was opened in another tab, or is ours again.
  constructor(id, moved) {
    this.moved = moved;
    try { this.#line = new BroadcastChannel('deskbell:' + id); } catch { return; } // no storage, no other tab
    this.#line.onmessage = e => { if (e.data?.opened && e.data.opened !== this.#me) moved(true); };
  }

  // take says that the chat is open here.
  take() {
    this.moved(false);
    this.#line?.postMessage({ opened: this.#me });
  }
}
