// What the chat's forms share.

// tellFaults writes each field's fault beside it and goes to the first; false: none of them has one.
export function tellFaults(form, faults) {
  let first;
  for (const f of form.elements) {
    const small = f.name && f.parentNode.querySelector('small.fault');
    if (!small) continue;
    small.textContent = faults[f.name] || '';
    f.toggleAttribute('aria-invalid', !!faults[f.name]);
    if (faults[f.name]) first ||= f;
  }
  first?.focus();
  return !!first;
}
