import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type CompareFlags, runCompare } from '../../src/cli/compare.js';
import { STREAMS } from '../../src/cli/output.js';
import { profile } from '../../src/node.js';
import { PLAIN } from '../../src/report/grid.js';
import {
  type ComparedModule,
  compareReports,
  compareText,
  looksSaved,
  pairsOf,
  savedReport,
  toJson,
} from '../../src/report/index.js';

type Part = ComparedModule<Part>;

const scratch = mkdtempSync(join(tmpdir(), 'opcount-compare-'));
afterAll(() => rmSync(scratch, { recursive: true }));

async function compared(a: string, b: string, flags: Partial<CompareFlags> = {}): Promise<string> {
  const parts: string[] = [];
  vi.spyOn(STREAMS, 'out').mockImplementation((text) => void parts.push(text));
  await runCompare(a, b, { color: 'never', ...flags });
  vi.restoreAllMocks();
  return parts.join('');
}

describe('a saved report', () => {
  test.each([
    ['resnet18', {}],
    ['resnet18', { inputs: [['batch', 3, 'h', 224]] }],
    ['llama-3.2-1b', { context: 2048 }],
  ] as const)('of %s %j stands for the model', async (name, options) => {
    const report = await profile(name, options as object);
    const back = savedReport(toJson(report), 'r.json');
    expect(back.totals).toEqual(report.totals);
    const other = await profile('resnet34');
    expect(compareReports(back, other, 3)).toEqual(compareReports(report, other, 3));
    expect(compareText(back, report, 2, 'auto', PLAIN)).toBe(compareText(report, report, 2, 'auto', PLAIN));
  });

  test('is taken on either side of the command', async () => {
    const file = join(scratch, 'r18.json');
    writeFileSync(file, toJson(await profile('resnet18')));
    expect(await compared(file, 'resnet34', { depth: 2 })).toBe(await compared('resnet18', 'resnet34', { depth: 2 }));
    expect(await compared('resnet34', file)).toBe(await compared('resnet34', 'resnet18'));
    await expect(compared('resnet34', file, { inputB: ['1x3x64x64'] })).rejects.toThrow(/is a report/);
  });

  test.each([
    '{"schema": 1, "opcount": "0.1.0"}',
    '{"schema": 1, "opcount": "0.1.0", "model": {"name": "x"}, "totals": 3',
    '[]',
  ])('that is none is refused: %s', (text) => {
    expect(() => savedReport(text, 'r.json')).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  test('is told from a configuration', () => {
    expect([looksSaved('{\n  "schema": 1,\n  "opcount": "0.1.0",'), looksSaved('{"model_type": "llama"}')]).toEqual([
      true,
      false,
    ]);
  });
});

test('rows that differ in nothing but their names are one with their sums', async () => {
  const text = await compared('resnet18', 'resnet34', { depth: 2 });
  expect(text).toMatch(/2 … 5 \(×4\)\s+·\s+924\.844 M\s+\+924\.844 M/);
  expect(text.match(/^ {2}1 /gm)).toHaveLength(4);
});

test('modules of other names are paired by class and contents, and a row says both names', async () => {
  const text = await compared('llama-3.2-1b', 'gpt2', { depth: 2 });
  expect(text).toMatch(/^model → transformer\s+[\d.]+ G.* → |^model → transformer\s/m);
  const { modules } = JSON.parse(await compared('llama-3.2-1b', 'gpt2', { depth: 1, format: 'json' }));
  expect(modules[0]).toMatchObject({ path: 'model', a: { path: 'model' }, b: { path: 'transformer' } });
});

test('one model at two sizes', async () => {
  const text = await compared('resnet18', 'resnet18', { inputB: ['1x3x448x448'] });
  expect(text).toMatch(/MACs\s+1\.814 G\s+7\.255 G/);
  expect(text).toContain('resnet18 at input 1×3×224×224; resnet18 at input 1×3×448×448');
  const bound = await compared('resnet18', 'resnet18', { input: ['nx3x224x224'], bind: { n: '1' }, bindB: { n: '4' } });
  expect(bound).toMatch(/MACs\s+1\.814 G\s+7\.256 G\s+\+5\.442 G\s+4\.000×/);
});

test('ten thousand siblings are paired, each once', () => {
  const of = (type: string, from: number) => ({
    ...{ name: type, type },
    children: Array.from({ length: 10_000 }, (_, i) => ({ name: `m${from + i}`, type, children: [] })),
  });
  const pairs = pairsOf<Part>(of('A', 0), of('B', 5000), 1);
  expect(pairs.filter((p) => p.a !== null && p.b !== null)).toHaveLength(1 + 5000);
  expect(new Set(pairs.map((p) => p.name)).size).toBe(1 + 15_000);
});

test('with --training, a step of each stands beside the other; in free dimensions too', async () => {
  const rows = (text: string): string[] =>
    text.split('\n').filter((line) => /^(Trained|MACs of|Kept|Optimizer|Peak of)/.test(line));
  const text = await compared('resnet18', 'resnet34', { training: true, optimizer: 'sgd-momentum' });
  expect(rows(text)).toHaveLength(5);

  const json = JSON.parse(await compared('resnet18', 'resnet34', { training: true, format: 'json' }));
  const total = (name: string) => json.totals.find((t: { name: string }) => t.name === name);
  const [a, b] = await Promise.all(['resnet18', 'resnet34'].map((name) => profile(name, { training: true })));
  for (const [name, key] of [
    ['savedBytes', 'savedBytes'],
    ['trainingPeakBytes', 'peakBytes'],
  ] as const)
    expect([total(name).a, total(name).b]).toEqual([Number(a?.training?.[key]), Number(b?.training?.[key])]);
  expect(total('trainingMacs').a).toBe(Number(a?.training?.forwardMacs) + Number(a?.training?.backwardMacs));
  const free = await compared('resnet18', 'resnet34', { training: true, input: ['batchx3x224x224'] });
  expect(rows(free).join('\n')).toMatch(/batch/);
  await expect(compared('resnet18', 'resnet34', { optimizer: 'adam' })).rejects.toThrow(/--optimizer is of training/);
});
