// Small things that forms share: sent once, copied by a press, asked before what cannot be undone.
import { t } from './words.js';

export function startForms() {
  document.addEventListener('submit', e => {
    const form = e.target;
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) { e.preventDefault(); return e.stopImmediatePropagation(); }
    if (!('once' in form.dataset)) return;
    if (form.dataset.sent) return e.preventDefault();
    form.dataset.sent = '1';
    for (const b of form.querySelectorAll('button:not([type="button"])')) b.classList.add('htmx-request');
  }, true);
  addEventListener('pageshow', () => { for (const f of document.querySelectorAll('[data-sent]')) delete f.dataset.sent; });

  document.addEventListener('click', async e => {
    const b = e.target.closest?.('[data-copy]');
    if (!b) return;
    await navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent.trim());
    const was = b.textContent;
    b.textContent = b.dataset.copied;
    setTimeout(() => { b.textContent = was; }, 1500);
  });
  // A file that is too large is told so before it is sent.
  document.addEventListener('change', e => {
    const f = e.target.dataset.most && e.target.files?.[0];
    if (e.target.dataset.most) e.target.setCustomValidity(f?.size > +e.target.dataset.most ? t('file_too_large', f.name, Math.floor(e.target.dataset.most / (1 << 20))) : '');
    if (f) e.target.reportValidity();
  });
  // A file that is chosen is sent.
  document.addEventListener('change', e => { if ('submit' in e.target.dataset && e.target.files?.length) e.target.form.requestSubmit(); });
  // A colour field and its text show the same.
  document.addEventListener('input', e => { if (e.target.dataset.mirror) document.getElementById(e.target.dataset.mirror).value = e.target.value; });
  // Whoever sets the desk up is most likely where the company is.
  const zone = document.querySelector('select[name="time_zone"][data-guess], form[action="/setup"] select[name="time_zone"]');
  if (zone?.value === 'UTC') {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (here && ![...zone.options].some(o => o.value === here)) zone.add(new Option(here.replaceAll('_', ' '), here));
    if (here) zone.value = here;
  }
  // What one has folded open is open the next time, in this browser.
  const unfold = el => { for (const d of el.querySelectorAll('details[data-keep]')) d.open = kept(d.dataset.keep); };
  document.addEventListener('toggle', e => { if (e.target.dataset?.keep) keep(e.target.dataset.keep, e.target.open); }, true);
  document.addEventListener('htmx:load', e => unfold(e.target));
  unfold(document);
  document.querySelector('[aria-invalid="true"]')?.focus();
}

const fold = name => 'deskbell-open-' + name;
function kept(name) { try { return localStorage.getItem(fold(name)) === '1'; } catch { return false; } }
function keep(name, open) { try { localStorage.setItem(fold(name), open ? '1' : ''); } catch { /* it is closed the next time */ } }
