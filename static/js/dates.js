// Relative dates grow old: every half minute those of the last hour are told anew.
import { t } from './words.js';

export function startDates() {
  setInterval(() => { if (!document.hidden) refresh(); }, 30_000);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
  setInterval(count, 250);
  document.addEventListener('htmx:oobAfterSwap', count);
}

// count says how many seconds are left until something is due.
function count() {
  for (const el of document.querySelectorAll('[data-due]')) {
    const left = Math.ceil((+el.dataset.due - Date.now()) / 1000), text = left > 0 ? el.dataset.text.replace('%', left) : '';
    if (text && el.textContent !== text) el.textContent = text;
  }
}

function refresh() {
  const now = Date.now();
  for (const el of document.querySelectorAll('time[data-rel]')) {
    const at = new Date(el.dateTime), minutes = Math.floor((now - at) / 60_000);
    if (minutes < 0 || minutes > 75) continue; // of other days, or drawn as such by the server
    const text = minutes < 1 ? t('now') : minutes < 60 ? (el.classList.contains('wait') ? t('minutes', minutes) : t('minutes_ago', minutes)) : at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: document.body.dataset.zone });
    if (el.textContent !== text) el.textContent = text;
    if (el.classList.contains('wait') && !('mark' in el.dataset)) el.classList.toggle('late', minutes >= 5);
  }
}
