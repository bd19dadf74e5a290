// The command's code in pieces: one for each module that the sources ask for by `import()`, and one for each set of modules
// that several of those share. So a start reads and compiles what it uses, however much there is beside it. All pieces lie in
// one file, one after the other; `src/cli/pieces.ts` loads them.
import { basename } from 'node:path';
import { build, transform } from 'esbuild';

/** `import { a, b as c } from "x"`, `import d from "x"`, `import * as e from "x"`, `import "x"`. */
const IMPORT = /^import (?:(?:(\w+)|\* as (\w+)|(?:(\w+), )?\{([^}]*)\}) from )?"([^"]+)";$/gm;
const EXPORT = /^export \{([^}]*)\};$/m;
const DEFAULT = /^export default (.+);$/m;

/**
 * What esbuild adds to keep names: those of classes stay, for they are what reports and conventions show; those of functions
 * go, which would define a property each time that a function is made: one in fifteen moments of a large graph.
 */
function namingClassesAlone(text) {
  return text
    .replace(/^(\s*)static \{\n\s*__name\(this, ("[^"]*")\);\n\s*\}$/gm, '$1static { __named(this, $2); }')
    .replace(/^\s*__name\([\w$]+, "[^"]*"\);\n/gm, '')
    .replace(/^var __name = .*$/m, 'var __name = (target) => target;');
}

const pairs = (list) =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => name.split(' as '));

/** An exported name must keep its first value: who imports it takes that once. */
function checkConstant(name, text, piece) {
  const changes = new RegExp(
    `(?<![.\\w$])${name.replaceAll('$', '\\$')}\\s*(?:[-+*/%|&^?]{0,2}=(?![=>])|\\+\\+|--)`,
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
  body = body.replace(/\bimport\("\.\/([^"]+)"\)/g, (_, file) => `__later(${numbers.get(file)})`);
  if (/^(import|export)\b/m.test(body)) throw new Error(`${name} is written in another way than expected`);
  return {
    needs,
    text: `piece(function (__load, __later, __named, require, __moduleUrl) {\n${body}\nreturn ${result};\n});`,
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
 * The text of all pieces, ASCII, and a table of them: the name of each, for stack traces, and its bytes. The first is the
 * entry's.
 */
export async function piecesOf(entry, { plugins, external }) {
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
    plugins,
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
    ...asFunction(namingClassesAlone(file.text), nameOf(file), numbers),
  }));
  checkOrder(made);
  const texts = await Promise.all(made.map(({ text }) => minified(text)));
  return { text: texts.join(''), table: made.map(({ name }, i) => [name, texts[i].length]) };
}

/** After the source that asks for it, or the largest of those that share it. */
function nameOf({ entryPoint, inputs }) {
  const [[largest] = ['shared']] = Object.entries(inputs).sort((a, b) => b[1].bytesInOutput - a[1].bytesInOutput);
  return (entryPoint ?? largest)
    .replace(/^.*node_modules\//, '')
    .replace(/^src\//, '')
    .replace(/\.[^.]*$/, '');
}

async function minified(text) {
  const { code } = await transform(text, { minify: true, target: 'node20', legalComments: 'none' });
  // Regular expressions are left as they were written.
  const ascii = code.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return ascii.replace(/^piece\(/, '(').replace(/;\s*$/, ';\n');
}
