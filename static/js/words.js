// The texts that scripts show, handed over by the page: t(key, 3) fills {0}.
let words;

export function t(key, ...args) {
  words ??= JSON.parse(document.getElementById('words')?.textContent || '{}');
  return (words[key] ?? key).replace(/\{(\d)\}/g, (_, n) => args[n] ?? '');
}
