// A form of many parts shows those that are used. The others stand in a choice that adds them; a press takes one out and empties it.
// What is hidden is empty, so the form sends the same whether a script runs or not.
export function startPick() {
  for (const group of document.querySelectorAll('[data-pick]')) {
    const add = group.querySelector('[data-add]'), parts = [...group.querySelectorAll('.part')];
    const options = parts.map((part, i) => add.appendChild(new Option(part.querySelector('label, .label').firstChild.textContent.trim(), i)));
    const show = () => parts.forEach((part, i) => { options[i].hidden = options[i].disabled = part.classList.contains('set'); });
    add.addEventListener('change', () => {
      const part = parts[add.value];
      add.value = '';
      part?.classList.add('set');
      show();
      part?.querySelector('input, select, textarea').focus();
    });
    group.addEventListener('click', e => {
      const part = e.target.closest('.part-drop')?.closest('.part');
      if (!part) return;
      for (const i of part.querySelectorAll('input, select, textarea')) {
        if (i.type === 'checkbox') i.checked = false;
        else if (i.options) i.selectedIndex = 0;
        else i.value = '';
      }
      part.classList.remove('set');
      show();
      add.focus();
    });
    show();
  }
}
