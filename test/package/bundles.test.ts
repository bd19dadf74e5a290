import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { gzipSync } from 'node:zlib';
import { build, type Metafile, type Platform } from 'esbuild';
import { build as viteBuild } from 'vite';
import { describe, expect, test } from 'vitest';

// What a stranger's bundler makes of the built package, without a setting for it.

const ROOT = new URL('../..', import.meta.url).pathname;
const NN = `
import { Conv2d, Flatten, Linear, ReLU, readModule, Sequential } from 'opcount/nn';
import { totalsOf } from 'opcount/ledger';
const net = new Sequential(new Conv2d(3, 8, 3), new ReLU(), new Flatten(), new Linear(7200, 10));
const { macs, flops, params } = totalsOf(readModule(net, [{ shape: [1, 3, 32, 32] }]));
export const said = [macs, flops, params].join(' ');
`;
const PROFILE = `
import { profile } from 'opcount';
const { macs } = await profile('resnet18');
export const said = String(macs);
`;

async function bundled(
  contents: string,
  platform: Platform,
  splitting = false,
): Promise<{ text: string; meta: Metafile; size: number }> {
  const { outputFiles, metafile, warnings } = await build({
    stdin: { contents, resolveDir: ROOT, sourcefile: 'program.js' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform,
    splitting,
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  const [first] = outputFiles;
  if (first === undefined) throw new Error('nothing was bundled');
  return { text: first.text, meta: metafile, size: gzipSync(first.contents).length };
}

const run = async (text: string): Promise<string> =>
  ((await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as { said: string }).said;

/** What a bundle asks of who runs it. */
const asked = (meta: Metafile): string[] => [
  ...new Set(
    Object.values(meta.outputs).flatMap(({ imports }) => imports.filter((i) => i.external === true).map((i) => i.path)),
  ),
];

describe('esbuild', () => {
  test('a program of opcount/nn is small, and counts', async () => {
    const { text, meta, size } = await bundled(NN, 'browser');
    expect(await run(text)).toBe('266400 547210 72234');
    expect(asked(meta)).toEqual([]);
    expect(size).toBeLessThan(60_000);
  });

  test('browser: profile needs nothing of Node', async () => {
    const { text, meta } = await bundled(PROFILE, 'browser');
    expect(asked(meta)).toEqual([]);
    expect(await run(text)).toBe('1814073344');
  });

  test('Node: only its own modules, and packages that are looked for when they are needed', async () => {
    const { meta } = await bundled(PROFILE, 'node');
    expect(asked(meta).filter((name) => !isBuiltin(name))).toEqual([]);
    expect(
      Object.keys(meta.inputs).filter((file) => /node_modules\/(pyodide|ws|piscina|onnxruntime)/.test(file)),
    ).toEqual([]);
  });

  test('in pieces, a program loads the readers of formats when a file asks for them', async () => {
    const { meta } = await bundled(PROFILE, 'browser', true);
    const { outputs } = meta;
    const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === 'program.js') as string;
    const early = new Set<string>();
    const visit = (name: string): void => {
      if (early.has(name)) return;
      early.add(name);
      for (const { path, kind } of outputs[name]?.imports ?? []) if (kind === 'import-statement') visit(path);
    };
    visit(entry);
    const files = [...early].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => /formats\/[\w-]+\/read\.js$|models\/language\/families/.test(file))).toEqual([]);
  });
});

test('Vite builds for browsers without a setting', async () => {
  const warnings: string[] = [];
  const result = await viteBuild({
    root: ROOT,
    configFile: false,
    logLevel: 'silent',
    customLogger: {
      info: () => {},
      warn: (text) => void warnings.push(text),
      warnOnce: (text) => void warnings.push(text),
      error: (text) => void warnings.push(text),
      clearScreen: () => {},
      hasErrorLogged: () => false,
      hasWarned: false,
    },
    plugins: [
      {
        name: 'program',
        resolveId: (id) => (id === 'program' ? '\0program' : undefined),
        load: (id) => (id === '\0program' ? NN : undefined),
      },
    ],
    build: { write: false, rolldownOptions: { input: 'program', preserveEntrySignatures: 'strict' } },
  });
  const [output] = [result].flat();
  if (output === undefined || !('output' in output)) throw new Error('nothing was built');
  const [entry] = output.output;
  expect(await run(entry.code)).toBe('266400 547210 72234');
  expect(warnings).toEqual([]);
});

test('what the library loads by hand goes through one place, which no bundler follows', () => {
  // A bundler that sees `createRequire(…).resolve('pyodide')` puts the package into the program and a number in its path's place.
  const built = (file: string): string => readFileSync(new URL(`../../dist/lib/${file}`, import.meta.url), 'utf8');
  for (const file of ['source/node/open.js', 'source/node/http.js', 'python/node/command.js'])
    expect(built(file)).not.toMatch(/createRequire/);
  expect(built('source/node/packages.js')).toMatch(/import\s*\*\s*as \w+ from\s*['"]node:module['"]/);
});
