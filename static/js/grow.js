// A field as high as what is written in it, in browsers that do not see to it by themselves (field-sizing).
const byItself = CSS.supports('field-sizing', 'content');

export function grow(el) {
  if (byItself || !el) return;
  el.style.height = 'auto';
  el.style.height = el.scrollHeight + el.offsetHeight - el.clientHeight + 'px'; // the style sheet says how much is too much
}
