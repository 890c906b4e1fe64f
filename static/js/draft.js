// What is being written is kept: every half second in this browser, so that a lost line or a crash loses nothing, and a little
// later on the desk, so that the agent's other devices show it. The last one to write wins.
const key = c => `draft-${document.body.dataset.me}-${c}`;
const tab = Math.random().toString(36).slice(2); // this page, so that it does not hear its own echo
const conversation = () => document.getElementById('talk')?.dataset.conversation;
const form = () => document.querySelector('[data-compose]');
let read, fill, local, remote, version = 0;

// startDrafts takes the composer's two hands: read() answers {text, internal, seen, files, …}, fill(draft) writes it.
export function startDrafts(hands) {
  ({ read, fill } = hands);
  addEventListener('pagehide', () => save());
  addEventListener('online', () => push());
  document.addEventListener('draft', fetchDraft);
}

export const draftTab = () => tab;
export const draftVersion = () => version;

export function saveSoon() { local ??= setTimeout(save, 500); }

// save keeps what is written now, or that nothing is.
export function save() {
  clearTimeout(local);
  local = undefined;
  const c = conversation();
  if (!c || !form()) return;
  const d = read(), empty = !d.text && !d.files.length;
  if (empty && !version && !stored(c)) return;
  store(c, { ...d, dirty: true });
  remote ??= setTimeout(push, 700);
}

// restore shows what was being written: what this browser alone knows, else what the desk keeps.
export function restore() {
  const f = form(), c = conversation();
  clearTimeout(remote);
  remote = undefined;
  if (!f) return;
  let kept = null;
  try { kept = JSON.parse(f.dataset.draft); } catch { /* an old page */ }
  version = kept?.version ?? 0;
  const mine = stored(c);
  if (mine?.dirty) { fill(mine); remote = setTimeout(push, 0); } else fill(kept ?? { text: '', files: [] });
}

async function push() {
  clearTimeout(remote);
  remote = undefined;
  const c = conversation(), d = c && stored(c);
  if (!d?.dirty) return;
  const body = new URLSearchParams({ text: d.text, internal: !!d.internal, seen: d.seen ?? 0, tab, quoted_id: d.quote?.id ?? '' });
  for (const n of ['html', 'bcc']) if (d[n]) body.append(n, d[n]);
  if (d.cc !== undefined) body.append('cc', d.cc);
  for (const f of d.files ?? []) body.append('file_ids', f.id);
  try {
    const r = await fetch(`/conversations/${c}/draft`, { method: 'POST', body, headers: { 'X-CSRF-Token': document.body.dataset.csrf, 'HX-Request': 'true' } });
    if (!r.ok) return;
    const v = (await r.json()).version;
    if (c === conversation()) version = v;
    const now = stored(c);
    if (JSON.stringify(now) !== JSON.stringify(d)) { remote ??= setTimeout(push, 700); return; } // written on meanwhile
    store(c, d.text || d.files?.length ? { ...d, dirty: false } : null);
  } catch { /* the line is down: it is kept here until it is back */ }
}

// heardDraft takes over what another device of the same agent wrote.
export function heardDraft(data) {
  if (data.tab === tab || data.conversation_id !== conversation() || stored(conversation())?.dirty) return;
  fetchDraft();
}

async function fetchDraft() {
  const c = conversation();
  if (!c || !form()) return;
  try {
    const r = await fetch(`/conversations/${c}/draft`, { headers: { Accept: 'application/json', 'HX-Request': 'true' } });
    if (!r.ok || c !== conversation() || !form()) return;
    const d = await r.json();
    version = d.version;
    store(c, null);
    fill(d);
  } catch { /* the next restore shows it */ }
}

function stored(c) { try { return JSON.parse(localStorage.getItem(key(c))); } catch { return null; } }

function store(c, d) {
  try {
    if (d) localStorage.setItem(key(c), JSON.stringify(d));
    else localStorage.removeItem(key(c));
  } catch { /* no storage: the text stays in the field */ }
}
