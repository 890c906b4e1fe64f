// The switch for notifications on this device, on the profile page: <div data-push> with buttons data-push-on and
// data-push-off and a line data-push-state.
import { pushState, subscribe, unsubscribe, forget } from './push.js';
import { t } from './words.js';

export function startNotices() {
  document.addEventListener('click', async e => {
    if (e.target.closest?.('[data-push-on]')) await turn(subscribe);
    if (e.target.closest?.('[data-push-off]')) await turn(unsubscribe);
  });
  document.addEventListener('submit', e => { if (e.target.action?.endsWith('/logout')) forget(); });
  show();
}

async function turn(how) {
  try { await how(); show(); } catch (e) { show(e.message); }
}

async function show(fault) {
  const box = document.querySelector('[data-push]');
  if (!box) return;
  const state = await pushState();
  box.querySelector('[data-push-on]').hidden = state !== 'off';
  box.querySelector('[data-push-off]').hidden = state !== 'on';
  const texts = { unsupported: t('push_unsupported'), denied: t('push_denied'), off: t('push_off'), on: t('push_on'), timeout: t('push_timeout'), refused: t('push_refused') };
  box.querySelector('[data-push-state]').textContent = texts[fault] ?? texts[state];
}
