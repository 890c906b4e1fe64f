// What is shown beside the closed widget: an agent's word, or an invitation whose conditions hold. The frame becomes a card with
// a face, a name, the words, and two ways on: to answer or to close it.
import { el, press } from './dom.js';
import { avatar } from './message.js';

const most = 240; // characters of a message

export class Peek {
  #o; #card; #timers = []; #waiting = []; #page = ''; #depth = 0; #began = Date.now();

  // ctx: as for messages; say(type, data): to the page around us; told(id, outcome): of an invitation; open(): the visitor answers.
  constructor(ctx, options) { this.ctx = ctx; this.#o = options; }

  // message shows an agent's word.
  message(m) {
    this.#show(m.author, m.text || m.files?.[0]?.name || '', () => {});
  }

  // watch waits until all conditions of one of the invitations hold. since: ms on the page so far.
  watch(invitations, { page, since }) {
    this.#page = page?.url || '';
    this.#began = Date.now() - (Number(since) || 0);
    this.#waiting = invitations;
    if (invitations.some(i => i.scroll)) this.#o.say('more', { src: ASSET_PAGE, do: 'scroll' });
    this.#wait();
  }

  // moved: the page has become another one without being loaded.
  moved(page) { this.#page = page || ''; this.#began = Date.now(); this.#depth = 0; this.#wait(); }

  scrolled(to) { this.#depth = Math.max(this.#depth, Number(to) || 0); this.#wait(); }

  stop() { this.#waiting = []; this.#wait(); }

  #wait() {
    for (const t of this.#timers.splice(0)) clearTimeout(t);
    const here = this.#waiting.filter(i => fits(i.url, this.#page) && this.#depth >= i.scroll);
    for (const i of here) this.#timers.push(setTimeout(() => this.#invite(i), Math.max(0, this.#began + i.after * 1000 - Date.now())));
  }

  #invite(i) {
    if (document.hidden) { document.addEventListener('visibilitychange', () => this.#wait(), { once: true }); return; }
    this.stop(); // one at a visit of a page is enough
    this.#o.told(i.id, 'shown');
    this.#show({ type: 'system', name: this.ctx.company() }, i.text, taken => { this.#o.told(i.id, taken ? 'accepted' : 'refused'); if (taken) this.#o.invited(i.text); });
  }

  #show(author, text, done) {
    this.hide();
    const t = this.ctx.t, away = taken => { this.hide(); done(taken); if (taken) this.#o.open(); };
    const words = [...text].length > most ? [...text].slice(0, most).join('') + '…' : text;
    this.#card = el('section', { class: 'peek', role: 'dialog', 'aria-label': author?.name || this.ctx.company() },
      el('div', { class: 'by' }, avatar(author, this.ctx), el('b', { dir: 'auto' }, author?.name || this.ctx.company()), press('#i-x', t.dismiss, { onclick: () => away(false) })),
      el('p', { dir: 'auto' }, words),
      el('button', { type: 'button', class: 'answer', onclick: () => away(true) }, t.answer));
    this.#card.addEventListener('keydown', e => { if (e.key === 'Escape') { e.stopPropagation(); away(false); } });
    document.body.append(this.#card);
    document.documentElement.classList.add('peeks');
    this.#o.say('peek', { h: 160 }); // the frame gets its width first, then the words their height
    requestAnimationFrame(() => requestAnimationFrame(() => this.#card && this.#o.say('peek', { h: Math.ceil(this.#card.offsetHeight) })));
  }

  // hide takes the card away: the chat is opened, or it was closed.
  hide() {
    if (!this.#card) return;
    this.#card.remove();
    this.#card = null;
    document.documentElement.classList.remove('peeks');
    this.#o.say('peek', { h: 0 });
  }
}

// fits: is the pattern a part of the address? * stands for anything.
export function fits(pattern, address) {
  const parts = pattern.toLowerCase().split('*');
  let at = 0;
  for (const p of parts) {
    const i = address.toLowerCase().indexOf(p, at);
    if (i < 0) return false;
    at = i + p.length;
  }
  return true;
}
