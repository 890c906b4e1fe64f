// What the widget does in the company's own page only when it is wanted: how far was scrolled, where the window stands, notifications, a mark in the title.
// The loader fetches this part from the desk; the chat on a page of its own has it from its own bundle.
const apart = 3_000; // ms: messages within it are one notification, with the last words

let shown = 0, scrolls = false, holds = false, marking, plain = '';

// more does what the chat asks, and answers by say(type, data). In a company's page, frame is the chat's, and kept what the loader keeps.
export function more(d, say, frame, kept) {
  if (Object.hasOwn(can, d.do)) can[d.do](d, say, frame, kept);
}

const can = {
  // scroll tells how much of the page was seen, in percent.
  scroll(_, say) {
    if (scrolls) return;
    scrolls = true;
    const tell = () => say('scroll', { to: (scrollY + innerHeight) / document.documentElement.scrollHeight * 100 });
    addEventListener('scroll', tell, { passive: true });
    tell();
  },

  // move moves the window by so many px; it stays on the screen, also on one that grows narrower, and is there again on the next page.
  move({ x, y }, _, frame, kept) {
    const put = (dx, dy) => {
      const [left = 0, top = 0] = frame.style.translate.split(' ').map(n => parseInt(n, 10) || 0), r = frame.getBoundingClientRect();
      const z = zoomOf(frame), k = Math.abs(r.width - frame.offsetWidth) < 1 ? 1 : z; // some browsers measure in the page's px, some in the screen's
      frame.style.translate = `${left + within(dx / z, r.left / k, innerWidth / z - r.right / k)}px ${top + within(dy / z, r.top / k, innerHeight / z - r.bottom / k)}px`;
    };
    put(x, y);
    if (x || y) kept.write({ at: frame.style.translate });
    if (!holds) addEventListener('resize', () => put(0, 0));
    holds = true;
  },

  // may tells whether notifications are allowed: default, granted, denied, or nothing where there are none.
  may(_, say) { say('may', { state: window.isSecureContext && window.Notification?.permission || '' }); },

  // ask is a press of the visitor's: only then do browsers ask him.
  async ask(_, say) {
    const state = await window.Notification?.requestPermission().catch(() => 'denied');
    say('may', { state: state || '' });
  },

  notify({ title, body, icon }, say) {
    if (window.Notification?.permission !== 'granted') return;
    const now = Date.now(), again = now - shown >= apart;
    if (again) shown = now;
    try {
      const n = new Notification(title, { body, icon, tag: 'deskbell', renotify: again }); // the same tag: the last takes the place of those before
      n.onclick = () => { window.focus(); n.close(); say('pressed', {}); };
    } catch { /* phones show notifications by a worker only */ }
  },

  // title says in turn what is new and what the page is called, until somebody looks.
  title({ text }) {
    if (marking || !document.hidden) return;
    plain = document.title;
    marking = setInterval(() => { document.title = document.title === text ? plain : text; }, 1_000);
    document.title = text;
    document.addEventListener('visibilitychange', () => {
      clearInterval(marking);
      marking = 0;
      if (document.title === text) document.title = plain;
    }, { once: true });
  },
};

// zoomOf tells how many of the screen's px one of the page's is.
function zoomOf(el) { return el.currentCSSZoom || Number(getComputedStyle(document.documentElement).zoom) || 1; }
function within(n, before, behind) { return Math.round(Math.max(-before, Math.min(behind, n | 0))); }
