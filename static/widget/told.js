// What a page tells of itself and its visitor may be anything; the server gets what it knows, no longer than it takes.
const fields = { name: 140, email: 254, phone: 40, company: 140, description: 2000 }; // characters

export function short(value, longest) {
  return typeof value === 'string' || typeof value === 'number' ? [...String(value)].slice(0, longest).join('') : undefined;
}

// profile: known fields by name, everything else under data, for the agents to see.
export function profile(told, locale) {
  const out = { locale }, data = {};
  for (const [k, v] of Object.entries(told && typeof told === 'object' && !Array.isArray(told) ? told : {})) {
    if (Object.hasOwn(fields, k)) out[k] = short(v, fields[k]);
    else if (k !== 'locale') data[k] = v;
  }
  return Object.keys(data).length ? { ...out, data } : out;
}

export function seen(page) {
  return { url: short(page?.url, 2000), title: short(page?.title, 300), referrer: short(page?.referrer, 2000) };
}
