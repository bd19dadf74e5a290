// The build's part for Python sources: their texts take the place of the test runner's glob; what runs in the confined
// process becomes one file; and an image of the interpreter with our library imported is made, once for each version.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const room = join(root, 'src/python');

function texts(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? texts(path) : name.endsWith('.py') ? [path] : [];
    });
}

/** The module that stands for `library.ts` in what is shipped. */
function libraryModule() {
  const entries = texts(join(room, 'lib')).map((path) => [
    `./${relative(room, path).replaceAll('\\', '/')}`,
    readFileSync(path, 'utf8'),
  ]);
  return `export const LIBRARY = ${JSON.stringify(Object.fromEntries(entries))};\n`;
}

/** The same for esbuild. */
const libraryPlugin = {
  name: 'python-library',
  setup(build) {
    build.onLoad({ filter: /src[\\/]python[\\/]library\.ts$/ }, () => ({ contents: libraryModule(), loader: 'js' }));
  },
};

/** Bundles a script for the confined process into one file: it can read no other. */
export async function buildChild(entry, outfile) {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    plugins: [libraryPlugin],
    logLevel: 'error',
  });
}

/** The script of a page's sandboxed worker: dist/python-worker.js. */
async function buildWorker() {
  await build({
    entryPoints: [join(room, 'page/worker.ts')],
    outfile: join(root, 'dist/python-worker.js'),
    bundle: true,
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    keepNames: true, // class names of models are what conventions tell them by
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    plugins: [libraryPlugin],
    logLevel: 'error',
  });
}

/** Writes dist/python-worker.js, dist/python-child.cjs and dist/python.image; the build moves the first and last to the page. */
export async function buildPython() {
  const child = join(root, 'dist/python-child.cjs');
  await buildChild(join(room, 'node/child-main.ts'), child);
  await buildWorker();
  rmSync(join(root, 'dist/lib/python/library.js'), { force: true }); // its place is in the bundles
  const pyodide = join(root, 'node_modules/pyodide/package.json');
  if (!existsSync(pyodide)) return; // an optional dependency: without it there is nothing to make an image of
  const key = createHash('sha256').update(readFileSync(child)).update(readFileSync(pyodide)).digest('hex').slice(0, 16);
  const cache = join(root, 'node_modules/.cache/opcount');
  const cached = join(cache, `${key}.image`);
  if (!existsSync(cached)) {
    const maker = join(cache, 'make-image.cjs');
    await buildChild(join(room, 'node/image-main.ts'), maker);
    const image = execFileSync(process.execPath, [maker, realpathSync(dirname(pyodide))], { maxBuffer: 2 ** 28 });
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    writeFileSync(cached, image);
  }
  writeFileSync(join(root, 'dist/python.image'), readFileSync(cached));
}
