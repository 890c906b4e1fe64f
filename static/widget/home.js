// What only the chat on a page of its own has: the box to write in at the top, sharing, a place on the home screen.
import { el, press } from './dom.js';
import { keep } from './keep.js';

// furnish adds the buttons. link: the page's parameters; put(button): into the head; moved(): the log has another size.
export function furnish({ id, t, link, title, put, moved }) {
  if (!/^(0|false|no)$/.test(link.get('inputButton') || '') && !flag(link, 'hideKeyboard')) put(higher('deskbell:' + id + ':top', t, moved));
  if (navigator.share && matchMedia('(pointer: coarse)').matches) {
    put(press('#i-share-2', t.share, { onclick: () => navigator.share({ title: title(), url: location.origin + location.pathname }).catch(() => {}) })); // refused, or thought better of
  }
  addEventListener('beforeinstallprompt', e => {
    e.preventDefault(); // nobody is asked unless the link says so
    if (flag(link, 'install')) offer(e, t);
  });
}

// higher makes the button that puts the box to the top, and back.
function higher(key, t, moved) {
  const main = document.querySelector('main'), button = press('#i-arrow-up-to-line', t.toTop, { onclick: () => set(!main.classList.contains('upside')) });
  const set = on => {
    main.classList.toggle('upside', on);
    button.setAttribute('aria-pressed', on);
    const label = on ? t.toBottom : t.toTop;
    button.setAttribute('aria-label', label);
    button.title = label;
    keep.set(key, on);
    moved();
  };
  set(keep.get(key, false) === true);
  return button;
}

function offer(e, t) {
  const bar = el('p', { class: 'note moved' }, el('span', {}, t.home),
    el('button', { type: 'button', onclick: () => { bar.remove(); e.prompt(); } }, t.homeAdd), el('button', { type: 'button', onclick: () => bar.remove() }, t.homeNot));
  document.querySelector('header').after(bar);
}

function flag(link, name) { return /^(1|true|yes)$/.test(link.get(name) || ''); }
