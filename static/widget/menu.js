// What a visitor can choose from before his chat: pressed, a choice is his first message, and the chat is its team's.
import { el, press } from './dom.js';

const most = 5; // shown at once; the others come by the button at the end

export class Menu {
  #t; #choose; #choices = []; #from = 0;

  // choose(text, team) is called with what was pressed.
  constructor(t, choose) {
    this.#t = t;
    this.#choose = choose;
    this.el = el('div', { class: 'choices', role: 'group', 'aria-label': t.choose, hidden: true });
  }

  // show offers the choices, or none.
  show(choices) {
    if (JSON.stringify(choices) === JSON.stringify(this.#choices)) return;
    this.#choices = choices;
    this.#from = 0;
    this.#draw();
  }

  #draw() {
    const all = this.#choices, some = all.slice(this.#from, this.#from + most);
    this.el.hidden = !all.length;
    this.el.replaceChildren(...some.map(c => el('button', { type: 'button', dir: 'auto', onclick: () => this.#choose(c.text, c.team) }, c.text)));
    if (all.length > most) this.el.append(press('#i-refresh-cw', this.#t.otherChoices, { onclick: () => this.#turn() }));
  }

  #turn() {
    this.#from = this.#from + most < this.#choices.length ? this.#from + most : 0;
    this.#draw();
    this.el.lastChild.focus();
  }
}
