// Offers to install the console as an app, when the browser would.
//
//   <button type="button" data-install hidden>…</button>      shown while an install can be offered; a press asks
//   <p data-install-ios hidden>…</p>                          shown on iPhone and iPad, where only the share menu can
//
//   import { watchInstall } from './install.js';
//   watchInstall();
let offer = null;

export function watchInstall() {
  addEventListener('beforeinstallprompt', e => {
    e.preventDefault(); // we ask when it is asked for, not when the browser feels like it
    offer = e;
    show();
  });
  addEventListener('appinstalled', () => { offer = null; show(); });
  document.addEventListener('click', e => { if (e.target.closest?.('[data-install]')) ask(); });
  document.addEventListener('htmx:load', show);
  show();
}

// installed tells whether this page runs as an app of its own.
export function installed() {
  return matchMedia('(display-mode: standalone)').matches || navigator.standalone === true;
}

async function ask() {
  const asked = offer;
  if (!asked) return;
  offer = null; // the browser lets each offer be used once
  show();
  await asked.prompt();
  await asked.userChoice;
}

function show() {
  const ios = navigator.standalone === false; // defined by Safari on iOS alone
  for (const b of document.querySelectorAll('[data-install]')) b.hidden = !offer || installed();
  for (const p of document.querySelectorAll('[data-install-ios]')) p.hidden = !ios || installed();
}
