// Records a voice for a note, at most two minutes.
import { el, icon } from './dom.js';

const longest = 120; // seconds
const kinds = [['audio/webm;codecs=opus', 'weba'], ['audio/mp4', 'm4a'], ['audio/ogg;codecs=opus', 'ogg']];

// record shows, after the button, how long it has gone on and how to end it, and gives a File; null when it was thrown away. Without
// the permission, or where nothing can be recorded, it throws.
export async function record(button, t) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true }), quiet = () => { for (const track of stream.getTracks()) track.stop(); };
  const [type, ending] = kinds.find(([k]) => MediaRecorder.isTypeSupported(k)) || [];
  if (!type) { quiet(); throw new DOMException('no kind of sound that players know', 'NotSupportedError'); } // WebKit without its encoders
  const recorder = new MediaRecorder(stream, { mimeType: type }), parts = [], time = el('span', { role: 'timer' }, '0:00');
  let kept = true;
  const end = keep => { kept = keep; if (recorder.state !== 'inactive') recorder.stop(); };
  const bar = el('div', { class: 'recording' }, el('i', {}), time, el('button', { type: 'button', class: 'plain', onclick: () => end(false) }, t.cancel), el('button', { type: 'button', class: 'stop', onclick: () => end(true) }, icon('#i-square'), t.note.stop));
  button.after(bar);
  const began = performance.now(), tick = setInterval(() => {
    const s = Math.floor((performance.now() - began) / 1000);
    time.textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
    if (s >= longest) end(true);
  }, 250);
  return new Promise(done => {
    recorder.ondataavailable = e => e.data.size && parts.push(e.data);
    recorder.onstop = () => {
      clearInterval(tick);
      quiet();
      bar.remove();
      const at = new Date().toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
      done(kept && parts.length ? new File(parts, `${t.note.voiceName} ${at}.${ending}`, { type: type.split(';')[0] }) : null);
    };
    recorder.start(1000);
    bar.querySelector('.stop').focus();
  });
}
