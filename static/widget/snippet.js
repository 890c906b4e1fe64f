// /snippet.js: what stands where a company pasted its code. The desk decides it each time and says it in the tag's own data-snippet; the widget
// itself, where it is wanted, is in the same answer and runs before this. HTML comes as [name, attributes, children], because a strict page
// takes no text for HTML, and styles go in by their object model.
const tag = document.currentScript, now = JSON.parse(tag.dataset.snippet), address = new URL(tag.src).origin + now.chat;

const tabbed = `button { inset: 50% 0 auto auto; transform: translateY(-50%); min-width: 0; height: auto; padding: 16px 10px !important; flex-direction: row; writing-mode: vertical-rl; border-radius: 12px 0 0 12px }
  :host([left]) button { inset: 50% auto auto 0; border-radius: 0 12px 12px 0 } svg { width: 22px; height: 22px }
  @media (min-width: 481px) and (min-height: 421px) { iframe { bottom: var(--y) !important; inset-inline-end: 64px !important; height: min(var(--height), calc(100dvh - 2 * var(--y))) !important } :host([left]) iframe { inset-inline: 64px auto !important } }`;
const embedded = `:host { display: block; position: relative; width: 100%; height: var(--height); max-height: 92vh } button { display: none !important }
  iframe { position: absolute !important; inset: 0 !important; width: 100% !important; height: 100% !important; visibility: visible !important; opacity: 1 !important; transform: none !important; translate: none !important; z-index: 0 !important }`;

function node(x) {
  if (typeof x === 'string') return x;
  const [name, attributes, children] = x, e = document.createElement(name);
  for (const a of Object.keys(attributes)) if (a === 'style') e.style.cssText = attributes[a]; else e.setAttribute(a, attributes[a]);
  e.append(...children.map(node));
  return e;
}

// press makes contents into what opens the chat, unless they have links of their own.
function press(place, open) {
  if (!place || place.querySelector('a')) return;
  const link = document.createElement('a');
  link.href = address;
  link.target = '_blank';
  link.append(...place.childNodes);
  link.addEventListener('click', e => { if (open()) e.preventDefault(); });
  place.append(link);
}

function wear(css) {
  const host = document.querySelector('deskbell-widget'), sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  host.shadowRoot.adoptedStyleSheets.push(sheet);
  return host;
}

const kinds = {
  popup: place => press(place, () => window.open(address, 'deskbell', `popup,width=${now.size[0]},height=${now.size[1]}`)),
  tab(place) {
    wear(tabbed);
    press(place, () => { window.deskbell('open'); return true; });
  },
  embedded(place) {
    const host = wear(embedded);
    if (place) place.append(host);
    window.deskbell('open');
  },
};

function go() {
  const place = document.querySelector(`[data-deskbell="${now.id}"]`);
  place?.replaceChildren(...(now.content || []).map(node));
  if (now.online) kinds[now.kind]?.(place);
}

if (document.readyState === 'loading') addEventListener('DOMContentLoaded', go, { once: true }); else go();
