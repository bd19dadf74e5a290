import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocks, ROOT } from './docs.js';
import { model, node, tensorType, valueInfo } from './formats/onnx-build.js';
import { join as bytes, len } from './wire/encode.js';

// docs/extending.md, carried out on a copy of the sources: its files are written, its changed lines changed.
const copy = join(ROOT, 'test-results', 'extending');
const page = blocks(readFileSync(join(ROOT, 'docs/extending.md'), 'utf8'));

/** A block names its file, then a place by the line that is replaced, then what stands there instead. */
function change(text: string): void {
  const [name = '', ...lines] = text.trimEnd().split('\n');
  const path = join(copy, name.trim());
  const [was] = lines.filter((l) => l.startsWith('- ')).map((l) => l.slice(2));
  const is = lines.filter((l) => l.startsWith('+ ')).map((l) => l.slice(2));
  const source = readFileSync(path, 'utf8');
  const parts = source.split(was as string);
  expect([name, parts.length]).toEqual([name, 2]);
  writeFileSync(path, parts.join(is.join('\n')));
}

const files = page.filter((b) => b.language === 'typescript');
const changes = page.filter((b) => b.language === 'diff');

beforeAll(async () => {
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(ROOT, 'src'), join(copy, 'src'), { recursive: true });
  for (const { text } of files) {
    const path = join(copy, /^\/\/ (\S+)/.exec(text)?.[1] as string);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const { text } of changes) change(text);
  await build({
    entryPoints: [join(copy, 'src/cli/main.ts')],
    outfile: join(copy, 'opcount.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
}, 120_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function opcount(...args: string[]): string {
  return execFileSync(process.execPath, [join(copy, 'opcount.mjs'), ...args], { encoding: 'utf8', cwd: copy });
}

test('an operator is a line where its mathematics is, one for its gradient, and one where it is spelled', () => {
  const graph = bytes(
    len(1, node('Snake', ['x'], ['y'])),
    len(11, valueInfo('x', tensorType(1, [2, 5]))),
    len(12, valueInfo('y', tensorType(1, [2, 5]))),
  );
  writeFileSync(join(copy, 'snake.onnx'), model(graph));
  const { totals, coverage } = JSON.parse(opcount('snake.onnx', '--format', 'json'));
  expect([totals.flops, coverage.unknown]).toEqual([50, []]);
  expect(opcount('explain', 'snake')).toContain('sin');
});

test('a convention is a file and a line; its differences are explained', () => {
  const { conventions } = JSON.parse(opcount('alexnet', '--as', 'multiplications', '--format', 'json'));
  expect(conventions.multiplications.counts.muls).toBeGreaterThanOrEqual(714188480);
  expect(opcount('explain', 'multiplications')).toContain('One for every multiplication');
});

test('an operator of a domain of its own is an entry in the table of the domain', () => {
  const graph = bytes(
    len(1, node('Project', ['x', 'w'], ['y'], len(7, 'com.acme'))),
    len(11, valueInfo('x', tensorType(1, [3, 8]))),
    len(11, valueInfo('w', tensorType(1, [4, 8]))),
    len(12, valueInfo('y', tensorType(1, [3, 4]))),
  );
  writeFileSync(join(copy, 'acme.onnx'), model(graph));
  const { totals, coverage } = JSON.parse(opcount('acme.onnx', '--format', 'json'));
  expect([totals.macs, coverage.unknown]).toEqual([3 * 4 * 8, []]);
});

test('an operator that does what several do has their work, and its gradient is named as not counted', () => {
  const graph = bytes(
    len(1, node('GatedProject', ['x', 'g', 'w'], ['y'], len(7, 'com.acme'))),
    len(11, valueInfo('x', tensorType(1, [3, 8]))),
    len(11, valueInfo('g', tensorType(1, [4, 8]))),
    len(11, valueInfo('w', tensorType(1, [4, 8]))),
    len(12, valueInfo('y', tensorType(1, [3, 4]))),
  );
  writeFileSync(join(copy, 'gated.onnx'), model(graph));
  const { totals, coverage } = JSON.parse(opcount('gated.onnx', '--format', 'json'));
  // two products; a sigmoid of four operations and the product with it
  expect([totals.macs, totals.flops, coverage.unknown]).toEqual([2 * 96, 4 * 96 + 5 * 12, []]);
  expect(opcount('train', 'gated.onnx')).toContain('gated_project');
});

test('a format is a folder and a line; what it has no rule for is a gap, and sizes may be free', () => {
  writeFileSync(join(copy, 'net.txt'), '#lines x 1x8\nw = Weight 16x8\nh = Linear x w\ny = Relu h\nz = Warp y\n');
  const { totals, coverage, model: file } = JSON.parse(opcount('net.txt', '--format', 'json'));
  expect([file.format, totals.macs, totals.flops, totals.params]).toEqual(['lines', 128, 256 + 16, 128]);
  expect(coverage.unknown).toMatchObject([{ op: 'Warp', nodes: 1 }]);
  const free = JSON.parse(opcount('net.txt', '--input', 'nx8', '--format', 'json'));
  expect(free.totals.macs).toBe('128*n');
  writeFileSync(join(copy, 'free.txt'), '#lines x rowsx8\nw = Weight 16x8\nh = Linear x w\n');
  const macs = (...args: string[]) => JSON.parse(opcount('free.txt', ...args, '--format', 'json')).totals.macs;
  expect([macs(), macs('--bind', 'rows=3')]).toEqual(['128*rows', 384]);
});

test('a model family is a description, a line in the list and a line of defaults', () => {
  writeFileSync(join(copy, 'config.json'), '{"model_type":"heron","architectures":["HeronForCausalLM"]}');
  const run = (...bind: string[]) => JSON.parse(opcount('config.json', '--bind', bind.join(','), '--format', 'json'));
  const { totals } = run('batch=1', 'sequence=8', 'past=0');
  // Four attentions of 64×64, the norms of heads of 16 and of layers, three matrices of the MLP, and both ends.
  const layer = 4 * 64 * 64 + 2 * 16 + 2 * 64 + 3 * 64 * 128;
  expect(totals.params).toBe(4 * layer + 64 + 2 * 1000 * 64);
  const weights = 4 * (4 * 64 * 64 + 3 * 64 * 128) + 1000 * 64;
  const keys = 3 * 16 + 101; // three layers see 16 tokens, the fourth all
  expect(run('batch=1', 'sequence=1', 'past=100').totals.macs).toBe(weights + 2 * 64 * keys);
});

test('nothing else was touched', () => {
  const names = (language: string) =>
    page.filter((b) => b.language === language).map((b) => b.text.split('\n')[0]?.replace(/^\W+/, ''));
  expect([...names('typescript'), ...names('diff')].sort()).toEqual([
    'src/conventions/list.ts',
    'src/conventions/multiplications.ts',
    'src/formats/index.ts',
    'src/formats/lines/index.ts',
    'src/formats/lines/operators.ts',
    'src/formats/lines/read.ts',
    'src/formats/onnx/dialect/acme.ts',
    'src/formats/onnx/dialect/index.ts',
    'src/formats/onnx/dialect/math.ts',
    'src/models/language/defaults.ts',
    'src/models/language/families/decoders/heron.ts',
    'src/models/language/families/decoders/index.ts',
    'src/ops/catalog/elementwise.ts',
    'src/ops/catalog/gradients/elementwise.ts',
  ]);
  const types = execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', copyConfig()],
    {
      encoding: 'utf8',
    },
  );
  expect(types).toBe('');
}, 300_000);

/** The project's own strictness over the copy. */
function copyConfig(): string {
  const path = join(copy, 'tsconfig.json');
  writeFileSync(path, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: ['src'] }));
  return path;
}
