// Builds dist/: the library as plain modules in dist/lib (tsc); the command as an entry and all its code in one CommonJS
// file (esbuild), so that it starts in little more than the time Node itself takes; and the page in dist/app, static files
// made of the built library (vite).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'esbuild';
import { build as buildPage } from 'vite';
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
 * Class names are what reports and conventions show. esbuild keeps those of functions too, by defining a property each time
 * that a function is made: in a large graph one in fifteen moments goes there.
 */
function namingClassesAlone(text) {
  const helper = /([\w$]+)=\((\w+),(\w+)\)=>([\w$]+)\(\2,"name",\{value:\3,configurable:!0\}\)/.exec(text);
  if (helper === null || text.includes('namedClass')) throw new Error('esbuild keeps names in another way than it did');
  const [whole, keep, target, name, define] = helper;
  const ofClass = `static{${keep}(this,`;
  if (!text.includes(ofClass)) throw new Error('esbuild keeps the names of classes in another way than it did');
  const helpers = `${keep}=${target}=>${target},namedClass=(${target},${name})=>${define}(${target},"name",{value:${name},configurable:!0})`;
  return text.replaceAll(ofClass, 'static{namedClass(this,').replace(whole, () => helpers);
}

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
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
await build({
  ...common,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/command.js',
  keepNames: true, // class names of models are what reports and conventions show
  define: { 'import.meta.url': 'moduleUrl' },
  // One function, as the entry hands it to V8.
  banner: {
    js: "(function(exports,require,module,__filename,__dirname){const moduleUrl=require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
  external: ['pyodide', 'piscina', 'bullmq'],
  plugins: [lateModules],
});
// The entry reads it as ASCII, and hands V8's work on it from run to run; regular expressions are left as they were written.
const command = namingClassesAlone(readFileSync('dist/command.js', 'utf8')).replace(
  /[\u0080-\uffff]/g,
  (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
writeFileSync('dist/command.js', command);
await build({
  ...common,
  entryPoints: ['src/cli/start.ts'],
  outfile: 'dist/opcount.js',
  define: { OPCOUNT_BUILD: JSON.stringify(createHash('sha256').update(command).digest('hex').slice(0, 16)) },
  banner: { js: '#!/usr/bin/env node' },
});
await build({ ...common, entryPoints: ['src/cli/mcp/sdk.ts'], outfile: 'dist/mcp-sdk.cjs' });
chmodSync('dist/opcount.js', 0o755);
await buildPage({ configFile: 'app/vite.config.ts', configLoader: 'runner' });
// Beside the page, which takes the image as the command does.
for (const name of ['python-worker.js', 'python.image'])
  if (existsSync(`dist/${name}`)) renameSync(`dist/${name}`, `dist/app/${name}`);
