// Where the visitor writes: text, emoji, files from a button, a paste or a drop. Enter sends, Shift+Enter breaks the line,
// and nothing is sent while an input method is composing. What is written is kept until it is sent.
import { el, icon, press, sizeOf } from './dom.js';
import { keep } from './keep.js';

const longest = 1500; // characters
const warn = 100; // of them left
const chirp = 3_000; // at most one "I am typing" in so long
const most = 10; // files at a time
const peek = 1_000; // at most one look at what is being written

export class Composer {
  #t; #o; #text; #count; #tray; #send; #smile; #picker; #chosen = []; #said = 0; #saying; #saving; #key;

  // say(text), text(words), files(list), packs() → packs of stickers, sticker(one), typing(), refuse(file) → reason or ''.
  constructor(t, key, options) {
    this.#t = t; this.#key = key + ':draft'; this.#o = options;
    this.#text = el('textarea', { rows: '1', 'aria-label': t.write, placeholder: t.write, enterkeyhint: 'send', autocomplete: 'off', dir: 'auto' });
    this.#count = el('p', { class: 'count', role: 'status' });
    this.#tray = el('ul', { class: 'tray', hidden: true });
    const pick = el('input', { type: 'file', multiple: true, hidden: true, tabindex: '-1', onchange: () => { this.#choose([...pick.files]); pick.value = ''; } });
    const attach = press('#i-paperclip', t.attach, { onclick: () => pick.click() });
    this.#smile = press('#i-smile', t.emoji, { 'aria-expanded': 'false', onclick: () => this.#emoji() });
    this.#send = press('#i-send-horizontal', t.send, { class: 'press go', type: 'submit' });
    this.el = el('form', { class: 'write', onsubmit: e => { e.preventDefault(); this.#submit(); } },
      this.#tray, this.#count, el('div', { class: 'row' }, attach, pick, this.#text, this.#smile, this.#send));
    this.#listen();
    this.#text.value = keep.get(this.#key, '');
    this.#changed();
  }

  // focus, but not on a phone unless the visitor asked for it: its keyboard would cover what he came to read.
  focus() { if (!matchMedia('(pointer: coarse)').matches) this.#text.focus({ preventScroll: true }); }
  clear() { this.#text.value = ''; this.#changed(); }

  #listen() {
    const text = this.#text;
    text.addEventListener('input', () => {
      this.#changed();
      this.#chirp();
    });
    text.addEventListener('keydown', e => {
      if (e.key !== 'Enter' || e.isComposing || e.keyCode === 229) return; // 229: Safari ends a composition before it says Enter
      if (e.shiftKey || e.altKey) return;
      e.preventDefault();
      if (e.ctrlKey || e.metaKey) { text.setRangeText('\n', text.selectionStart, text.selectionEnd, 'end'); this.#changed(); } else this.#submit();
    });
    text.addEventListener('paste', e => {
      const files = [...(e.clipboardData?.files || [])];
      if (!files.length) return;
      e.preventDefault();
      this.#choose(files.map((f, i) => (f.name && f.name !== 'image.png' ? f : new File([f], this.#pastedName(f, i), { type: f.type }))));
    });
    for (const type of ['dragover', 'drop']) {
      document.addEventListener(type, e => {
        if (!e.dataTransfer?.types.includes('Files')) return;
        e.preventDefault();
        document.body.classList.toggle('drops', type === 'dragover');
        if (type === 'drop') this.#choose([...e.dataTransfer.files]);
      });
    }
    this.el.addEventListener('keydown', e => { // from the picker or beside it: the first Escape is for the picker, not for the chat
      if (e.key === 'Escape' && this.#picker) { e.stopPropagation(); this.#shutPicker(); this.#smile.focus(); }
    });
    document.addEventListener('dragleave', e => { if (!e.relatedTarget) document.body.classList.remove('drops'); });
  }

  // preview: agents read what is being written, where the widget says so.
  preview = false;

  #chirp() {
    const say = () => { this.#saying = 0; const words = this.#text.value.trim(); if (!words) return; this.#said = Date.now(); this.#o.typing(this.preview ? [...words].slice(0, 100).join('') : undefined); };
    const since = Date.now() - this.#said;
    if (since > (this.preview ? peek : chirp)) say();
    else if (this.preview) this.#saying ||= setTimeout(say, peek - since);
  }

  #pastedName(f, i) {
    const at = new Date().toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
    return `${this.#t.picture} ${at}${i ? ' ' + (i + 1) : ''}.${f.type.split('/')[1] || 'png'}`;
  }

  #changed() {
    const text = this.#text, used = [...text.value].length, left = longest - used;
    text.style.height = 'auto';
    text.style.height = Math.min(text.scrollHeight + 2, 132) + 'px';
    this.#count.textContent = left < 0 ? this.#t.tooLong(-left) : left <= warn ? this.#t.left(left) : '';
    this.#count.classList.toggle('over', left < 0);
    text.setAttribute('aria-invalid', left < 0);
    this.#send.disabled = left < 0 || (!text.value.trim() && !this.#chosen.length);
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => keep.set(this.#key, text.value), 500);
  }

  #submit() {
    if (this.#send.disabled) return;
    const words = this.#text.value.trim(), files = this.#chosen.splice(0).map(c => { URL.revokeObjectURL(c.url); return c.file; });
    this.#text.value = '';
    keep.set(this.#key, '');
    this.#drawTray();
    this.#changed();
    this.#said = 0;
    clearTimeout(this.#saying);
    this.#saying = 0;
    this.#shutPicker();
    if (words) this.#o.text(words); // before the files, which take longer: what is shown at once stays where it is
    if (files.length) this.#o.files(files);
    this.#text.focus({ preventScroll: true });
  }

  // --- files wait in a tray until they are sent

  #choose(files) {
    document.body.classList.remove('drops');
    for (const file of files) {
      const why = this.#chosen.length < most ? this.#o.refuse(file) : this.#t.tooMany(most);
      if (why) this.#o.say(why);
      else this.#chosen.push({ file, url: /^image\//.test(file.type) ? URL.createObjectURL(file) : '' });
    }
    this.#drawTray();
    this.#changed();
    this.focus();
  }

  #drawTray() {
    this.#tray.hidden = !this.#chosen.length;
    this.#tray.replaceChildren(...this.#chosen.map(c => {
      const off = press('#i-x', `${this.#t.remove} ${c.file.name}`, { class: 'press off', onclick: () => { URL.revokeObjectURL(c.url); this.#chosen = this.#chosen.filter(x => x !== c); this.#drawTray(); this.#changed(); this.focus(); } });
      const face = c.url ? el('img', { src: c.url, alt: '' }) : icon('#i-file-text');
      return el('li', { title: c.file.name }, face, el('span', { dir: 'auto' }, c.file.name), el('small', {}, sizeOf(c.file.size, this.#t.lang)), off);
    }));
  }

  // --- emoji, loaded when they are first wanted

  async #emoji() {
    if (this.#picker) return this.#shutPicker();
    this.#smile.setAttribute('aria-expanded', 'true');
    const box = this.#picker = el('div', { class: 'picker', role: 'dialog', 'aria-label': this.#t.picker });
    this.el.append(box);
    box.shut = e => { if (!box.contains(e.target) && !this.#smile.contains(e.target)) this.#shutPicker(); };
    document.addEventListener('pointerdown', box.shut);
    try {
      const { openPanel } = await import('../js/panel.js');
      await openPanel(box, {
        lang: this.#t.lang, words: { panel: this.#t.picker, emoji: this.#t.emoji }, packs: this.#o.packs,
        emoji: emoji => {
          this.#text.setRangeText(emoji, this.#text.selectionStart, this.#text.selectionEnd, 'end');
          this.#changed();
        },
        sticker: s => { this.#shutPicker(); this.#o.sticker(s); this.focus(); },
      });
    } catch { this.#shutPicker(); this.#o.say(this.#t.noFile); }
  }

  #shutPicker() {
    if (!this.#picker) return;
    document.removeEventListener('pointerdown', this.#picker.shut);
    this.#picker.remove();
    this.#picker = null;
    this.#smile.setAttribute('aria-expanded', 'false');
  }
}
