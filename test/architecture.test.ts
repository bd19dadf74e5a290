import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Rooms in the order in which data flows; a file imports only from its own room and from those to its left. */
const ROOMS = [
  'source',
  'wire',
  'dim',
  'tensor',
  'ops',
  'ledger',
  'graph',
  'torch',
  'models',
  'formats',
  'transforms',
  'conventions',
  'machine',
  'measure',
  'report',
  'python',
  'api',
  'check',
  'scan',
  'cli',
];
/** Only these may know Node. */
const NODE = ['api/node/', 'source/node/', 'python/node/', 'measure/node/', 'scan/node/', 'cli/', 'node.ts'];

const src = resolve(import.meta.dirname, '../src');

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function imports(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/(?:from\s+|import\s*\(\s*|import\s+)'([^']+)'/g)].map(
    (m) => m[1] as string,
  );
}

const all = files(src).map((path) => ({ path, name: relative(src, path).replaceAll('\\', '/') }));
const roomOf = (name: string): string | null => (name.includes('/') ? (name.split('/')[0] as string) : null);

test('every folder is a known room', () => {
  expect([...new Set(all.map((f) => roomOf(f.name)))].filter((r) => r !== null && !ROOMS.includes(r))).toEqual([]);
});

test('imports go one way, from the rooms on the left', () => {
  const wrong: string[] = [];
  for (const { path, name } of all) {
    const from = roomOf(name);
    if (from === null) continue; // front doors may import anything
    for (const target of imports(path).filter((i) => i.startsWith('.'))) {
      const to = roomOf(relative(src, resolve(dirname(path), target)).replaceAll('\\', '/'));
      // The command line and the workers of its scans use the package's own front door.
      const left = (from === 'cli' || from === 'scan') && to === null;
      if (!left && (to === null || ROOMS.indexOf(to) > ROOMS.indexOf(from))) wrong.push(`${name} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** What a file takes from others as it loads: neither types alone, nor what it asks for later by `import()`. */
function loads(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type\b)([^'";]*?)from '(\.[^']+)'/gm)]
    .filter(([, names = '']) => !/\{/.test(names) || /[{,]\s*(?!type\b)[\w$]/.test(names))
    .map(([, , target = '']) => resolve(dirname(file), target).replace(/\.js$/, '.ts'));
}

function loadedWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const next of loads(file)) loadedWith(next, found);
  return found;
}

test('telling formats apart loads none of their readers', () => {
  const loaded = [...loadedWith(join(src, 'formats/index.ts'))].map((path) =>
    relative(src, path).replaceAll('\\', '/'),
  );
  expect(loaded).toContain('formats/onnx/detect.ts');
  const wrong = loaded.filter(
    (name) => !['source', 'wire', 'formats'].includes(roomOf(name) ?? '') || name.endsWith('/read.ts'),
  );
  expect(wrong).toEqual([]);
});

test('no file imports itself by way of others, types included', () => {
  const graph = new Map(
    all.map(({ path }) => [
      path,
      imports(path)
        .filter((i) => i.startsWith('.'))
        .map((i) => resolve(dirname(path), i).replace(/\.js$/, '.ts')),
    ]),
  );
  const found = circles(graph).map((files) => files.map((f) => relative(src, f).replaceAll('\\', '/')).sort());
  expect(found).toEqual([]);
});

/** The sets of files of which each reaches every other by imports (Tarjan's strongly connected components). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    low.set(file, order.get(file) as number);
    stack.push(file);
    for (const next of graph.get(file) ?? []) {
      if (next === file) found.push([file]);
      if (!graph.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(file, Math.min(low.get(file) as number, low.get(next) as number));
    }
    if (low.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle);
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

test('a kind of model families imports only from the kinds that the index lists before it', () => {
  const families = join(src, 'models/language/families');
  const listed = readFileSync(join(families, 'index.ts'), 'utf8').matchAll(/^ {2}\.\.\.(\w+),$/gm);
  const kinds = [...listed].map(([, name = '']) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`));
  expect([...kinds].sort()).toEqual(
    readdirSync(families)
      .filter((name) => !name.endsWith('.ts'))
      .sort(),
  );
  const wrong = kinds.flatMap((kind, at) =>
    files(join(families, kind)).flatMap((file) =>
      imports(file)
        .map((i) => /^\.\.\/([\w-]+)\/[\w-]+\.js$/.exec(i)?.[1])
        .filter((other) => other !== undefined && kinds.indexOf(other) >= at)
        .map((other) => `${relative(families, file)} imports ${other}/`),
    ),
  );
  expect(wrong).toEqual([]);
});

test('only the command line, node.ts and the folders node/ of rooms know Node', () => {
  const wrong = all.filter(
    (f) => !NODE.some((n) => f.name.startsWith(n)) && imports(f.path).some((i) => i.startsWith('node:')),
  );
  expect(wrong.map((f) => f.name)).toEqual([]);
});

test('files stay small enough to be one idea', () => {
  const long = all
    .map(
      (f) =>
        [
          f.name,
          readFileSync(f.path, 'utf8')
            .split('\n')
            .filter((l) => l.trim() !== '').length,
        ] as const,
    )
    .filter(([, n]) => n > 400);
  expect(long).toEqual([]);
});

const app = resolve(src, '../app');
const page = filesOf(app, /\.tsx?$/)
  .filter((path) => !path.endsWith('.config.ts'))
  .map((path) => ({ path, name: relative(app, path).replaceAll('\\', '/') }));

function filesOf(folder: string, ending: RegExp): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesOf(path, ending) : ending.test(path) ? [path] : [];
  });
}

test('the page takes the library as a stranger does: by its name, never by its files', () => {
  const wrong = page.flatMap(({ path, name }) =>
    imports(path)
      .filter(
        (target) =>
          target.startsWith('node:') ||
          (target.startsWith('.') && relative(app, resolve(dirname(path), target)).startsWith('..')),
      )
      .map((target) => `${name} imports ${target}`),
  );
  expect(wrong).toEqual([]);
  const long = page.filter(
    ({ path }) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((l) => l.trim() !== '').length > 400,
  );
  expect(long.map(({ name }) => name)).toEqual([]);
});

/** Folders of the page in the order in which data flows; a file imports only from its own folder and from those before it. */
const PAGE_FOLDERS = ['python', 'ui', 'worker', 'state', 'views'];
/** Folders of views that others build on, in their order; all the others know these alone. */
const SHARED_VIEWS = ['parts', 'gaps', 'open', 'maps', 'summary'];

test('imports of the page go one way, and no view knows another', () => {
  const wrong: string[] = [];
  for (const { path, name } of page) {
    const [folder = '', view = ''] = name.split('/').slice(0, -1);
    for (const target of imports(path).filter((i) => i.startsWith('.'))) {
      const [to = '', toView = ''] = relative(app, resolve(dirname(path), target))
        .replaceAll('\\', '/')
        .split('/')
        .slice(0, -1);
      const left = to === '' || folder === '' || PAGE_FOLDERS.indexOf(to) <= PAGE_FOLDERS.indexOf(folder);
      const rank = SHARED_VIEWS.indexOf(view);
      const known = SHARED_VIEWS.slice(0, rank < 0 ? SHARED_VIEWS.length : rank);
      const own = to !== 'views' || view === '' || view === toView || known.includes(toView);
      if (!left || (folder === 'views' && !own)) wrong.push(`${name} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
  const graph = new Map(
    page.map(({ path }) => [
      path,
      imports(path)
        .filter((i) => i.startsWith('.'))
        .flatMap((i) => ['.ts', '.tsx'].map((end) => resolve(dirname(path), i).replace(/\.js$/, end))),
    ]),
  );
  expect(circles(graph).map((files) => files.map((f) => relative(app, f)))).toEqual([]);
});

/** Names of forms of work: whoever takes one of these from ops/ prices an operator. */
const PRICING = ['contraction', 'map', 'reduction', 'part', 'CostPerElement', 'type CostPerElement'];
/** The user's own formulas, and rooms that only read costs. */
const MAY_PRICE = ['ops/', 'ledger/formulas.ts'];
/** Rooms whose `op` is not the name of an operator: a kernel that a tool sees, a row of a table. */
const OTHER_OPS = ['conventions', 'report', 'ledger'];

test('no operator is named or priced outside of ops/', () => {
  const wrong: string[] = [];
  for (const { path, name } of all) {
    if (MAY_PRICE.some((place) => name.startsWith(place))) continue;
    const text = readFileSync(path, 'utf8');
    if (!OTHER_OPS.includes(roomOf(name) ?? '') && /\bop: ['"`](?!\w+['"`] \|)/.test(text))
      wrong.push(`${name} names an operator`);
    if (/\bops\.(contraction|map|reduction|part)\(|\b(?:UNARY|BINARY|PER_ELEMENT)\b.*\.each\b/.test(text))
      wrong.push(`${name} prices an operator`);
    if (/\bkind: '(?:contraction|map|reduction)'\s*,|\beach: \{ \w+: \d/.test(text))
      wrong.push(`${name} writes work down`);
    for (const [, names, from] of text.matchAll(/import \{([^}]*)\} from '([^']*)'/g))
      if (from?.includes('/ops/') && names?.split(',').some((n) => PRICING.includes(n.trim())))
        wrong.push(`${name} prices an operator`);
  }
  expect(wrong).toEqual([]);
});
