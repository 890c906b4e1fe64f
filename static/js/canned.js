// Canned responses in the composer: "/" at the start of a word offers them, what follows it narrows them down, by any part or
// by the first letters of the pinyin. The names are filled in here, so that the agent sees what he sends.
import { t } from './words.js';
import { initials } from './pinyin.js';
import { part } from './offers.js';

export const canned = {
  begun: /(^|\s)\/([^\s/]{0,20})$/, // nothing like it is in an address
  address: () => '/canned/list',
  label: () => t('canned'),
  none: () => t('canned_none'),
  item: c => ({ ...c, found: (c.category + ' ' + c.text).toLowerCase(), letters: initials(c.category + ' ' + c.text) }),
  find: (c, q) => c.found.includes(q) || c.letters.includes(q),
  line: c => [part('small', c.category), part('span', filled(c.text))],
  text: c => filled(c.text),
  foot: () => {
    const foot = document.createElement('footer'), keep = part('a', t('canned_keep'));
    keep.href = '/canned';
    foot.append(keep);
    return foot;
  },
};

// filled puts the names in. One that nobody knows takes its blank along, and at the beginning of a line its comma (desk/greet.go).
function filled(text) {
  const of = document.querySelector('[data-compose]').dataset, names = { customer: of.customer, agent: of.agent };
  return text.replace(/([ \t]*)\{\{\s*(customer|agent)\.name\s*\}\}([ \t]*[,，、]?[ \t]*)/g, (_, before, who, after, at) => {
    if (names[who]) return before + names[who] + after;
    return at === 0 || text[at - 1] === '\n' ? '' : after;
  });
}
