// A page for paper: its button opens the browser's print dialog.
for (const b of document.querySelectorAll('[data-print]')) {
  b.hidden = false;
  b.addEventListener('click', () => print());
}
