// The bell: a counter bell struck once, made by Web Audio, so that no file is fetched.
//
//   import { bell } from './sound.js';
//   bell.ring();         at most once in 3 s, the first of a burst; silent until the visitor has pressed something
//   bell.ring('message', true);   the bell of one kind, now, whatever is switched off: to hear what it is like
//   bell.muted = true;   kept in this browser
const apart = 3_000, key = 'deskbell-muted';

// Partials of a small brass bell: how many times the base, how loud, how long it rings (s).
const partials = [[1, 0.5, 1.1], [2.02, 0.28, 0.8], [2.76, 0.22, 0.55], [5.41, 0.09, 0.25], [8.9, 0.04, 0.08]];
const base = 1244; // Hz
const heights = { waiting: 0.84, notification: 1.26, colleague: 1.5 }; // times the base, so that one hears what it is

let audio, last = -apart, muted = read();

// Browsers let a page sound only after a gesture.
for (const type of ['pointerdown', 'keydown']) addEventListener(type, unlock, { capture: true, passive: true });

export const bell = {
  // quiet mutes it where nobody has chosen yet.
  quiet() { if (!chosen()) muted = true; },
  get muted() { return muted; },
  set muted(on) {
    muted = !!on;
    try { localStorage.setItem(key, muted ? '1' : '0'); } catch { /* no storage: until the page is left */ }
  },
  ring(kind, now) {
    if (now) muted ? unlock(true) : unlock();
    else if (muted || audio?.state !== 'running' || performance.now() - last < apart) return false;
    last = performance.now();
    if (audio) strike(audio, audio.currentTime, base * (heights[kind] ?? 1));
    return true;
  },
};

function strike(at, now, height) {
  const out = at.createGain();
  out.gain.value = 0.22;
  out.connect(at.destination);
  for (const [times, loud, long] of partials) {
    const tone = at.createOscillator(), gain = at.createGain();
    tone.frequency.value = height * times;
    gain.gain.setValueAtTime(0, now);
    gain.gain.linearRampToValueAtTime(loud, now + 0.003);
    gain.gain.exponentialRampToValueAtTime(0.0001, now + long);
    tone.connect(gain).connect(out);
    tone.start(now);
    tone.stop(now + long);
  }
}

function unlock(anyway) {
  const Audio = window.AudioContext;
  if (!Audio || (muted && anyway !== true)) return;
  audio ??= new Audio();
  if (audio.state === 'suspended') audio.resume().catch(() => {});
}

function read() { return stored() === '1'; }
function chosen() { return stored() !== null; }
function stored() {
  try { return localStorage.getItem(key); } catch { return null; }
}
