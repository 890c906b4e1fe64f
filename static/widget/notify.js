// Tells a visitor who is not looking: by a notification, if he allowed it on a press, and by the title of the page around.
export class Notify {
  #do; #t; #o; #may = '';

  // act(what) has the page do something (page.js); changed(askable, kept) says whether a press can ask for the permission, and whether it
  // ends what was allowed. push: {kept, allow(), end(), show(title, body)} on a page of its own where the browser can be told when the page
  // is closed; kept: he pressed before.
  constructor(act, t, changed, push) { this.#do = act; this.#t = t; this.changed = changed; this.#o = push; }

  // learn finds out what the browser says; phones tell by their own means, or by push.
  learn() { if (this.#o || !matchMedia('(pointer: coarse)').matches) this.#do({ do: 'may' }); }

  // may is the browser's answer.
  may(state) {
    this.#may = state;
    const asked = this.#asked || this.#o?.kept;
    this.changed(state === 'default' || state === 'granted' && this.#o && !asked, state === 'granted' && this.#o && asked);
    if (state === 'granted' && asked) this.#o?.allow();
  }
  #asked = false;

  // ask is the press: it allows, or ends what was allowed before.
  ask() {
    if (this.#o?.kept && this.#may === 'granted') { this.#asked = false; this.#o.end(); return this.changed(true); }
    this.#asked = true;
    this.#do({ do: 'ask' });
  }

  // message tells of one that came while nobody looked.
  message(m, company, icon) {
    if (!document.hidden) return;
    const title = m.author?.name || company, body = (m.text || m.files?.[0]?.name || '').slice(0, 200);
    if (this.#may === 'granted') {
      if (this.#o && matchMedia('(pointer: coarse)').matches) this.#o.show(title, body, 'conversation-' + m.conversation_id);
      else this.#do({ do: 'notify', title, body, icon });
    }
    this.#do({ do: 'title', text: this.#t.newMessage });
  }
}
