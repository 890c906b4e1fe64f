// Files on their way out: a bubble with a bar and a way to stop, then the message that carries the file.
import { el, newID } from './dom.js';

export class Uploads {
  #o;

  // {api, t, log, stored(message), ready() → resolves when there is a session}
  constructor(options) { this.#o = options; }

  // add sends files one after the other, so that they arrive in the order in which they were chosen.
  async add(files) {
    const going = files.map(file => this.#show(file));
    for (const g of going) await this.#go(g);
  }

  #show(file) {
    const client_id = newID(), url = /^image\/(png|jpe?g|gif|webp|avif)$/.test(file.type) ? URL.createObjectURL(file) : '';
    const f = { name: file.name, size: file.size, content_type: file.type || 'application/octet-stream', local: url || URL.createObjectURL(file) };
    this.#o.log.pend({ client_id, kind: url ? 'image' : 'file', files: [f] });
    const g = { file, client_id, stop: new AbortController(), stored: null, gone: false };
    this.#progress(g, 0);
    return g;
  }

  async #go(g) {
    const { api, stored, ready } = this.#o;
    if (g.gone) return;
    g.stop = new AbortController();
    try {
      await ready();
      g.stored ??= await api.upload(g.file, part => this.#progress(g, part), g.stop.signal);
      const message = await api.post('/messages', { client_id: g.client_id, file_id: g.stored.id });
      stored({ client_id: g.client_id, ...message });
    } catch (e) {
      if (!g.gone) this.#failed(g, e);
    }
  }

  #progress(g, part) {
    const { log, t } = this.#o, percent = Math.round(part * 100);
    if (g.bar?.isConnected) {
      g.bar.value = percent;
      g.bar.setAttribute('aria-label', t.uploading(percent));
      return;
    }
    g.bar = el('progress', { max: '100', 'aria-label': t.uploading(percent) });
    g.bar.value = percent;
    log.foot(g.client_id, 'sending', g.bar, el('button', { type: 'button', onclick: () => this.#drop(g) }, t.cancel));
  }

  #failed(g, e) {
    const { log, t } = this.#o;
    log.foot(g.client_id, 'failed', el('span', {}, e.detail || t.failed),
      el('button', { type: 'button', onclick: () => { g.bar = null; this.#progress(g, 0); this.#go(g); } }, t.again),
      el('button', { type: 'button', onclick: () => this.#drop(g) }, t.delete));
  }

  #drop(g) {
    g.gone = true;
    g.stop.abort();
    this.#o.log.drop(g.client_id);
  }
}
