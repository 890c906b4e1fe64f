// The form before a chat, in the place of log and composer: what the company wants to know of its visitor.
import { el } from './dom.js';
import { tellFaults } from './form.js';

const kinds = { name: { autocomplete: 'name', maxlength: 140 }, email: { type: 'email', autocomplete: 'email', maxlength: 254 }, phone: { type: 'tel', autocomplete: 'tel', maxlength: 40 }, company: { autocomplete: 'organization', maxlength: 140 } };

export class Ask {
  #t; #o; #form; #start; #said;

  // ask: {lead, fields: [{name, must}]}; {send(said) → the next ask or null, done()}
  constructor(t, ask, options) {
    this.#t = t.first; this.#o = options;
    this.#said = el('p', { class: 'fault', role: 'alert' });
    this.#start = el('button', { type: 'submit', class: 'primary' }, t.first.start);
    const field = f => el('label', {}, el('span', {}, t.first[f.name], f.must ? null : el('small', {}, ' ' + t.first.optional)), el('input', { name: f.name, required: f.must, ...kinds[f.name] }), el('small', { class: 'fault', role: 'alert' }));
    this.#form = el('form', { novalidate: true, onsubmit: e => { e.preventDefault(); this.#submit(); } }, ...ask.fields.map(field), this.#said, this.#start);
    this.el = el('section', { class: 'leave', 'aria-label': t.first.title }, el('div', { class: 'top' }, el('h2', {}, t.first.title)), ask.lead ? el('p', { class: 'lead', dir: 'auto' }, ask.lead) : null, this.#form);
  }

  focus() { if (!matchMedia('(pointer: coarse)').matches) this.#form.elements[0].focus({ preventScroll: true }); }

  async #submit() {
    if (this.#start.disabled) return;
    this.#start.disabled = true;
    this.#said.textContent = '';
    try {
      await this.#o.send(Object.fromEntries(new FormData(this.#form)));
      this.#o.done();
    } catch (e) {
      if (!tellFaults(this.#form, e.fields || {})) this.#said.textContent = e.detail || this.#o.failed;
      this.#start.disabled = false;
    }
  }
}
