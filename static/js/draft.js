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
  addEventListener('pagehide', leave);
  addEventListener('online', () => push());
  document.addEventListener('draft', fetchDraft);
  // What was typed in the last moment goes with the field that is about to be swapped away.
  document.addEventListener('htmx:beforeSwap', e => { if (e.detail.shouldSwap && e.detail.target?.contains(form())) leave(); });
  document.addEventListener('htmx:beforeHistorySave', leave);
  document.addEventListener('htmx:oobBeforeSwap', e => { if (e.detail.target?.id === 'composer') leave(); });
}

// leave keeps what was not kept yet, and tells the desk at once: the field goes away, and with it the clock of a later time.
function leave() {
  if (local) save();
  if (remote) push();
}

// keepFile puts a file that was uploaded for a conversation into its draft, though another is open now.
export function keepFile(c, file) {
  const d = stored(c) ?? { text: '', files: [] };
  store(c, { ...d, files: [...d.files ?? [], file], dirty: true });
  push(c);
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

// push tells the desk at once.
export async function push(c = conversation()) {
  if (c === conversation()) { clearTimeout(remote); remote = undefined; }
  const d = c && stored(c);
  if (!d?.dirty) return;
  const body = new URLSearchParams({ text: d.text, internal: !!d.internal, seen: d.seen ?? 0, tab, quoted_id: d.quote?.id ?? '' });
  for (const n of ['html', 'bcc']) if (d[n]) body.append(n, d[n]);
  if (d.cc !== undefined) body.append('cc', d.cc);
  for (const f of d.files ?? []) body.append('file_ids', f.id);
  try {
    const r = await fetch(`/conversations/${c}/draft`, { method: 'POST', body, keepalive: d.text.length < 20_000, headers: { 'X-CSRF-Token': document.body.dataset.csrf, 'HX-Request': 'true' } });
    if (!r.ok) return;
    const v = (await r.json()).version;
    if (c === conversation()) version = v;
    const now = stored(c);
    if (JSON.stringify(now) !== JSON.stringify(d)) { if (c === conversation()) remote ??= setTimeout(push, 700); return; } // written on meanwhile
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
