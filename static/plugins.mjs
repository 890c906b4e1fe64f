// What esbuild is taught for us.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawSprite, iconsIn } from './sprite.mjs';

const here = dirname(fileURLToPath(import.meta.url));

// `import sprite from 'sprite:widget'` gives the sprite of the icons that scripts in static/widget name, as text:
// the chat carries its few icons along instead of fetching the console's many.
export const spriteModule = {
  name: 'sprite',
  setup(build) {
    build.onResolve({ filter: /^sprite:/ }, a => ({ path: a.path.slice(7), namespace: 'sprite' }));
    build.onLoad({ filter: /.*/, namespace: 'sprite' }, a => {
      const dir = join(here, a.path), files = readdirSync(dir).filter(f => f.endsWith('.js')).map(f => join(dir, f));
      return { contents: drawSprite(iconsIn(files)), loader: 'text', watchFiles: files };
    });
  },
};

// `import css from 'css:loader.css'` gives a style sheet, minified, as text for a CSSStyleSheet.
export const cssText = {
  name: 'css-text',
  setup(build) {
    build.onResolve({ filter: /^css:/ }, a => ({ path: join(a.resolveDir, a.path.slice(4)), namespace: 'css-text' }));
    build.onLoad({ filter: /.*/, namespace: 'css-text' }, async a => {
      const { code } = await build.esbuild.transform(readFileSync(a.path, 'utf8'), { loader: 'css', minify: true, target: build.initialOptions.target });
      return { contents: code, loader: 'text', watchFiles: [a.path] };
    });
  },
};

// emoji-picker-element writes a <style> and style attributes, which a Content-Security-Policy without unsafe-inline
// refuses. Both have a way through the style object model that is allowed; should a new version of it be written
// otherwise, the build stops here rather than the picker in the browser.
export const emojiWithoutInlineStyle = {
  name: 'emoji',
  setup(build) {
    build.onLoad({ filter: /emoji-picker-element[\\/]picker\.js$/ }, a => {
      let text = readFileSync(a.path, 'utf8');
      const change = (from, to) => {
        if (text.split(from).length !== 2) throw new Error(`emoji-picker-element has changed: ${from}`);
        text = text.replace(from, () => to);
      };
      change("const style = document.createElement('style');", 'const style = new CSSStyleSheet();');
      change('style.textContent = baseStyles + EXTRA_STYLES;', 'style.replaceSync(baseStyles + EXTRA_STYLES);');
      change('this.shadowRoot.appendChild(style);', 'this.shadowRoot.adoptedStyleSheets = [style];');
      change('targetNode.setAttribute(attributeName, newValue);', "attributeName === 'style' ? (targetNode.style.cssText = newValue) : targetNode.setAttribute(attributeName, newValue);");
      return { contents: text, loader: 'js' };
    });
  },
};
