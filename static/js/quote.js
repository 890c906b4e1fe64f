// Answering one message among many: what it answers stands above the text, and above the message for both sides. A mail takes
// the quoted words into its text, as mail does.
import { quoteRich } from './rich.js';

const form = () => document.querySelector('[data-compose]');
const field = () => document.getElementById('text');
let quote = null, changed = () => {};

export function startQuote(saveSoon) {
  changed = saveSoon;
  document.addEventListener('click', e => {
    const li = e.target.closest?.('.msg');
    if (e.target.closest?.('[data-do="quote"]')) { e.preventDefault(); return answer(li); }
    if (e.target.closest?.('[data-do="unquote"]')) { setQuote(null); changed(); return field()?.focus(); }
    const quoted = e.target.closest?.('.msg .quote');
    if (quoted) return show(quoted.dataset.quoted);
    // A finger has no hover: a touch shows what can be done with a message.
    for (const m of document.querySelectorAll('.msg.touched')) if (m !== li) m.classList.remove('touched');
    if (li && !e.target.closest('a, button, img')) li.classList.toggle('touched');
  });
}

export const quoted = () => quote;

export function setQuote(q) {
  quote = q?.id ? q : null;
  const box = form()?.querySelector('.quoting');
  if (!box) return;
  box.hidden = !quote;
  box.querySelector('b').textContent = quote?.author?.name || document.getElementById('talk')?.dataset.name || '';
  box.querySelector('span').textContent = quote?.text ?? '';
}

// quoteLast answers the customer's last message, and pressed again the one before it.
export function quoteLast() {
  const theirs = [...document.querySelectorAll('#messages .msg:not(.me, .whisper, .recalled, [data-pending])')];
  const at = theirs.findIndex(li => li.id === 'message-' + quote?.id);
  answer(theirs.at(at > 0 ? at - 1 : at === 0 ? 0 : -1));
}

function answer(li) {
  if (!li || !form()) return;
  const text = [...li.querySelectorAll(':scope > .text')].map(p => p.innerText).join('\n') || li.querySelector('[data-mail]')?.contentDocument?.body?.innerText.replace(/^•••$/m, '') || (li.querySelector('.file b, .photo img')?.textContent ?? '');
  if (li.classList.contains('whisper')) form().querySelector('[name="internal"][value="true"]').click(); // a whisper is answered among colleagues
  if ('letter' in form().dataset) {
    if (quoteRich(text.trim())) return;
    field().setRangeText(text.trim().split('\n').map(l => '> ' + l).join('\n') + '\n\n', field().selectionStart, field().selectionEnd, 'end');
    field().dispatchEvent(new Event('input', { bubbles: true }));
  } else {
    let first = li; // who speaks is named once
    while (first && !first.querySelector('.by b')) first = first.previousElementSibling;
    setQuote({ id: li.id.slice('message-'.length), author: { name: first?.querySelector('.by b')?.textContent }, text: text.slice(0, 160) });
    changed();
  }
  field().focus();
}

function show(id) {
  const li = document.getElementById('message-' + id);
  if (!li) return;
  li.scrollIntoView({ block: 'center' });
  li.classList.add('found');
  setTimeout(() => li.classList.remove('found'), 1500);
}

// forgetQuote takes away what was quoted of a message that was recalled.
export function forgetQuote(id) {
  for (const q of document.querySelectorAll(`.quote[data-quoted="${id}"]`)) q.remove();
  if (quote?.id === id) setQuote(null);
}
