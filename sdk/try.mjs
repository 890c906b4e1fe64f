// Tries the built client against a desk: `node sdk/try.mjs OUT URL WIDGET`. Somebody must answer "here" to what it writes.
import { pathToFileURL } from 'node:url';
import { strict as assert } from 'node:assert';
import { join, resolve } from 'node:path';

const [out, url, widget] = process.argv.slice(2);
const { Deskbell, Problem } = await import(pathToFileURL(join(resolve(out), 'deskbell.js')).href);

const app = new Deskbell({ url, widget });
const session = await app.enter({ name: 'Mei', email: 'mei@mail.example', data: { plan: 'gold' } }, { page: { url: 'app://tea/longjing', title: 'Longjing' } });
assert.ok(session.visitor_token.startsWith(widget + '.'));

const heard = [];
const stop = app.listen(h => heard.push(h));
const file = await app.upload(new Blob(['a leaf'], { type: 'text/plain' }), 'leaf.txt');
const sent = await app.send('hello from node', { clientId: 'one', fileIds: [file.id] });
const again = await app.send('hello from node', { clientId: 'one' });
assert.equal(again.id, sent.id, 'the same client id makes one message');

await until(() => heard.some(h => h.name === 'message.created' && h.data.text === 'here' && h.data.author.type === 'agent'));
assert.equal(heard.filter(h => h.data.id === sent.id).length, 1, 'his own message is told once');
const answer = heard.find(h => h.data.text === 'here').data;
await app.typing('and now');
await app.read(answer.conversation_id, answer.seq);
assert.equal((await app.standing()).conversation.status, 'open');
const page = await app.history(undefined, 200);
assert.deepEqual(page.items.filter(m => m.kind !== 'event').map(m => m.text), ['hello from node', 'here']);
assert.equal(await (await app.download(page.items.find(m => m.files.length).files[0])).text(), 'a leaf');

const known = new Deskbell({ url, widget, token: app.token });
assert.equal((await known.enter()).visitor_id, session.visitor_id, 'the token is the visitor');
await app.leave();
assert.equal((await app.standing()).conversation, null);
await assert.rejects(app.send('x'.repeat(1501)), e => e instanceof Problem && e.status === 422 && !e.passing);
await assert.rejects(new Deskbell({ url, token: widget + '.nobody' }).send('x'), e => e instanceof Problem && e.status === 401);
stop();
console.log('well');

async function until(is) {
  for (const end = Date.now() + 60_000; !is(); await new Promise(done => setTimeout(done, 10))) if (Date.now() > end) throw new Error('never heard it: ' + JSON.stringify(heard));
}
