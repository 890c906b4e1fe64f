// Chinese is found by the first letters of its pinyin, "ll" for 李雷, with the browser's own order of characters and no dictionary.

// The first character, in the order of pinyin, of each letter's syllables; i, u and v begin none.
const letters = 'abcdefghjklmnopqrstwxyz', first = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥扨它穵夕丫帀';
const order = new Intl.Collator('zh-Hans-u-co-pinyin');
const known = new Map(); // a company's texts are written in a few hundred characters, and a look into the order is not for nothing

// initials are the first letters of all that is written in Chinese, and the letters of the rest.
export function initials(text) {
  let out = '';
  for (const c of text) {
    if (!/\p{Script=Han}/u.test(c)) { if (/\p{L}/u.test(c)) out += c.toLowerCase(); continue; }
    if (!known.has(c)) known.set(c, letter(c));
    out += known.get(c);
  }
  return out;
}

function letter(c) {
  let i = first.length - 1;
  while (i > 0 && order.compare(c, first[i]) < 0) i--;
  return letters[i];
}
