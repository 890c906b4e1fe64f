// The form by which a visitor leaves a note, in the place of log and composer.
import { el, newID, press } from './dom.js';
import { tellFaults } from './form.js';

export class Leave {
  #t; #o; #form; #send; #said; #id = newID(); #files;

  // {api, ready() → resolves when there is a session, categories, chinese, stored(message), close() or null, refuse(file) → reason or ''}
  constructor(t, options) {
    this.#t = t; this.#o = options;
    const input = (name, more) => el('label', {}, el('span', {}, t.note[name]), el('input', { name, ...more }), el('small', { class: 'fault', role: 'alert' }));
    this.#files = el('input', { type: 'file', multiple: true });
    this.#said = el('p', { class: 'fault', role: 'alert' });
    this.#send = el('button', { type: 'submit', class: 'primary' }, t.send);
    const list = options.categories || [];
    this.#form = el('form', { novalidate: true, onsubmit: e => { e.preventDefault(); this.#submit(); } },
      input('name', { required: true, maxlength: 140, autocomplete: 'name' }), input('phone', { required: true, type: 'tel', maxlength: 40, autocomplete: 'tel' }),
      input('email', { type: 'email', maxlength: 254, autocomplete: 'email' }),
      list.length ? el('label', {}, el('span', {}, t.note.category), el('select', { name: 'category' }, ...list.map(c => el('option', {}, c))), el('small', { class: 'fault', role: 'alert' })) : null,
      el('label', {}, el('span', {}, t.note.text), el('textarea', { name: 'text', required: true, rows: 5, maxlength: 2000 }), el('small', { class: 'fault', role: 'alert' })),
      el('label', {}, el('span', {}, t.attach), this.#files), this.#said, this.#send);
    this.el = el('section', { class: 'leave', 'aria-label': t.note.title }, el('div', { class: 'top' }, el('h2', {}, t.note.title), options.close ? press('#i-x', t.cancel, { onclick: options.close }) : null), this.#form);
  }

  focus() { if (!matchMedia('(pointer: coarse)').matches) this.#form.elements.name.focus(); }

  async #submit() {
    if (this.#send.disabled) return;
    this.#send.disabled = true;
    const again = setTimeout(() => { this.#send.disabled = false; }, 10_000); // a second press waits, whatever the line does
    this.#fault({});
    try {
      await this.#o.ready();
      const file_ids = [];
      for (const f of this.#files.files) {
        const why = this.#o.refuse(f);
        if (why) throw { detail: why };
        file_ids.push((await this.#o.api.upload(f, () => {}, new AbortController().signal)).id);
      }
      const said = Object.fromEntries([...new FormData(this.#form)].filter(([k]) => k));
      this.#o.stored(await this.#o.api.post('/notes', { ...said, file_ids, client_id: this.#id }));
      this.#id = newID();
      this.#form.elements.text.value = this.#files.value = '';
      this.#said.textContent = this.#t.note.thanks;
      this.#said.className = 'thanks';
    } catch (e) {
      this.#fault(e.fields || {}, e.detail || this.#t.failed);
      clearTimeout(again);
      this.#send.disabled = false;
    }
  }

  #fault(fields, otherwise = '') {
    const told = tellFaults(this.#form, fields);
    this.#said.className = 'fault';
    this.#said.textContent = told ? '' : otherwise;
  }
}
