// Who followed a notification has read it: its address leads here with ?told=ID, and only this, a POST, marks it.
export function startTold() {
  const here = new URL(location), id = here.searchParams.get('told');
  if (!/^\d+$/.test(id ?? '')) return;
  here.searchParams.delete('told');
  history.replaceState(history.state, '', here);
  const body = new URLSearchParams({ id });
  fetch('/notifications/reading', { method: 'POST', body, keepalive: true, headers: { 'X-CSRF-Token': document.body.dataset.csrf, 'HX-Request': 'true' } }).catch(() => {});
}
