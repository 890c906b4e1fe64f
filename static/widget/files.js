// Files that came and files that go. Those that came are fetched with the visitor's token and shown from memory.
import { el, icon } from './dom.js';

const forbidden = /\.(?:asp|exe|asa|vbs|bat|pif|scr)$/i;

export class Files {
  #api; #t; #sources = new Map(); #say;

  // say tells the visitor that something went wrong.
  constructor(api, t, say) { Object.assign(this, { limit: 10 }); this.#api = api; this.#t = t; this.#say = say; }

  // refuse gives the reason why a file cannot be sent, or nothing.
  refuse(file) {
    if (forbidden.test(file.name)) return this.#t.badKind(file.name);
    if (!file.size) return this.#t.empty(file.name);
    if (file.size > this.limit * 1024 * 1024) return this.#t.tooBig(file.name, this.limit);
    return '';
  }

  // source gives an address for <img>: a blob's, made once.
  source(url) {
    if (!this.#sources.has(url)) {
      const got = this.#api.blob(url).then(b => URL.createObjectURL(b));
      got.catch(() => this.#sources.delete(url));
      this.#sources.set(url, got);
    }
    return this.#sources.get(url);
  }

  async save(f) {
    try {
      el('a', { href: f.local || await this.source(f.url), download: f.name }).click();
    } catch { this.#say(this.#t.noFile); }
  }

  // show opens a picture over the chat; Escape and a press anywhere close it.
  async show(f) {
    const close = el('button', { type: 'button', class: 'press', 'aria-label': this.#t.close }, icon('#i-x'));
    const save = el('button', { type: 'button', class: 'press', 'aria-label': this.#t.download(f.name), onclick: e => { e.stopPropagation(); this.save(f); } }, icon('#i-download'));
    const img = el('img', { alt: f.name || this.#t.picture }), box = el('dialog', { class: 'look', 'aria-label': f.name || this.#t.picture }, el('div', { class: 'bar' }, save, close), img);
    box.onclick = () => box.close();
    box.onclose = () => box.remove();
    document.body.append(box);
    box.showModal();
    try { img.src = f.local || await this.source(f.url); } catch { box.close(); this.#say(this.#t.noFile); }
  }

  // play puts a player above the card of a sound or a film, when it is asked for.
  play(f, box) {
    const kind = f.content_type.startsWith('video') ? 'video' : 'audio';
    const start = el('button', { type: 'button', class: 'press play', 'aria-label': this.#t.open(f.name) }, icon('#i-play'));
    start.onclick = async () => {
      start.disabled = true;
      try {
        const player = el(kind, { controls: true, playsinline: true, src: f.local || await this.source(f.url) });
        start.replaceWith(player);
        player.play().catch(() => {});
      } catch { start.disabled = false; this.#say(this.#t.noFile); }
    };
    box.prepend(start);
  }
}
