// The emoji picker, loaded on demand: `const { openPicker } = await import('./emoji.js')`.
import zh from 'emoji-picker-element/i18n/zh_CN.js';
import { Picker } from 'emoji-picker-element';

// Where a browser refuses a frame its database, the picker cannot work: these are offered instead.
const few = '😀 😄 😊 🙂 😉 😍 🤗 🤔 😅 😂 🙏 👍 👎 👌 👏 💪 🎉 ❤️ 💐 ☕ 🍵 🔥 ✅ ❌ ❓ 😐 😕 😟 😢 😭 😡 😴 🤝 👋 🙈'.split(' ');

// openPicker puts a picker into box and calls choose with each emoji that is picked. lang: "en" or "zh-CN".
export async function openPicker(box, lang, choose) {
  if (!await databaseAllowed()) return grid(box, choose);
  const chinese = /^zh/i.test(lang);
  const picker = new Picker(chinese ? { locale: 'zh', dataSource: ASSET_EMOJI_ZH, i18n: zh } : { dataSource: ASSET_EMOJI_EN });
  const theme = document.documentElement.dataset.theme;
  if (theme) picker.classList.add(theme);
  picker.addEventListener('emoji-click', e => choose(e.detail.unicode));
  box.append(picker);
}

function grid(box, choose) {
  const list = document.createElement('div');
  list.className = 'emoji-few';
  for (const emoji of few) {
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = emoji;
    b.onclick = () => choose(emoji);
    list.append(b);
  }
  box.append(list);
  list.firstChild.focus();
}

function databaseAllowed() {
  return new Promise(done => {
    try {
      const ask = indexedDB.open('deskbell-probe');
      ask.onsuccess = () => { ask.result.close(); done(true); };
      ask.onerror = ask.onblocked = () => done(false);
    } catch { done(false); }
  });
}
