// The console. Pages are drawn by the server; htmx swaps their parts; the stream says when. A file per behaviour.
import htmx from 'htmx.org';
import { Idiomorph } from 'idiomorph';
import { startWorker } from './push.js';
import { watchInstall } from './install.js';
import { startLive } from './live.js';
import { startOutbox } from './outbox.js';
import { startList } from './list.js';
import { startBulk } from './bulk.js';
import { startLog } from './log.js';
import { startFind } from './find.js';
import { startOffers } from './offers.js';
import { canned } from './canned.js';
import { mention } from './mention.js';
import { startComposer } from './composer.js';
import { startKeys } from './keys.js';
import { startPalette } from './palette.js';
import { startForms } from './forms.js';
import { startDesigner } from './designer.js';
import { startTopics } from './topics.js';
import { startPick } from './pick.js';
import { startDates } from './dates.js';
import { startRooms } from './rooms.js';
import { startNotices } from './notices.js';
import { startTold } from './told.js';
import { startToasts, toast } from './toast.js';

// What is drawn anew changes in place. A menu that is open stays as it is: somebody is about to choose, or writes in it.
// What one writes in keeps its value; a row that has the focus changes like the others.
const writing = () => !!document.activeElement?.matches('input, textarea, select, [contenteditable]');
const callbacks = { beforeNodeMorphed: old => !old.matches?.('details[data-pop][open]') };
htmx.defineExtension('morph', {
  isInlineSwap: style => style === 'morph:outerHTML',
  handleSwap: (style, target, fragment) => style.startsWith('morph:') && Idiomorph.morph(target, fragment.children, { morphStyle: style.slice(6), ignoreActiveValue: writing(), callbacks }),
});

startToasts();
startForms();
startDesigner();
startTopics(htmx);
startPick();
startDates();
startList(htmx);
startBulk();
startOutbox(htmx);
startLog(htmx);
startFind();
startOffers(canned, mention);
startComposer();
startKeys();
startPalette(htmx);
startRooms(htmx);
startLive(htmx);
startNotices();
startTold();
watchInstall();
startWorker();
document.querySelector('.menu [aria-current], .views [aria-current]')?.scrollIntoView({ block: 'nearest' }); // admin mode's menu is long, and so are the views on a phone

// A notification's tap opens its conversation in the page that is there.
addEventListener('deskbell:open', e => {
  if (!document.getElementById('talk')) return; // another page: the default goes there
  e.preventDefault();
  location.assign(e.detail);
});
// An answer whose form was drawn anew meanwhile is heard all the same: htmx tells it to the element that asked, and that stands in no page any more.
document.addEventListener('htmx:beforeSend', ({ detail: { elt, xhr } }) => xhr.addEventListener('load', () => {
  const said = xhr.getResponseHeader('HX-Trigger');
  if (!elt.isConnected && said?.startsWith('{')) for (const [name, what] of Object.entries(JSON.parse(said))) htmx.trigger(document.body, name, Object(what) === what ? what : { value: what });
}, { capture: true })); // before htmx itself takes it
document.addEventListener('toast', e => toast(e.detail.error, { bad: true }));
