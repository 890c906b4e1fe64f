// The designer's preview, in frames of the console's own origin: the button on a page of the company's, and the chat in it, drawn by the very
// parts that visitors get. The designer says how the form stands; nothing is asked of the desk and nothing is kept.
import frameCSS from 'css:frame.css';
import { Chat } from './chat.js';
import { Face } from './face.js';
import { words } from './words.js';

const { kind } = document.body.dataset, lang = document.documentElement.lang, sheet = new CSSStyleSheet();
const hear = fn => addEventListener('message', e => { if (e.origin === location.origin && e.source === parent && e.data?.preview) fn(e.data); });
const say = data => parent.postMessage({ preview: 1, ...data }, location.origin);

function page() {
  const face = new Face({}, words(lang)), frame = document.createElement('iframe');
  let last, open = true;
  const pass = () => last && frame.contentWindow.postMessage(last, location.origin);
  const show = on => face.label((open = on), 0);
  face.wear(frameCSS);
  frame.part = 'frame';
  frame.title = words(lang).title;
  frame.src = location.pathname + '?kind=chat&lang=' + encodeURIComponent(lang);
  face.button.onclick = () => show(!open);
  face.root.append(frame);
  document.body.append(face.host);
  addEventListener('message', e => {
    if (e.source !== frame.contentWindow || e.origin !== location.origin) return;
    if (e.data?.close) show(false);
    if (e.data?.ready) pass(); // it says so itself: WebKit may tell of its load before its script listens
  });
  hear(d => {
    last = d;
    document.documentElement.dataset.theme = d.theme;
    face.host.removeAttribute('style');
    face.look(d.button);
    show(open);
    pass();
  });
}

function chat() {
  const api = { post: async () => ({}), get: async () => ({ items: [] }), blob: async url => (await fetch(url)).blob(), headers: () => ({}) };
  const bridge = () => ({ say: type => type === 'close' && say({ close: 1 }) });
  document.adoptedStyleSheets = [sheet];
  hear(d => {
    document.documentElement.dataset.theme = d.theme;
    document.body.replaceChildren();
    sheet.replaceSync(d.css);
    new Chat({ widget: 'preview', title: d.look.title || d.company.name }, { api, connect: bridge }).show(session(d));
  });
}

// session is one as the desk would begin it, in one of the states that the designer can choose.
function session({ look, company, ask, view, sample }) {
  const at = new Date().toISOString(), agent = { id: '1', name: sample.agent, presence: 'online', avatar_url: null };
  const text = (id, author, words) => ({ id, conversation_id: '1', seq: Number(id), kind: 'text', author, text: words, files: [], created_at: at });
  const talks = view === 'talk', conversation = talks ? { id: '1', status: 'open', agent } : null;
  const messages = talks ? [{ ...text('1', { type: 'customer', id: '9', name: '' }, sample.question), began_at: at }, text('2', { type: 'agent', id: '1', name: sample.agent }, sample.answer)] : [];
  return { visitor_id: 'preview', company, widget: { ...look, ask: view === 'ask' ? ask : null }, open: view !== 'off', conversation, agents: talks ? [agent] : [], messages };
}

if (kind === 'page') page(); else chat();
say({ ready: 1 });
