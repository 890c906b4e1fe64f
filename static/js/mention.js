// Names in a whisper: "@" offers the colleagues who can read the conversation, and who hears of it is told of it (app/notify).
import { t } from './words.js';
import { initials } from './pinyin.js';
import { part } from './offers.js';

export const mention = {
  kind: 'names',
  begun: /(^|[^\w.+-])@([^\s@]{0,40})$/, // an address goes on before its sign; Chinese has no blank there
  wanted: () => document.querySelector('[data-compose] [name="internal"]:checked')?.value === 'true',
  address: () => `/conversations/${document.getElementById('talk').dataset.conversation}/colleagues`,
  label: () => t('colleagues'),
  item: a => ({ ...a, found: a.name.toLowerCase(), letters: initials(a.name) }),
  find: (a, q) => a.found.includes(q) || a.letters.includes(q),
  line: a => [part('span', a.name), part('small', a.presence)],
  text: a => `@${a.name} `,
};
