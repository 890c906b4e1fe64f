// What the chat keeps in its own storage, if the browser lets it have one; else in memory, until it is left.
const memory = new Map(); // what the storage did not take

export const keep = {
  get(key, fallback) {
    if (memory.has(key)) return memory.get(key);
    try {
      const text = localStorage.getItem(key);
      return text === null ? fallback : JSON.parse(text);
    } catch { return fallback; } // refused or spoilt
  },
  set(key, value) {
    memory.delete(key);
    try { localStorage.setItem(key, JSON.stringify(value)); } catch { memory.set(key, value); } // refused or full
  },
  drop(key) {
    memory.delete(key);
    try { localStorage.removeItem(key); } catch { /* refused */ }
  },
  // under lists the keys that begin so.
  under(prefix) {
    const keys = new Set(memory.keys());
    try { for (let i = 0; i < localStorage.length; i++) keys.add(localStorage.key(i)); } catch { /* refused */ }
    return [...keys].filter(k => k.startsWith(prefix));
  },
};
