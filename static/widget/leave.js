// The form by which a visitor leaves a note, in the place of log and composer.
import { el, icon, newID, press, sizeOf } from './dom.js';
import { tellFaults } from './form.js';

const most = 20; // files, as the desk takes

export class Leave {
  #t; #o; #form; #send; #said; #id = newID(); #files; #kept = []; #tray;

  // {api, ready() → resolves when there is a session, categories, known: {name, phone, email}, from: the chat left for it, stored(message),
  // close() or null, read() or null, refuse(file) → reason or ''}
  constructor(t, options) {
    this.#t = t; this.#o = options;
    const input = (name, more) => el('label', {}, el('span', {}, t.note[name], more.required ? null : el('small', {}, ' ' + t.first.optional)), el('input', { name, ...more }), el('small', { class: 'fault', role: 'alert' }));
    this.#files = el('input', { type: 'file', multiple: true, hidden: true, tabindex: '-1', onchange: () => { this.#add([...this.#files.files]); this.#files.value = ''; } });
    this.#said = el('p', { class: 'fault', role: 'alert' });
    this.#send = el('button', { type: 'submit', class: 'primary' }, t.send);
    const list = options.categories || [];
    this.#form = el('form', { novalidate: true, onsubmit: e => { e.preventDefault(); this.#submit(); } },
      input('name', { required: true, maxlength: 140, autocomplete: 'name' }), input('phone', { required: true, type: 'tel', maxlength: 40, autocomplete: 'tel' }),
      input('email', { type: 'email', maxlength: 254, autocomplete: 'email' }),
      list.length ? el('label', {}, el('span', {}, t.note.category), el('select', { name: 'category' }, ...list.map(c => el('option', {}, c))), el('small', { class: 'fault', role: 'alert' })) : null,
      el('label', {}, el('span', {}, t.note.text), el('textarea', { name: 'text', required: true, rows: 5, maxlength: 2000 }), el('small', { class: 'fault', role: 'alert' })),
      this.#tray = el('ul', { class: 'voices', 'aria-live': 'polite' }),
      el('div', { class: 'more' }, this.#files, el('button', { type: 'button', class: 'voice', onclick: () => this.#files.click() }, icon('#i-paperclip'), t.attach), this.#recorder()), this.#said, this.#send);
    this.el = el('section', { class: 'leave', 'aria-label': t.note.title }, el('div', { class: 'top' }, el('h2', {}, t.note.title), options.read ? el('button', { type: 'button', class: 'plain', onclick: options.read }, t.messages) : null, options.close ? press('#i-x', t.cancel, { onclick: options.close }) : null), this.#form);
    for (const k of ['name', 'phone', 'email']) this.#form.elements[k].value = options.known?.[k] || '';
  }

  // idle: nothing is written that would be hidden.
  get idle() { return !this.#form.elements.text.value.trim(); }

  focus() { if (!matchMedia('(pointer: coarse)').matches) this.#form.elements.name.focus(); }

  // A note can be spoken where the browser can record; what does so is loaded when it is wanted.
  #recorder() {
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) return null;
    const b = el('button', { type: 'button', class: 'voice mic' }, icon('#i-mic'), this.#t.note.voice);
    b.onclick = async () => {
      b.hidden = true;
      try {
        const { record } = await import('./voice.js'), file = await record(b, this.#t);
        if (file) this.#add([file]);
      } catch { this.#fault({}, this.#t.note.noVoice); }
      b.hidden = false;
    };
    return b;
  }

  // add puts files beside the note; what cannot be sent is refused at once.
  #add(files) {
    this.#fault({});
    for (const f of files) {
      const why = this.#kept.length < most ? this.#o.refuse(f) : this.#t.tooMany(most);
      if (why) this.#fault({}, why);
      else this.#kept.push(f);
    }
    this.#drawKept();
  }

  #drawKept() {
    this.#tray.replaceChildren(...this.#kept.map(f => {
      const sound = /^audio\//.test(f.type) ? el('audio', { controls: true, src: f.local ??= URL.createObjectURL(f), 'aria-label': f.name }) : el('span', { dir: 'auto' }, f.name, ' ', el('small', {}, sizeOf(f.size, this.#t.lang)));
      return el('li', {}, sound, press('#i-x', `${this.#t.remove} ${f.name}`, { onclick: () => { this.#kept = this.#kept.filter(x => x !== f); this.#drawKept(); } }));
    }));
  }

  async #submit() {
    if (this.#send.disabled) return;
    this.#send.disabled = true;
    const again = setTimeout(() => { this.#send.disabled = false; }, 10_000); // a second press waits, whatever the line does
    this.#fault({});
    try {
      await this.#o.ready();
      const file_ids = [];
      for (const f of this.#kept) file_ids.push((f.stored ??= await this.#o.api.upload(f, () => {}, new AbortController().signal)).id);
      const said = Object.fromEntries([...new FormData(this.#form)].filter(([k]) => k));
      this.#o.stored(await this.#o.api.post('/notes', { ...said, file_ids, client_id: this.#id, conversation_id: this.#o.from }));
      this.#id = newID();
      this.#form.elements.text.value = '';
      this.#kept = [];
      this.#drawKept();
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
