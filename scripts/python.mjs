// What the build does for the room of Python sources: their texts take the place of the test runner's glob, and an image
// of the interpreter with them imported is made, once for each version of them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

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
export function libraryModule() {
  const entries = texts(join(room, 'lib')).map((path) => [
    `./${relative(room, path).replaceAll('\\', '/')}`,
    readFileSync(path, 'utf8'),
  ]);
  return `export const LIBRARY = ${JSON.stringify(Object.fromEntries(entries))};\n`;
}

/** The same for esbuild. */
export const libraryPlugin = {
  name: 'python-library',
  setup(build) {
    build.onLoad({ filter: /src[\\/]python[\\/]library\.[jt]s$|dist[\\/]python[\\/]library\.js$/ }, () => ({
      contents: libraryModule(),
      loader: 'js',
    }));
  },
};

/** Writes dist/python/library.js over what tsc made of the glob, and dist/python.image. */
export async function buildPython() {
  const library = libraryModule();
  writeFileSync(join(root, 'dist/python/library.js'), library);
  const pyodide = join(root, 'node_modules/pyodide/package.json');
  if (!existsSync(pyodide)) return; // an optional dependency: without it there is nothing to make an image of
  const interpreter = readFileSync(join(root, 'dist/python/interpreter.js'));
  const key = createHash('sha256')
    .update(library)
    .update(interpreter)
    .update(readFileSync(pyodide))
    .digest('hex')
    .slice(0, 16);
  const cache = join(root, 'node_modules/.cache/opcount');
  const cached = join(cache, `${key}.image`);
  if (!existsSync(cached)) {
    const { Interpreter } = await import(join(root, 'dist/python/interpreter.js'));
    const image = await Interpreter.makeImage().catch((error) => {
      throw new Error(String(error.message)); // without the source line of a bundled interpreter, a megabyte long
    });
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    writeFileSync(cached, image);
  }
  writeFileSync(join(root, 'dist/python.image'), readFileSync(cached));
}
