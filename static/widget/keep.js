// What the chat keeps in its own storage, if the browser lets it have one; else in memory, until it is left.
const memory = new Map();

export const keep = {
  get(key, fallback) {
    try {
      const text = localStorage.getItem(key);
      if (text !== null) return JSON.parse(text);
    } catch { /* refused or spoilt */ }
    return memory.has(key) ? memory.get(key) : fallback;
  },
  set(key, value) {
    memory.set(key, value);
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* refused or full */ }
  },
};
