// Builds everything in static/ into static/dist: `node static/build.mjs`.
//
// What is built:
//   - every script or style sheet that a template names by {{asset "js/x.js"}}, bundled for the browsers in `target`;
//   - widget.js (the loader) and sw.js, which keep their names because other sites and browsers remember them;
//   - icons.svg, a sprite of the icons that templates and scripts really use, and our own bell;
//   - emoji data, pictures and the web app's icons, copied.
// All but widget.js and sw.js carry a hash in their name, so they may be kept for ever; manifest.json says which is
// which. Beside each file that shrinks lies its .gz, so that the server never compresses.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { drawSprite, iconsIn } from './sprite.mjs';
import { cssText, emojiWithoutInlineStyle, spriteModule } from './plugins.mjs';

const here = dirname(fileURLToPath(import.meta.url)), root = dirname(here), out = join(here, 'dist');
const target = ['chrome111', 'safari16.4', 'firefox121']; // as docs/architecture.md says
const views = files(join(root, 'views'), '.html'), scripts = files(here, '.js').filter(f => !f.startsWith(out));
const manifest = {};

try {
  await main();
} catch (e) {
  rmSync(out + '.new', { recursive: true, force: true });
  throw e;
}

async function main() {
  // Files are made aside and moved in last: a server that runs from this folder never sees half a build.
  const fresh = out + '.new';
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  keep(fresh, 'icons.svg', drawSprite(iconsIn([...views, ...scripts.filter(f => !f.startsWith(join(here, 'widget')))])));
  for (const f of files(join(here, 'img'))) keep(fresh, 'img/' + basename(f), readFileSync(f));
  for (const lang of ['en', 'zh']) {
    keep(fresh, `emoji/${lang}.json`, readFileSync(join(root, 'node_modules/emoji-picker-element-data', lang, 'emojibase/data.json')));
  }
  await bundlePage(fresh);
  await bundle(fresh);
  await bundleKept(fresh);
  writeFileSync(join(fresh, 'manifest.json'), JSON.stringify(sorted(manifest), null, 1) + '\n');
  compress(fresh);
  writeFileSync(join(fresh, '.gitkeep'), '');
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
  report();
}

// bundle makes what the templates name. The chat shares no part with the console: what a visitor opens is one script. The designer's
// preview has the same parts once more, in a script of its own.
async function bundle(to) {
  const entries = named('asset').filter(n => /\.(js|css)$/.test(n)), preview = n => n === 'widget/preview.js', chat = n => n.startsWith('widget/') && !preview(n);
  await bundleTogether(to, entries.filter(chat));
  await bundleTogether(to, entries.filter(preview));
  await bundleTogether(to, entries.filter(n => !chat(n) && !preview(n)));
}

// bundleTogether makes entries whose common parts, and parts loaded on demand, become chunks of their own.
async function bundleTogether(to, entries) {
  if (!entries.length) return;
  const r = await build({
    entryPoints: entries.map(n => join(here, n)), outdir: to, outbase: here, bundle: true, splitting: true, format: 'esm', minify: true,
    target, charset: 'utf8', entryNames: '[name]-[hash]', chunkNames: 'chunks/[name]-[hash]', metafile: true,
    legalComments: 'eof', define: addresses(), plugins: [emojiWithoutInlineStyle, spriteModule, cssText], logLevel: 'warning',
  });
  for (const [file, o] of Object.entries(r.metafile.outputs)) {
    const from = o.entryPoint && relative(here, resolve(o.entryPoint));
    if (entries.includes(from)) manifest[from] = basename(file); // not what is only loaded on demand
  }
}

// bundlePage makes the part that the loader fetches into the company's page when the chat asks for it: a module of its own, for the
// chat must know its name.
async function bundlePage(to) {
  const r = await build({ entryPoints: [join(here, 'widget/page.js')], bundle: true, format: 'esm', minify: true, target, charset: 'utf8', legalComments: 'none', write: false, logLevel: 'warning' });
  keep(to, 'widget/page.js', r.outputFiles[0].contents);
}

// bundleKept makes those that keep their names. They are plain scripts, not modules: a page may load the widget
// with the oldest of tags, and Firefox runs no module as service worker.
async function bundleKept(to) {
  await build({
    entryPoints: { widget: join(here, 'widget/loader.js'), snippet: join(here, 'widget/snippet.js'), sw: join(here, 'sw.js') }, outdir: to, bundle: true, format: 'iife', minify: true,
    target, charset: 'utf8', define: addresses(), legalComments: 'none', loader: { '.html': 'text' }, plugins: [cssText], logLevel: 'warning',
  });
  manifest['widget.js'] = 'widget.js';
  manifest['snippet.js'] = 'snippet.js';
  manifest['sw.js'] = 'sw.js';
}

// addresses gives scripts the built names of what they fetch: ASSET_ICONS is "/assets/icons-….svg".
function addresses() {
  const names = { ASSET_ICONS: 'icons.svg', ASSET_ICON: 'img/icon-192.png', ASSET_BADGE: 'img/badge-96.png', ASSET_EMOJI_EN: 'emoji/en.json', ASSET_EMOJI_ZH: 'emoji/zh.json', ASSET_PAGE: 'widget/page.js' };
  return Object.fromEntries(Object.entries(names).map(([k, n]) => [k, JSON.stringify('/assets/' + manifest[n])]));
}

// named lists what the templates call by {{asset "…"}} or {{icon "…"}}; a name without a source stops the build.
function named(call) {
  const found = new Map();
  for (const f of views) {
    for (const m of readFileSync(f, 'utf8').matchAll(new RegExp(`\\b${call} "([^"]+)"`, 'g'))) found.set(m[1], f);
  }
  const missing = [...found].filter(([n]) => !manifest[n] && !existsSync(join(here, n)));
  if (missing.length) throw new Error(missing.map(([n, f]) => `${relative(root, f)} names ${n}, which is not in static/`).join('\n'));
  return [...found.keys()];
}

function keep(to, name, body) {
  const ext = extname(name), hash = createHash('sha256').update(body).digest('hex').slice(0, 8).toUpperCase();
  manifest[name] = `${basename(name, ext)}-${hash}${ext}`;
  writeFileSync(join(to, manifest[name]), body);
}

function compress(dir) {
  for (const f of readdirSync(dir, { recursive: true })) {
    if (!/\.(js|css|svg|json|html|txt)$/.test(f) || f === 'manifest.json') continue;
    const plain = readFileSync(join(dir, f)), small = gzipSync(plain, { level: 9 });
    if (small.length >= plain.length * 0.9) continue;
    writeFileSync(join(dir, f + '.gz'), small);
    // Who asks for a long file without gzip is so rare that the server unpacks it then: the binary need not carry both.
    if (plain.length > 32 << 10) rmSync(join(dir, f));
  }
}

function report() {
  const rows = Object.entries(manifest).filter(([n]) => /\.(js|css|svg)$/.test(n)).map(([n, b]) => {
    const gz = join(out, b + '.gz');
    return `${n.padEnd(24)} ${String(statSync(existsSync(gz) ? gz : join(out, b)).size).padStart(7)} bytes`;
  });
  console.log(rows.join('\n'));
}

function files(dir, ext = '') {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true }).map(f => join(dir, f)).filter(f => f.endsWith(ext) && statSync(f).isFile()).sort();
}

function sorted(o) { return Object.fromEntries(Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1))); }
