// Builds the TypeScript client: `node sdk/build.mjs openapi.json OUT`. OUT gets deskbell.js (an ES module with nothing to import),
// its types client.d.ts, and schema.d.ts, which openapi-typescript makes of the desk's own description.
import { build } from 'esbuild';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url)), [description, out] = process.argv.slice(2).map(p => resolve(p));
if (!out) throw new Error('wanted: node sdk/build.mjs openapi.json OUT');

mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'schema.d.ts'), astToString(await openapiTS(JSON.parse(readFileSync(description, 'utf8')))));
writeFileSync(join(out, 'client.ts'), readFileSync(join(here, 'client.ts'))); // beside its types

const program = ts.createProgram([join(out, 'client.ts')], {
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  strict: true, declaration: true, emitDeclarationOnly: true, outDir: out, types: [], skipLibCheck: true, paths: { 'openapi-fetch': [join(here, '../node_modules/openapi-fetch')] },
});
const faults = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
if (faults.length) {
  console.error(ts.formatDiagnostics(faults, { getCanonicalFileName: f => f, getCurrentDirectory: () => out, getNewLine: () => '\n' }));
  process.exit(1);
}
await build({ entryPoints: [join(out, 'client.ts')], outfile: join(out, 'deskbell.js'), bundle: true, format: 'esm', target: 'es2022', charset: 'utf8', legalComments: 'eof', nodePaths: [join(here, '../node_modules')], logLevel: 'warning' });
