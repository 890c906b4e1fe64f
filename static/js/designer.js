// The widget's designer: what the form says is drawn beside it at every change. The desk itself reads the form, so that the preview, the faults
// and the word on the contrast are those that saving would give.
const pause = 120; // ms after the last key

export function startDesigner() {
  const form = document.getElementById('designer'), box = document.getElementById('preview');
  if (!form || !box) return;
  const frame = box.querySelector('iframe'), set = { size: 'desk', theme: 'light', view: '', lang: box.querySelector('[data-set=lang]').value };
  let last, timer, asked = 0, logo = '';

  const draw = () => last && frame.contentWindow.postMessage({ ...last, ...set, preview: 1, sample: { ...box.dataset } }, location.origin);
  const load = () => { box.dataset.size = set.size; frame.src = frame.dataset.src + '&lang=' + set.lang; };

  async function ask() {
    const body = new URLSearchParams([...new FormData(form)].filter(([, v]) => typeof v === 'string')), mine = ++asked;
    body.set('preview_lang', set.lang);
    const r = await fetch(form.dataset.preview, { method: 'POST', body, headers: { Accept: 'application/json' } }).catch(() => null);
    if (!r?.ok || mine !== asked) return;
    last = await r.json();
    if (logo && last.look.logo) last.company.logo_url = logo;
    judge(last.contrast);
    tell(last.faults);
    draw();
  }

  function judge(c) {
    const line = document.getElementById('contrast'), take = line.querySelector('button');
    line.classList.toggle('bad', c.bad);
    line.querySelector('span').textContent = c.text;
    take.dataset.better = c.better;
    take.hidden = !c.better;
  }

  // tell shows a fault as soon as there is one, and takes it away when it is mended.
  function tell(faults) {
    for (const field of form.querySelectorAll('.field')) {
      const input = field.querySelector('[name]'), fault = input && faults[input.name], was = field.querySelector('.fault');
      field.classList.toggle('wrong', !!fault);
      if (!fault) was?.remove();
      else if (was) was.lastChild.textContent = fault;
      else field.append(Object.assign(document.createElement('p'), { className: 'fault', textContent: fault }));
    }
  }

  const later = () => { clearTimeout(timer); timer = setTimeout(ask, pause); };
  form.addEventListener('input', e => {
    if (e.target.type === 'file') { logo = e.target.files[0] ? URL.createObjectURL(e.target.files[0]) : ''; }
    const state = document.getElementById('designer-state');
    state.textContent = state.dataset.unsaved;
    const swatch = e.target.closest('.colour')?.querySelector('[type=color]');
    if (swatch && /^#[0-9a-f]{6}$/i.test(e.target.value)) swatch.value = e.target.value;
    if (e.target.name === 'notice' || e.target.name === 'greeting') set.view = pick('view', '');
    if (e.target.name?.startsWith('ask_')) set.view = pick('view', 'ask');
    if (e.target.name?.startsWith('off_')) set.view = pick('view', 'off');
    later();
  });
  form.addEventListener('click', e => {
    const color = e.target.closest('[data-theme-color]')?.dataset.themeColor ?? e.target.closest('[data-better]')?.dataset.better;
    if (!color) return;
    const text = form.elements.color;
    text.value = text.parentNode.querySelector('[type=color]').value = color;
    text.dispatchEvent(new Event('input', { bubbles: true }));
  });

  function pick(name, value) {
    for (const b of box.querySelectorAll(`button[data-set="${name}"]`)) b.setAttribute('aria-pressed', b.value === value);
    const list = box.querySelector(`select[data-set="${name}"]`);
    if (list) list.value = value;
    return value;
  }
  function choose(name, value) {
    set[name] = pick(name, value);
    if (name === 'size' || name === 'lang') load();
    if (name === 'lang') ask(); else draw();
  }
  box.addEventListener('click', e => { const b = e.target.closest('button[data-set]'); if (b) choose(b.dataset.set, b.value); });
  box.addEventListener('change', e => { if (e.target.dataset.set) choose(e.target.dataset.set, e.target.value); });
  document.querySelector('[data-designer-switch]').addEventListener('click', e => {
    const on = form.closest('.page').classList.toggle('previews');
    e.currentTarget.setAttribute('aria-pressed', on);
  });
  addEventListener('message', e => { if (e.source === frame.contentWindow && e.origin === location.origin && e.data?.ready) draw(); });
  set.theme = pick('theme', getComputedStyle(document.documentElement).colorScheme === 'dark' ? 'dark' : 'light');
  load();
  ask();
}
