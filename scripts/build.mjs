// Builds dist/: the library as plain modules in dist/lib (tsc; comments stay with the declarations, which editors show); the
// command as an entry and all its code in pieces in one file (esbuild), so that it starts in little more than the time Node
// itself takes; and the page in dist/app, static files made of the built library (vite).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';
import { build as buildPage } from 'vite';
import { writeExample } from './example.mjs';
import { listsOf } from './lists.mjs';
import { packImage } from './pack.mjs';
import { piecesOf } from './pieces.mjs';
import { buildPython } from './python.mjs';

const require = createRequire(import.meta.url);

/** Modules of Node that take their time to load, and that a dependency asks for long before it uses them, if ever. */
const lateModules = {
  name: 'late-modules',
  setup({ onLoad }) {
    onLoad({ filter: /commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const early = "const childProcess = require('node:child_process');";
      if (!text.includes(early)) throw new Error(`${path} does not ask for child_process as it did`);
      const late = "const childProcess = { get spawn() { return require('node:child_process').spawn; } };";
      return { contents: text.replace(early, late), loader: 'js' };
    });
  },
};

/**
 * Comments and spaces are a sixth of what the library takes packed, and nobody looks for them in what is compiled: they stay with
 * the declarations. Names stay, and lines short enough for a place in a stack trace to say something.
 */
async function tightened(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.js'));
  for (const name of files) {
    const path = join(folder, name);
    const { code } = await transform(readFileSync(path, 'utf8'), {
      target: 'es2022',
      charset: 'utf8',
      legalComments: 'none',
      minifyWhitespace: true,
      lineLimit: 120,
    });
    writeFileSync(path, code);
  }
}

/** Declarations that no public entry leads to: nobody can import what they declare. */
function withoutInnerDeclarations(folder) {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
  // Conditions lie within conditions: `node` has types of its own.
  const filesOf = (given) => (typeof given === 'string' ? [given] : Object.values(given).flatMap(filesOf));
  const entries = filesOf(exports)
    .filter((file) => /^\.\/dist\/lib\/.*(\.d\.ts|\.js)$/.test(file))
    .map((file) => file.replace(/(\.d\.ts|\.js)$/, '.d.ts'));
  for (const file of entries) if (!existsSync(file)) throw new Error(`package.json names ${file}, which was not built`);
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file) || !existsSync(file)) return;
    reached.add(file);
    for (const [, from] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.js['"]/g))
      visit(resolve(file, '..', `${from}.d.ts`));
  };
  for (const file of entries) visit(resolve(file));
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = resolve(folder, name);
    if (name.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
  }
}

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
await tightened('dist/lib');
withoutInnerDeclarations('dist/lib');
await buildPython();
/** Nearest to each file, so that Node takes the command for CommonJS and the library for modules. */
writeFileSync('dist/package.json', '{ "type": "commonjs" }\n');
writeFileSync('dist/lib/package.json', '{ "type": "module", "sideEffects": false }\n');
const common = {
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
};
const command = await piecesOf('src/cli/main.ts', {
  plugins: [lateModules],
  external: ['pyodide', 'piscina', 'bullmq'],
  late: ['fflate/browser'],
});
writeFileSync('dist/command.js', command.text);
await build({
  ...common,
  entryPoints: ['src/cli/start.ts'],
  outfile: 'dist/opcount.js',
  define: {
    OPCOUNT_BUILD: JSON.stringify(createHash('sha256').update(command.text).digest('hex').slice(0, 16)),
    OPCOUNT_SCRIPTS: JSON.stringify(command.table),
  },
  banner: { js: '#!/usr/bin/env node' },
});
await build({ ...common, entryPoints: ['src/cli/mcp/sdk.ts'], outfile: 'dist/mcp-sdk.cjs' });
chmodSync('dist/opcount.js', 0o755);
const lists = await listsOf(await import(pathToFileURL(resolve('dist/lib/index.js')).href));
await buildPage({
  configFile: 'app/vite.config.ts',
  configLoader: 'runner',
  define: { OPCOUNT_LISTS: JSON.stringify(lists) },
});
await buildPage({ configFile: 'app/single.config.ts', configLoader: 'runner' });
await writeExample('dist/app');
// Beside the page, which takes the image as the command does.
for (const name of ['python-worker.js', 'python.image'])
  if (existsSync(`dist/${name}`)) renameSync(`dist/${name}`, `dist/app/${name}`);
// npm builds last of all before it packs. Tests look at types alone, and do without.
if (['pack', 'publish'].includes(process.env.npm_command ?? '') && process.env.OPCOUNT_PACK !== '0') packImage();
