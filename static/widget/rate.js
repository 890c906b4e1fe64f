// How the visitor says he was served: a card among the messages where he was asked, and the sheet with stars, words and a remark.
// It is loaded when it is first wanted.
import { el, icon, press } from './dom.js';

const en = {
  how: 'How did we do?', asks: n => (n ? `${n} asks how we did.` : 'How did we do?'), rate: 'Rate', invalid: 'No longer open', thanks: 'Thank you for your rating.', yours: 'Your rating', late: 'It is too late to rate this conversation.',
  stars: ['Very dissatisfied', 'Dissatisfied', 'Fair', 'Satisfied', 'Very satisfied'], of: n => `${n} of 5 stars`, solved: 'Is your problem solved?', yes: 'Yes', no: 'No',
  remark: 'Anything else? (optional)', send: 'Send rating', later: 'Not now', skip: 'No rating', choose: 'Choose one to five stars.',
};
const zh = {
  how: '请评价我们的服务', asks: n => (n ? `${n} 邀请您评价本次服务` : '请评价我们的服务'), rate: '评价', invalid: '已失效', thanks: '感谢您的评价。', yours: '您的评价', late: '评价已失效。',
  stars: ['非常不满意', '不满意', '一般', '满意', '非常满意'], of: n => `${n} 星（共 5 星）`, solved: '问题是否已解决？', yes: '是', no: '否',
  remark: '其他意见（选填）', send: '提交评价', later: '暂不评价', skip: '不评价', choose: '请选择一到五颗星。',
};

export class Rate {
  #w; #o; #t; #states = new Map(); #cards = new Map(); #sheet = null;

  // {api, given(rating), say(text, good)}.
  constructor(t, options) { this.#t = t; this.#o = options; this.#w = t.lang === 'zh-CN' ? zh : en; }

  // card fills the place that a request has among the messages.
  card(place, m) {
    this.#cards.set(m.conversation_id, { place, by: m.author?.type === 'agent' ? m.author.name : '' });
    this.#state(m.conversation_id).then(s => this.#draw(s), () => {});
  }

  // fresh: something has changed about a conversation's rating.
  fresh(id) {
    this.#states.delete(id);
    if (this.#cards.has(id)) this.#state(id).then(s => this.#draw(s), () => {});
  }

  #state(id = '') {
    if (!this.#states.has(id)) {
      const asked = this.#o.api.get('/ratings' + (id ? '?conversation_id=' + encodeURIComponent(id) : ''));
      asked.catch(() => this.#states.delete(id));
      this.#states.set(id, asked);
    }
    return this.#states.get(id);
  }

  #draw(s) {
    const card = this.#cards.get(s.conversation_id), w = this.#w;
    if (!card) return;
    const late = s.state === 'late' || s.until && new Date(s.until) < new Date(), row = el('div', { class: 'five' });
    if (s.state === 'given') row.append(...five(s.stars)), row.setAttribute('role', 'img'), row.setAttribute('aria-label', w.of(s.stars));
    else for (let n = 1; n <= 5; n++) row.append(press('#i-star', `${w.of(n)}: ${w.stars[n - 1]}`, { disabled: late, onclick: () => this.open(s.conversation_id, { stars: n }) }));
    const say = s.state === 'given' ? w.thanks : late ? w.invalid : '';
    card.place.replaceChildren(el('p', { dir: 'auto' }, w.asks(card.by)), row, ...(say ? [el('small', {}, say)] : []));
  }

  // open shows the sheet for a conversation (none: the newest) and resolves when it is gone: true when he rated.
  // leaving: he puts the chat away; then it shows only where he can still rate.
  async open(id, { stars, leaving } = {}) {
    if (this.#sheet?.isConnected) return false;
    this.#states.delete(id || '');
    const s = await this.#state(id).catch(() => null);
    if (!s && !leaving) this.#o.say(this.#t.unreachable);
    if (!s || leaving && s.state !== 'none' && s.state !== 'invited') return false;
    if (s.state === 'late') { this.#o.say(this.#w.late); return false; }
    return new Promise(done => this.#show(s, stars || (s.state === 'given' ? s.stars : s.survey.preselect ? 5 : 0), leaving, done));
  }

  #show(s, stars, leaving, done) {
    const w = this.#w, given = s.state === 'given', word = el('p', { class: 'word', 'aria-live': 'polite' }), tags = el('div', { class: 'chips' }), fault = el('p', { class: 'fault', role: 'alert' });
    const form = el('form', { method: 'dialog', novalidate: true });
    const star = n => el('label', { title: w.stars[n - 1] }, el('input', { type: 'radio', name: 'stars', value: n, checked: n === stars, disabled: given, class: 'unseen', 'aria-label': `${w.of(n)}: ${w.stars[n - 1]}`, onchange: () => chosen(n) }), icon('#i-star'));
    const chip = (name, value, text, type, on) => el('label', { class: 'chip' }, el('input', { type, name, value, class: 'unseen', checked: on, disabled: given }), text);
    const chosen = n => {
      const of = s.survey.stars[n - 1] || { tags: [] };
      word.textContent = w.stars[n - 1] || '';
      fault.textContent = '';
      tags.replaceChildren(...(given ? s.tags : of.tags).map(tag => chip('tag', tag, tag, of.one ? 'radio' : 'checkbox', given)));
    };
    const send = el('button', { class: 'primary', type: 'submit' }, w.send), sheet = this.#sheet = el('dialog', { class: 'rate', 'aria-labelledby': 'rate-title' }, form);
    form.append(...[
      el('div', { class: 'top' }, el('h2', { id: 'rate-title' }, given ? w.yours : w.how), press('#i-x', given ? this.#t.cancel : leaving ? w.skip : w.later, { onclick: () => sheet.close() })),
      el('div', { class: 'five', role: 'radiogroup', 'aria-label': w.how }, ...[1, 2, 3, 4, 5].map(star)), word, tags,
      s.survey.ask_solved && (!given || s.solved !== null) ? el('fieldset', {}, el('legend', {}, w.solved), el('div', { class: 'chips' }, chip('solved', 'yes', w.yes, 'radio', given && s.solved === true), chip('solved', 'no', w.no, 'radio', given && s.solved === false))) : null,
      given ? (s.remark ? el('p', { class: 'said', dir: 'auto' }, s.remark) : null) : el('textarea', { name: 'remark', rows: 2, maxlength: 500, 'aria-label': w.remark, placeholder: w.remark, dir: 'auto' }),
      fault, given ? null : el('div', { class: 'do' }, el('button', { type: 'button', class: 'plain', onclick: () => sheet.close() }, leaving ? w.skip : w.later), send),
    ].filter(Boolean));
    let rated = false;
    form.addEventListener('submit', async e => {
      e.preventDefault();
      const said = new FormData(form), n = Number(said.get('stars'));
      if (!n) { fault.textContent = w.choose; return void form.querySelector('input').focus(); }
      send.disabled = true;
      try {
        const now = await this.#o.api.post('/ratings', { conversation_id: s.conversation_id, stars: n, tags: said.getAll('tag'), remark: said.get('remark') || '', solved: said.has('solved') ? said.get('solved') === 'yes' : null });
        rated = true;
        this.#states.set(now.conversation_id, Promise.resolve(now));
        this.#draw(now);
        this.#o.given(now);
        if (!leaving && !this.#cards.has(now.conversation_id)) this.#o.say(w.thanks, true);
        sheet.close();
      } catch (e) {
        send.disabled = false;
        fault.textContent = e.detail || this.#t.failed;
        if (e.status === 409) this.fresh(s.conversation_id);
      }
    });
    sheet.addEventListener('close', () => { sheet.remove(); done(rated); });
    sheet.addEventListener('click', e => { if (e.target === sheet) sheet.close(); });
    document.body.append(sheet);
    if (stars) chosen(stars);
    sheet.showModal();
    form.querySelector('input:checked, input')?.focus();
  }
}

function five(n) { return [1, 2, 3, 4, 5].map(i => { const s = icon('#i-star'); s.classList.toggle('lit', i <= n); return s; }); }
