// Draws the icon sprite: only the icons that are used, from lucide-static, and the bell, which is our own.
// An icon is used where a template says {{icon "NAME"}} or a script or template says "#i-NAME".
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// The mark: a counter bell.
const own = {
  bell: '<path d="M4 17a8 8 0 0 1 16 0Z" fill="currentColor" stroke="none"/><path d="M2.5 19.5h19"/><path d="M12 9V6.5M10 6h4"/>',
};

// iconsIn lists the icons that these files name, sorted.
export function iconsIn(files) {
  const names = new Set();
  for (const f of files) {
    const text = readFileSync(f, 'utf8');
    for (const m of text.matchAll(/\bicon "([a-z0-9-]+)"/g)) names.add(m[1]);
    for (const m of text.matchAll(/#i-([a-z0-9-]+)/g)) names.add(m[1]);
  }
  return [...names].sort();
}

// drawSprite gives an SVG whose symbols are called i-NAME. Strokes and colour come from the style sheet.
export function drawSprite(names) {
  const symbols = names.map(n => `<symbol id="i-${n}" viewBox="0 0 24 24">${own[n] ?? lucide(n)}</symbol>`);
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`;
}

function lucide(name) {
  const file = join(root, 'node_modules/lucide-static/icons', name + '.svg');
  if (!existsSync(file)) throw new Error(`there is no icon "${name}" in lucide-static, and it is not one of ours`);
  const svg = readFileSync(file, 'utf8');
  return svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>')).replace(/\s*\n\s*/g, '').replace(/ \/>/g, '/>');
}
