// Messages on their way out. Each has a client_id of its own, under which the server stores it once however often it is
// sent; they go one after the other, in the order in which they were written; what was written without a line waits in
// this browser.
import { keep } from './keep.js';

const first = 2_000, longest = 30_000; // between two tries

export class Outbox {
  #key; #send; #changed; #busy = false; #wait = first; #timer;

  // send(item) → the stored message, or throws a Problem. changed(item, 'sending' | 'sent' | 'waiting' | 'refused', message or Problem).
  constructor(key, send, changed) {
    this.#key = key + ':';
    this.#send = send;
    this.#changed = changed;
    addEventListener('online', () => this.flush());
  }

  // waiting lists what is not sent, by this page or a former one, in the order of writing.
  get waiting() {
    return keep.under(this.#key).map(k => keep.get(k)).filter(i => i?.client_id).sort((a, b) => a.n - b.n);
  }

  add(item) {
    this.#put({ ...item, n: 1 + Math.max(0, ...this.waiting.map(i => i.n)) }); // not by the time: clocks are put back
    this.flush();
  }

  remove(id) { keep.drop(this.#key + id); }
  has(id) { return !!keep.get(this.#key + id); }

  again(id) {
    if (this.has(id)) this.#put({ ...keep.get(this.#key + id), refused: false });
    this.#wait = first;
    this.flush();
  }

  async flush() {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let item; (item = this.waiting.find(i => !i.refused));) if (!await this.#one(item)) break;
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
        this.#put({ ...item, refused: true });
        this.#changed(item, 'refused', e);
        return true;
      }
      this.#changed(item, 'waiting', e);
      this.#timer = setTimeout(() => this.flush(), Math.max(this.#wait, e.wait || 0) * (0.8 + Math.random() * 0.4));
      this.#wait = Math.min(this.#wait * 2, longest);
      return false;
    }
  }

  // Each has a place of its own: of tabs that write one list at the same moment, one would undo what the other wrote.
  #put(item) { keep.set(this.#key + item.client_id, item); }
}
