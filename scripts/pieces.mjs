// The command's code in pieces: one for each module that the sources ask for by `import()`, and one for each set of modules
// that several of those share. So a start reads and compiles what it uses, however much there is beside it. All pieces lie in
// one file, one after the other; `src/cli/pieces.ts` loads them.
import { readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { build, transform } from 'esbuild';

/** `import { a, b as c } from "x"`, `import d from "x"`, `import * as e from "x"`, `import "x"`. */
const IMPORT = /^import (?:(?:(\w+)|\* as (\w+)|(?:(\w+), )?\{([^}]*)\}) from )?"([^"]+)";$/gm;
const EXPORT = /^export \{([^}]*)\};$/m;
const DEFAULT = /^export default (.+);$/m;

const pairs = (list) =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => name.split(' as '));

/** Where a file's names are from that it only passes on: `export { a, type B, c as d } from './x.js'`, `export * from './y.js'`. */
const passedOn = new Map();
function passedOnBy(file) {
  let found = passedOn.get(file);
  if (found === undefined) {
    const text = readFileSync(file, 'utf8');
    const own = [...text.matchAll(/^export (?:async |abstract )*(?:function\*?|const|let|class) (\w+)/gm)].map(
      ([, name]) => name,
    );
    found = { names: new Map(), all: [], own: new Set(own) };
    passedOn.set(file, found);
    for (const [, list, from] of text.matchAll(/^export (?:\{([^}]*)\}|\*) from '(\.[^']+)';/gm)) {
      const target = sourceOf(file, from);
      if (list === undefined) found.all.push(target);
      else for (const [theirs, ours = theirs] of pairs(list)) found.names.set(ours, { file: target, name: theirs });
    }
  }
  return found;
}

const sourceOf = (file, from) => resolve(dirname(file), from).replace(/\.js$/, '.ts');

/** The file that declares a name, and its name there; null where none of those that it is looked for in does. */
function homeOf(file, name) {
  const { names, all, own } = passedOnBy(file);
  const next = names.get(name);
  if (next !== undefined) return homeOf(next.file, next.name) ?? next;
  if (own.has(name)) return { file, name };
  for (const other of all) {
    const found = homeOf(other, name);
    if (found !== null) return found;
  }
  return null;
}

/** Of our own files, those that are loaded when one of their functions is first called, and for whom: others take them at once. */
const LATE_FILES = [{ file: 'src/torch/operators/index.ts', by: 'src/torch/nn/aten.ts' }];

/**
 * A room's index passes on what its files have. Who takes one name of it takes that file alone: esbuild would hold the whole
 * room to be needed, and put it into one piece.
 */
const fromTheirFiles = {
  name: 'from-their-files',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const late = LATE_FILES.filter(({ by }) => resolve(by) === path).map(({ file }) => resolve(file));
      const text = readFileSync(path, 'utf8').replace(
        /^import \{([^}]*)\} from '(\.[^']+)';/gm,
        (whole, list, from) => {
          const file = sourceOf(path, from);
          const homes = pairs(list)
            .filter(([theirs]) => !theirs.startsWith('type '))
            .map(([theirs, ours = theirs]) => ({ ours, ...(homeOf(file, theirs) ?? { file, name: theirs }) }));
          if (homes.every((home) => home.file === file) && !late.includes(file)) return whole;
          return homes
            .map((home) => {
              const to = relative(dirname(path), home.file).replaceAll('\\', '/').replace(/\.ts$/, '.js');
              const place = late.includes(home.file) ? `late:${home.file}` : to.startsWith('.') ? to : `./${to}`;
              return `import { ${home.name} as ${home.ours} } from '${place}';`;
            })
            .join(' ');
        },
      );
      return { contents: text, loader: 'ts' };
    });
  },
};

/**
 * Modules that are slow to load and seldom used, though the modules that import them are often loaded: placeholders for their
 * functions and classes load them when the first is called. Packages go by their names, our own files by LATE_FILES.
 */
const loadedLate = (names) => ({
  name: 'loaded-late',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\w/ }, ({ path, namespace }) =>
      names.includes(path) && namespace !== 'late' ? { path, namespace: 'late' } : undefined,
    );
    onResolve({ filter: /^late:/ }, ({ path }) => ({ path: path.slice('late:'.length), namespace: 'late' }));
    onLoad({ filter: /.*/, namespace: 'late' }, async ({ path }) => {
      const functions = (await functionsOf(path)).map(
        (name) =>
          `export function ${name}(...args) { return new.target === undefined ? real().${name}(...args) : new (real().${name})(...args); }`,
      );
      const contents = [`const real = () => __late(() => import(${JSON.stringify(path)}));`, ...functions].join('\n');
      return { contents, loader: 'js', resolveDir: import.meta.dirname };
    });
    onLoad({ filter: FAMILIES }, async ({ path }) => ({ contents: await lateFamilies(path), loader: 'ts' }));
  },
});

/** Functions and classes that a package exports, and functions that a file of ours does. */
async function functionsOf(path) {
  if (path.endsWith('.ts'))
    return [...readFileSync(path, 'utf8').matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
  return Object.entries(await import(path))
    .filter(([, value]) => typeof value === 'function')
    .map(([name]) => name);
}

const FAMILIES = /[\\/]models[\\/]language[\\/]families[\\/]index\.ts$/;

/** The table of model types: each loads the file of its family when it is built. What types a file has is asked of itself. */
async function lateFamilies(path) {
  const files = familyFiles(path);
  const { outputFiles } = await build({
    stdin: {
      contents: files.map((file, i) => `export { families as f${i} } from ${JSON.stringify(file)};`).join('\n'),
      resolveDir: dirname(path),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const all = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
  const homes = new Map(files.flatMap((_, i) => Object.keys(all[`f${i}`]).map((type) => [type, `f${i}`])));
  return [
    "import { byName } from '../../../source/by-name.js';",
    'const builder = (load: () => any, type: string) => (...args: any[]) => load().families[type](...args);',
    ...files.map((file, i) => `const f${i} = () => __late(() => import(${JSON.stringify(file)}));`),
    'export const FAMILIES = byName({',
    ...[...homes].map(([type, name]) => `  ${JSON.stringify(type)}: builder(${name}, ${JSON.stringify(type)}),`),
    '});',
  ].join('\n');
}

/** The files with `families` that an index of them spreads into its table, in that order; it may spread other indexes. */
function familyFiles(index) {
  const text = readFileSync(index, 'utf8');
  const imports = new Map(
    [...text.matchAll(/^import \{ (?:families as )?(\w+) \} from '(\.[^']+)';$/gm)].map(([, name, from]) => [
      name,
      from,
    ]),
  );
  const spread = [...text.matchAll(/^ {2}\.\.\.(\w+),$/gm)].map(([, name]) => imports.get(name));
  if (spread.length === 0 || spread.includes(undefined))
    throw new Error(`${index} is written in another way than expected`);
  return spread.flatMap((from) => {
    const file = sourceOf(index, from);
    return basename(file) === 'index.ts' ? familyFiles(file) : [file];
  });
}

/**
 * Of the calls that esbuild adds to keep names, those for classes stay: reports and conventions show these names. Those for
 * functions go: they would define a property each time that a function is made, a fifteenth of the time of a large graph.
 */
function namingClassesAlone(text) {
  return text
    .replace(/^(\s*)static \{\n\s*__name\(this, ("[^"]*")\);\n\s*\}$/gm, '$1static { __named(this, $2); }')
    .replace(/^\s*__name\([\w$]+, "[^"]*"\);\n/gm, '')
    .replace(/^var __name = .*$/m, 'var __name = (target) => target;');
}

/** An exported name must keep its first value: who imports it takes that once. */
function checkConstant(name, text, piece) {
  const changes = new RegExp(
    `(?<![.#\\w$])${name.replaceAll('$', '\\$')}\\s*(?:[-+*/%|&^?]{0,2}=(?![=>])|\\+\\+|--)`,
    'g',
  );
  const set = [...text.matchAll(changes)].length;
  if (set > 1) throw new Error(`${piece}: ${name} is exported, and set ${set} times`);
}

/** A module of esbuild's as a function: of what loads a piece by its number, and of `require`; it returns its exports. */
function asFunction(text, name, numbers) {
  const needs = [];
  let body = text.replace(IMPORT, (_, only, all, first, list = '', from) => {
    const number = numbers.get(basename(from));
    const piece = from.startsWith('./');
    if (piece && number === undefined) throw new Error(`${name} imports ${from}, which is not there`);
    // Nothing runs for its effect alone: package.json says so for our files.
    const named = pairs(list).map(([theirs, ours = theirs]) => (theirs === ours ? ours : `${theirs}: ${ours}`));
    if (piece && (only ?? all ?? first) !== undefined) throw new Error(`${name} imports ${from} as a whole`);
    if (piece && named.length === 0) return '';
    if (piece) needs.push(number);
    const made = piece ? `__load(${number})` : `require(${JSON.stringify(from)})`;
    const whole = only ?? all ?? first;
    return [
      ...(whole === undefined ? [] : [`var ${whole} = ${made};`]),
      ...(named.length === 0 ? [] : [`var { ${named.join(', ')} } = ${made};`]),
    ].join(' ');
  });
  let result = '{}';
  body = body.replace(EXPORT, (_, list) => {
    const given = pairs(list);
    for (const [own] of given) checkConstant(own, body, name);
    result = `{ ${given.map(([own, theirs = own]) => `${theirs}: ${own}`).join(', ')} }`;
    return '';
  });
  body = body.replace(DEFAULT, (_, value) => {
    result = `{ default: ${value} }`;
    return '';
  });
  body = body.replace(/\b__late\(\(\) => import\("\.\/([^"]+)"\)\)/g, (_, file) => `__load(${numbers.get(file)})`);
  body = body.replace(/\bimport\("\.\/([^"]+)"\)/g, (_, file) => `__later(${numbers.get(file)})`);
  if (/^(import|export)\b/m.test(body)) throw new Error(`${name} is written in another way than expected`);
  return {
    needs,
    text: `function (__load, __later, __named, require, __moduleUrl) {\n${body}\nreturn ${result};\n}`,
  };
}

/** Throws where pieces need each other in a circle. */
function checkOrder(pieces) {
  const [done, open] = [new Set(), new Set()];
  const visit = (number) => {
    if (done.has(number)) return;
    if (open.has(number)) throw new Error(`${pieces[number].name} needs itself by way of others`);
    open.add(number);
    for (const other of pieces[number].needs) visit(other);
    done.add(number);
  };
  for (const number of pieces.keys()) visit(number);
}

/** More than these do not fit into what is kept of them (src/cli/code-cache.ts). */
const MOST = 511;

/**
 * The text of all scripts, ASCII, and a table of them: the name of each, for stack traces, its bytes, and the numbers of the pieces
 * in it. Piece 0 is the entry's.
 */
export async function piecesOf(entry, { plugins, external, late }) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    outdir: 'pieces',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    keepNames: true,
    define: { 'import.meta.url': '__moduleUrl' },
    external,
    plugins: [...plugins, loadedLate(late), fromTheirFiles],
    metafile: true,
    write: false,
  });
  const about = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const files = outputFiles
    .map(({ path, text }) => ({ file: basename(path), text, ...about.get(basename(path)) }))
    .sort((a, b) => Number(b.entryPoint === entry) - Number(a.entryPoint === entry));
  if (files.length > MOST) throw new Error(`${files.length} pieces are more than ${MOST}`);
  const numbers = new Map(files.map(({ file }, i) => [file, i]));
  const made = files.map((file) => ({
    name: nameOf(file),
    entry: file.entryPoint?.replace(/^src\//, '') ?? null,
    ...asFunction(namingClassesAlone(file.text), nameOf(file), numbers),
  }));
  checkOrder(made);
  const scripts = together(made);
  const texts = await Promise.all(scripts.map((pieces) => minified(pieces.map((piece) => made[piece].text))));
  return {
    text: texts.join(''),
    table: scripts.map((pieces, i) => [made[pieces[0]].name, texts[i].length, pieces]),
  };
}

/** The modules that most runs ask for, in order: whatever each loads beyond the ones before it is one script. */
const ALWAYS = ['cli/main.ts', 'cli/profile.ts', 'api/node/open-file.ts'];
/** The same of what many ask for; what they share with most readers of formats is a script of its own. */
const OFTEN = ['torch/nn/read.ts', 'models/language/trace.ts'];
const READER = /^formats\/.*\/(read|model)\.ts$/;

/**
 * Pieces that are loaded together, as scripts: each script that is read and compiled takes its time, however small. It is but
 * how they are packed: a piece runs when it is asked for. What most readers of formats load is a script of its own.
 */
function together(pieces) {
  const reachedFrom = (entry) => {
    const found = new Set();
    const visit = (piece) => {
      if (found.has(piece)) return;
      found.add(piece);
      pieces[piece].needs.forEach(visit);
    };
    visit(pieces.findIndex((piece) => piece.entry === entry));
    return found;
  };
  const readers = pieces.filter(({ entry }) => READER.test(entry ?? '')).map(({ entry }) => reachedFrom(entry));
  const ofMostReaders = (piece) => readers.filter((reader) => reader.has(piece)).length > readers.length / 2;
  const placed = new Set();
  const scripts = [];
  const add = (script) => {
    const rest = [...script].filter((piece) => !placed.has(piece));
    for (const piece of rest) placed.add(piece);
    if (rest.length > 0) scripts.push(rest);
  };
  for (const entry of ALWAYS) add(reachedFrom(entry));
  for (const entry of OFTEN) {
    const own = [...reachedFrom(entry)].filter((piece) => !placed.has(piece));
    const bytes = (list) => list.reduce((sum, piece) => sum + pieces[piece].text.length, 0);
    // Readers that take a little of it would load all of it for that.
    const others = readers.filter((reader) => 2 * bytes(own.filter((piece) => reader.has(piece))) < bytes(own));
    add(own.filter(ofMostReaders));
    add(own.filter((piece) => others.some((reader) => reader.has(piece))));
    add(own);
  }
  add([...pieces.keys()].filter(ofMostReaders));
  for (const piece of pieces.keys()) add([piece]);
  return scripts;
}

/** After the source that asks for it, or the largest of those that share it. */
function nameOf({ entryPoint, inputs }) {
  const [[largest] = ['shared']] = Object.entries(inputs).sort((a, b) => b[1].bytesInOutput - a[1].bytesInOutput);
  return (entryPoint ?? largest)
    .replace(/^.*node_modules\//, '')
    .replace(/^src\//, '')
    .replace(/\.[^.]*$/, '');
}

async function minified(functions) {
  const { code } = await transform(`script([${functions.join(',\n')}]);`, {
    minify: true,
    target: 'node20',
    legalComments: 'none',
  });
  // Regular expressions are left as they were written.
  const ascii = code.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return ascii.replace(/^script\(/, '(').replace(/;\s*$/, ';\n');
}
