// What the stream says becomes events of the page: conversation-12, inbox, tickets. The parts that listen fetch what is
// new with an ordinary request, so the stream itself carries nothing that is drawn.
import { Stream } from './stream.js';
import { bell } from './sound.js';
import { startBell, popup, told, paintBell, paintColleagues } from './bell.js';
import { heardRoom, fresh } from './rooms.js';
import { setBadge } from './badge.js';
import { showTyping, customerRead } from './log.js';
import { flush } from './outbox.js';
import { writing } from './list.js';
import { heardDraft } from './draft.js';
import { forgetQuote } from './quote.js';
import { toast } from './toast.js';
import { t } from './words.js';

let htmx, soon = new Map();

export function startLive(h) {
  htmx = h;
  const body = document.body.dataset;
  if (!body.stream) return;
  bell.muted = 'quiet' in body;
  startBell();
  const off = new Set((body.mute ?? '').split(' ')), ring = bell.ring;
  bell.ring = (kind, now) => (now || !off.has(kind)) && ring(kind, now);
  document.addEventListener('click', e => { const b = e.target.closest?.('[data-ring]'); if (b) bell.ring(b.dataset.ring, true); });
  const url = new URL(body.stream, location.href), after = url.searchParams.get('last_event_id');
  const stream = new Stream('/stream', { scope: 'agent-' + body.me, after, event: heard, state: lineIs, poll: everything });
  addEventListener('pagehide', e => { if (!e.persisted) stream.close(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { tell('inbox'); tell('tickets'); } });
  document.addEventListener('htmx:afterSwap', countRows);
  document.addEventListener('htmx:afterSwap', ringForRequests);
  countRows();
}

function heard(name, data) {
  if (name === 'typing') { writing(data); return showTyping(data); }
  if (name === 'pinned') return tell('inbox');
  if (name === 'reset') return everything();
  if (name === 'draft.updated') {
    if (data.conversation_id !== document.getElementById('talk')?.dataset.conversation) tell('inbox');
    return heardDraft(data);
  }
  if (name === 'visitors.updated') return tell('visitors');
  if (name === 'notification.created' || name === 'notification.read') {
    tell('notifications');
    if (name === 'notification.read' || data.what === 'transferred' || data.what === 'assigned') tell('inbox'); // what was handed over stands on top until it is read
    return count(name === 'notification.created' && data.what);
  }
  if (name.startsWith('colleague.')) {
    const seen = heardRoom(name, data), news = name === 'colleague.wrote' && data.by !== document.body.dataset.me && !seen;
    if (news) bell.ring('colleague');
    tell('colleagues');
    return count(news && 'colleague');
  }
  if (name === 'presence.updated' && data.agent_id) tell('conversation-' + document.getElementById('talk')?.dataset.conversation); // whose head says who is away
  const c = data.conversation_id;
  if (name === 'read' && data.by === 'customer') customerRead(c, data.seq);
  if (name === 'message.updated' || name === 'message.recalled') again(data.id);
  if (name === 'message.recalled') forgetQuote(data.id);
  if (c && !data.tags && name !== 'message.updated' && name !== 'message.recalled') tell('conversation-' + c);
  if (data.tags) return tell('summary-' + c);
  if (name.startsWith('rating.')) return tell('rating-' + c);
  if (name === 'message.created') ringFor(data);
  if (name === 'transfer.updated') transferMoved(data);
  if (name === 'conversation.created' && data.kind === 'chat') { bell.ring('waiting'); offer(c); }
  if (name === 'read' && data.agent_id !== document.body.dataset.me) return;
  if (data.kind === 'ticket' || name.startsWith('ticket.')) tell('notes');
  tell('inbox');
  tell('tickets');
  tell('queue');
}

// offer tells whoever looks of a chat that he may take, with a button that takes it.
async function offer(id) {
  if (!document.hasFocus()) return; // a popup tells of its message
  try {
    const r = await fetch('/counts?offer=' + id, { headers: { Accept: 'application/json', 'HX-Request': 'true' } });
    const { offered } = r.ok ? await r.json() : {};
    if (offered) toast(t('offered', offered), { stay: 10_000, undo: { text: t('join'), run: () => htmx.ajax('POST', `/conversations/${id}/participation`, { target: 'body', swap: 'none', values: { go: 'true' } }) } });
  } catch { /* the list shows it */ }
}

// transferMoved rings for who is asked, and tells who asked that it was taken over; of anything else a notification comes.
function transferMoved({ from_agent_id, state, name }) {
  tell('transfers');
  if (from_agent_id === document.body.dataset.me && state === 'accepted') toast(t('transfer_accepted', name));
}

// ringForRequests rings when one is asked for something that was not there before.
let rung = new Set();
function ringForRequests() {
  const now = new Set([...document.querySelectorAll('.request')].map(r => r.id));
  if ([...now].some(id => !rung.has(id))) bell.ring('waiting');
  rung = now;
}

// tell triggers a page event at once, and many within a quarter of a second once more at its end.
function tell(name) {
  if (soon.has(name)) return soon.set(name, true);
  trigger(name);
  soon.set(name, false);
  setTimeout(() => {
    const again = soon.get(name);
    soon.delete(name);
    if (again) tell(name);
  }, 250);
}

function trigger(name) {
  if (name === 'notifications' || name === 'colleagues') return htmx.trigger(document.body, name);
  if (name === 'notes') return count();
  if (name === 'inbox' && (document.hidden || !document.querySelector('#rows[data-unread]'))) return count();
  htmx.trigger(document.body, name);
}

function everything() {
  count();
  fresh();
  for (const n of ['inbox', 'tickets', 'queue', 'visitors', 'notifications', 'colleagues', 'transfers']) tell(n);
  const open = document.getElementById('talk')?.dataset.conversation;
  if (open) tell('conversation-' + open);
}

// again draws a message anew that moved on its way or was recalled.
function again(id) {
  const li = document.getElementById('message-' + id);
  if (li) htmx.ajax('GET', '/messages/' + id, { target: li, swap: 'outerHTML' });
}

// ringFor rings when a customer writes to me, or where nobody answers yet.
function ringFor(m) {
  if (m.direction !== 'in' || m.visibility !== 'public') return;
  const open = document.getElementById('talk')?.dataset;
  if (open?.conversation === m.conversation_id && document.hasFocus()) return;
  const row = document.getElementById('row-' + m.conversation_id);
  if (row && !('ring' in row.dataset)) return;
  bell.ring('message');
  popup(m.author?.name || document.title, m.text || m.files?.[0]?.name || '', '/conversations/' + m.conversation_id);
}

let lost;
function lineIs(state) {
  clearTimeout(lost);
  if (state === 'open') {
    document.documentElement.dataset.line = '';
    tell('transfers'); // who is asked may have missed it
    flush();
  } else lost = setTimeout(() => { document.documentElement.dataset.line = 'off'; }, 2000); // a server that was restarted is back by then
  if (state === 'gone') fetch('/counts', { headers: { 'HX-Request': 'true' } }).then(r => { if (r.status === 401) location.assign('/login'); }, () => {});
}

// --- how much is unread: in the rail, the tab's title, on the app's icon

async function count(what) {
  try {
    const r = await fetch('/counts', { headers: { Accept: 'application/json', 'HX-Request': 'true' } });
    if (!r.ok) return;
    const n = await r.json();
    if (!document.querySelector('#rows[data-unread]')) paint(n.unread);
    paintNotes(n.notes);
    paintBell(n.notifications);
    paintColleagues(n.colleagues);
    if (what === 'colleague') { if (n.said) popup(n.said_by, n.said, n.said_url); } else if (what && n.newest) told(what, n.newest, n.newest_url);
  } catch { /* the line is down: it will be told again */ }
}

let moves, moving;
function countRows() {
  const rows = document.querySelector('#rows[data-unread]');
  // Somebody will have waited for too long: the list is drawn anew then, though nothing happens.
  if (rows && moving !== rows.dataset.moves) {
    clearTimeout(moves);
    moving = rows.dataset.moves;
    if (moving) moves = setTimeout(() => { moving = undefined; tell('inbox'); }, Math.min(+moving, 86_400_000));
  }
  paint(Number((rows ?? document.querySelector('.dot[data-of="inbox"]'))?.dataset.unread ?? 0));
}

// paintNotes: the agent's own notes that are open.
function paintNotes(n) {
  for (const dot of document.querySelectorAll('.note-dot')) { dot.hidden = !n; dot.lastElementChild.textContent = n > 99 ? '99+' : n; }
}

function paint(n) {
  for (const dot of document.querySelectorAll('.dot[data-of="inbox"]')) {
    dot.dataset.unread = n;
    dot.hidden = !n;
    dot.lastElementChild.textContent = n > 99 ? '99+' : n;
  }
  setBadge(n);
}
