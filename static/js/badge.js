// How much is unread, where it is seen without looking: "(3) Conversations" in the tab, and on the installed app's icon.
//
//   import { setBadge } from './badge.js';
//   setBadge(3);   setBadge(0) takes it away
let count = 0, plain = '';

export function setBadge(n) {
  count = Math.max(0, n | 0);
  paint();
  if (!matchMedia('(display-mode: standalone)').matches) return; // only an installed app has an icon
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}

// A page that swaps its main part changes its title too: the count is put back before it.
new MutationObserver(paint).observe(document.head, { childList: true, subtree: true, characterData: true });

function paint() {
  const now = document.title, bare = now.replace(/^\(\d+\+?\) /, '');
  plain = bare || plain;
  const wanted = count ? `(${count > 99 ? '99+' : count}) ${plain}` : plain;
  if (wanted !== now) document.title = wanted;
}
