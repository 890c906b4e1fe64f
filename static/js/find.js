// Looking for something in the open conversation: Enter goes to the next place, Shift+Enter to the one before, round and round, as in
// any browser. A place that is on the page is shown at once; for another one the page is drawn around it.
import { seen } from './log.js';
import { t } from './words.js';

const places = () => [...document.querySelectorAll('.find-in [data-place]')];
const narrow = matchMedia('(max-width: 800px)');

export function startFind() {
  document.addEventListener('click', e => {
    const step = e.target.closest?.('[data-find-step]'), place = e.target.closest?.('[data-place]');
    if (step) return go(next(+step.dataset.findStep));
    if (place && here(place) && !e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); e.stopPropagation(); show(place); }
  }, true);
  document.addEventListener('keydown', e => {
    const el = e.target;
    if (el.id !== 'find-in' || e.key !== 'Enter' || e.isComposing || e.keyCode === 229 || el.value !== el.defaultValue || !places().length) return;
    e.preventDefault();
    go(next(e.shiftKey ? -1 : 1));
  });
  document.addEventListener('talk:open', begin);
  begin();
}

// begin goes to the newest place, which the end of the conversation is nearest to.
function begin() {
  const all = places();
  if (all.length && !current(all)) go(all.at(-1));
}

const current = all => all.find(p => p.hasAttribute('aria-current'));
const here = place => document.getElementById('message-' + place.dataset.place);

function next(by) {
  const all = places(), at = all.indexOf(current(all));
  return all.at((at + by) % all.length);
}

function go(place) {
  if (!place) return;
  if (here(place)) show(place);
  else place.click(); // htmx fetches what stands around it
}

function show(place) {
  const all = places();
  for (const p of all) p.removeAttribute('aria-current');
  place.setAttribute('aria-current', 'true');
  const list = place.closest('ol');
  list.scrollTop = place.offsetTop - list.offsetTop - list.clientHeight / 2;
  for (const el of document.querySelectorAll('[data-find-at]')) el.textContent = t('place_of', all.indexOf(place) + 1, all.length);
  if (narrow.matches) document.getElementById('talk').classList.remove('details'); // they cover it
  seen(here(place));
}
