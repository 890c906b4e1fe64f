// Tells a visitor who is not looking: by a notification, if he allowed it on a press, and by the title of the page around.
export class Notify {
  #do; #t; #may = '';

  // act(what) has the page do something (page.js); changed(askable) says whether a press can ask for the permission.
  constructor(act, t, changed) { this.#do = act; this.#t = t; this.changed = changed; }

  // learn finds out what the browser says; phones tell by their own means.
  learn() { if (!matchMedia('(pointer: coarse)').matches) this.#do({ do: 'may' }); }

  // may is the browser's answer.
  may(state) {
    this.#may = state;
    this.changed(state === 'default');
  }

  ask() { this.#do({ do: 'ask' }); }

  // message tells of one that came while nobody looked.
  message(m, company, icon) {
    if (!document.hidden) return;
    const name = m.author?.name || company, words = m.text || m.files?.[0]?.name || '';
    if (this.#may === 'granted') this.#do({ do: 'notify', title: name, body: words.slice(0, 200), icon });
    this.#do({ do: 'title', text: this.#t.newMessage });
  }
}
