// The tree of topics: a topic is dragged by its handle, with finger, pen or mouse, or moved by the arrow keys while the handle is in focus. Its
// menu does the same by steps, also without a script. The desk says what the tree is like after that.
export function startTopics(htmx) {
  let drag;
  document.addEventListener('pointerdown', e => {
    const grip = e.target.closest?.('[data-tree] .grip');
    if (!grip || e.button) return;
    e.preventDefault();
    grip.focus();
    grip.setPointerCapture(e.pointerId);
    const row = grip.closest('li');
    drag = { row, x: e.clientX, y: e.clientY, family: family(row), line: document.createElement('i') };
    drag.line.className = 'gap-line';
  });
  document.addEventListener('pointermove', e => {
    if (!drag) return;
    if (!drag.on && Math.hypot(e.clientX - drag.x, e.clientY - drag.y) < 5) return;
    if (!drag.on) { drag.on = true; for (const r of drag.family) r.classList.add('dragged'); }
    near(e.clientY);
    const to = place(drag, e);
    if (to) show(drag, to);
  });
  document.addEventListener('pointerup', () => {
    const to = drag?.on && drag.to, row = drag?.row;
    end();
    if (to) move(htmx, row, { parent_id: to.parent, before: to.before });
  });
  document.addEventListener('pointercancel', () => end());
  document.addEventListener('keydown', e => {
    if (drag && e.key === 'Escape') { e.preventDefault(); end(); return; }
    const grip = e.target.closest?.('[data-tree] .grip');
    const rtl = document.dir === 'rtl', step = { ArrowUp: 'up', ArrowDown: 'down', ArrowRight: rtl ? 'out' : 'in', ArrowLeft: rtl ? 'in' : 'out' }[e.key];
    if (!grip || !step || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    move(htmx, grip.closest('li'), { step });
  });
  document.addEventListener('submit', e => {
    if (e.target.id !== 'topics' || !e.submitter?.value) return;
    e.preventDefault();
    move(htmx, e.submitter.closest('li'), { step: e.submitter.value });
  });

  function end() {
    if (!drag) return;
    drag.line.remove();
    for (const r of drag.family) r.classList.remove('dragged');
    drag = null;
  }
}

let moving;

async function move(htmx, row, values) {
  if (moving) return; // the tree is about to be another one
  moving = true;
  try {
    await htmx.ajax('POST', `/admin/topics/${row.dataset.id}/move`, { target: '#topics', swap: 'outerHTML', values });
  } catch { /* the page said so */ } finally { moving = false; }
  const now = document.getElementById(row.id);
  now?.querySelector('.grip').focus({ preventScroll: true });
  now?.scrollIntoView({ block: 'nearest' });
}

// family is a row with all below it.
function family(row) {
  const all = [row];
  for (let r = row.nextElementSibling; r && +r.dataset.depth > +row.dataset.depth; r = r.nextElementSibling) all.push(r);
  return all;
}

// place is where a topic would stand if it were let go here: between two rows, as deep as the pointer is to the side.
function place(drag, e) {
  const rows = [...drag.row.parentNode.children].filter(r => !drag.family.includes(r));
  let at = rows.findIndex(r => { const b = r.getBoundingClientRect(); return e.clientY < b.top + b.height / 2; });
  if (at < 0) at = rows.length;
  const above = rows[at - 1], below = rows[at];
  if (!above && !below) return null; // it is alone
  const side = (e.clientX - drag.x) * (document.dir === 'rtl' ? -1 : 1), levels = +drag.row.parentNode.dataset.levels;
  const least = below ? +below.dataset.depth : 1, most = Math.min(above ? +above.dataset.depth + 1 : 1, levels);
  const depth = Math.max(least, Math.min(most, +drag.row.dataset.depth + Math.round(side / 24)));
  let parent = '0';
  for (let i = at - 1; i >= 0; i--) if (+rows[i].dataset.depth === depth - 1) { parent = rows[i].dataset.id; break; }
  const before = rows.slice(at).find(r => +r.dataset.depth <= depth);
  return { above, below, depth, parent, before: before && +before.dataset.depth === depth ? before.dataset.id : '0' };
}

function show(drag, to) {
  drag.to = to;
  const list = drag.row.parentNode, box = list.getBoundingClientRect();
  const y = to.below ? to.below.getBoundingClientRect().top : to.above.getBoundingClientRect().bottom;
  drag.line.style.insetBlockStart = y - box.top + 'px';
  drag.line.dataset.depth = to.depth;
  drag.line.className = 'gap-line depth-' + to.depth;
  if (!drag.line.isConnected) list.append(drag.line);
}

// near scrolls the page when the pointer is near its edge.
function near(y) {
  const body = document.querySelector('.page .body'), box = body?.getBoundingClientRect();
  if (!box) return;
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  if (y < top + 40) (body.scrollHeight > body.clientHeight ? body : document.scrollingElement).scrollBy(0, -12);
  if (y > bottom - 40) (body.scrollHeight > body.clientHeight ? body : document.scrollingElement).scrollBy(0, 12);
}
