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
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function opcount(...args: string[]): string {
  return execFileSync(process.execPath, [join(copy, 'opcount.mjs'), ...args], { encoding: 'utf8', cwd: copy });
}

test('an operator is one line where its mathematics is, and one where it is spelled', () => {
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

test('a format is a folder and a line', () => {
  writeFileSync(join(copy, 'net.txt'), '#layers\nh dense x 8 16\na relu h\ny dense a 16 4\nz swirl y\n');
  const { totals, coverage, model: file } = JSON.parse(opcount('net.txt', '--format', 'json'));
  expect([file.format, totals.macs, totals.params, totals.flops]).toEqual(['layers', 192, 192, 2 * 192 + 16]);
  expect(coverage.unknown).toEqual([{ op: 'swirl', nodes: 1, why: 'opcount has no formula for swirl' }]);
});

test('nothing else was touched', () => {
  const touched = [...files.map((b) => b.text.split('\n')[0]), ...changes.map((b) => b.text.split('\n')[0])];
  expect(touched).toHaveLength(7);
  const types = execFileSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', copyConfig()],
    {
      encoding: 'utf8',
    },
  );
  expect(types).toBe('');
});

/** The project's own strictness over the copy. */
function copyConfig(): string {
  const path = join(copy, 'tsconfig.json');
  writeFileSync(path, JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: ['src'] }));
  return path;
}
