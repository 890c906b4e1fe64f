// Links in a text become links; everything else stays text.
const link = /\b(?:https?:\/\/|www\.)[^\s<>"“”‘’「」『』（）【】，。；：！？、]+|\b[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+\b/gi;

// linked gives the nodes of a text. Only http, https and mailto are ever linked.
export function linked(text) {
  const out = document.createDocumentFragment();
  let end = 0;
  for (const m of text.matchAll(link)) {
    const word = trim(m[0]), href = address(word);
    if (!href) continue;
    const a = document.createElement('a');
    a.href = href;
    a.target = '_blank';
    a.rel = 'noopener noreferrer nofollow';
    a.textContent = word;
    out.append(text.slice(end, m.index), a);
    end = m.index + word.length;
  }
  out.append(text.slice(end));
  return out;
}

function address(word) {
  if (/^[^/:]+@/.test(word)) return 'mailto:' + word;
  try {
    const url = new URL(/^www\./i.test(word) ? 'https://' + word : word);
    return /^https?:$/.test(url.protocol) && url.hostname.includes('.') ? url.href : '';
  } catch { return ''; }
}

// trim leaves the sentence's punctuation outside, and a bracket that the link did not open.
function trim(word) {
  let w = word.replace(/[.,;:!?'"]+$/, '');
  while (w.endsWith(')') && w.split(')').length > w.split('(').length) w = w.slice(0, -1).replace(/[.,;:!?'"]+$/, '');
  return w;
}
