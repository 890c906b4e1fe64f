// Messages on their way out. Each has a client_id of its own, under which the server stores it once however often it is
// sent; they go one after the other, in the order in which they were written; what was written without a line waits in
// this browser.
import { keep } from './keep.js';

const first = 2_000, longest = 30_000; // between two tries

export class Outbox {
  #key; #send; #changed; #busy = false; #wait = first; #timer;

  // send(item) → the stored message, or throws a Problem. changed(item, 'sending' | 'sent' | 'waiting' | 'refused', message or Problem).
  constructor(key, send, changed) {
    this.#key = key;
    this.#send = send;
    this.#changed = changed;
    addEventListener('online', () => this.flush());
  }

  // waiting lists what a former page left behind.
  get waiting() { return this.#list(); }

  add(item) {
    this.#store([...this.#list(), item]);
    this.flush();
  }

  remove(id) { this.#store(this.#list().filter(i => i.client_id !== id)); }
  has(id) { return this.#list().some(i => i.client_id === id); }

  again(id) {
    this.#store(this.#list().map(i => (i.client_id === id ? { ...i, refused: false } : i)));
    this.#wait = first;
    this.flush();
  }

  async flush() {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let item; (item = this.#list().find(i => !i.refused));) if (!await this.#one(item)) break;
    } finally { this.#busy = false; }
  }

  async #one(item) {
    this.#changed(item, 'sending');
    try {
      const message = await this.#send(item);
      this.#wait = first;
      this.remove(item.client_id);
      this.#changed(item, 'sent', message);
      return true;
    } catch (e) {
      if (!this.has(item.client_id)) return true; // thrown away meanwhile, or told by the stream
      if (!e.passing) {
        this.#store(this.#list().map(i => (i.client_id === item.client_id ? { ...i, refused: true } : i)));
        this.#changed(item, 'refused', e);
        return true;
      }
      this.#changed(item, 'waiting', e);
      this.#timer = setTimeout(() => this.flush(), Math.max(this.#wait, e.wait || 0) * (0.8 + Math.random() * 0.4));
      this.#wait = Math.min(this.#wait * 2, longest);
      return false;
    }
  }

  // The list is read anew each time: another tab may have its own messages in it.
  #list() { return keep.get(this.#key, []); }
  #store(list) { keep.set(this.#key, list); }
}
