import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { runBench } from '../../src/cli/bench.js';
import { runCheck } from '../../src/cli/check.js';
import { runCompare } from '../../src/cli/compare.js';
import { formatFor } from '../../src/cli/effects.js';
import { UsageError } from '../../src/cli/errors.js';
import { runExplain } from '../../src/cli/explain.js';
import { runDevices, runModels } from '../../src/cli/models.js';
import { STREAMS } from '../../src/cli/output.js';
import { runProfile } from '../../src/cli/profile.js';
import { runReconcile } from '../../src/cli/reconcile.js';
import { runScan } from '../../src/cli/scan/scan.js';
import { isModelError } from '../../src/source/index.js';
import { ROOT } from '../docs.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-effects-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => vi.restoreAllMocks());
const unused = join(scratch, 'formulas.json');
writeFileSync(unused, '{"com.example.Nothing": {"macs": "in"}}');

type Flags = Readonly<Record<string, unknown>>;
type Verb = (flags: never) => number | Promise<number>;

/** What the verb writes, stderr too; null where it refuses with a hint. */
async function said(verb: Verb, flags: Flags): Promise<string | null> {
  const parts: string[] = [];
  vi.spyOn(STREAMS, 'out').mockImplementation((text) => void parts.push(text));
  vi.spyOn(STREAMS, 'err').mockImplementation((text) => void parts.push(text));
  try {
    const code = await verb({ color: 'never', tolerance: undefined, ...flags } as never);
    return `${code}\n${parts.join('')}`;
  } catch (error) {
    if (!(error instanceof UsageError || (isModelError(error) && error.code === 'argument'))) throw error;
    expect(error.hint).toMatch(/\w/);
    return null;
  } finally {
    vi.restoreAllMocks();
  }
}

const TRAIN: Verb = (flags) => runProfile('resnet18', { ...(flags as object), training: 'only' } as never);
const SERVED: Verb = (flags) => runProfile('llama-3.2-1b', flags);
const COMPARE: Verb = (flags) => runCompare('resnet18', 'resnet34', flags);
const RECONCILE: Verb = (flags) => runReconcile('resnet18', undefined, flags);
const CHECK: Verb = (flags) => runCheck(['resnet18'], { ...(flags as object), maxMacs: 10n ** 12n } as never);

const COMMON: Readonly<Record<string, Flags>> = {
  '--python-path': { pythonPath: [scratch] },
  '--time-limit': { timeLimit: 9 },
  '--formulas': { formulas: unused },
  '--color always': { color: 'always' },
  '--input': { input: ['1x3x64x64'] },
};
const VERBS: readonly (readonly [string, Verb, readonly string[], Readonly<Record<string, Flags>>])[] = [
  [
    'train',
    TRAIN,
    ['tree', 'table', 'json', 'md'],
    {
      ...COMMON,
      '--depth': { depth: 0 },
      '--columns': { columns: ['path'] },
      '--as': { as: ['thop'] },
      '--formula': { formula: true },
      '--inplace': { inplace: true },
      '--units': { units: 'raw' },
      '--device': { device: ['t4'] },
      '--optimizer': { optimizer: 'sgd' },
      '--batch': { batch: 4 },
    },
  ],
  [
    'of a language model',
    SERVED,
    ['tree', 'csv', 'json'],
    {
      '--weights': { weights: 'int4' },
      '--kv': { kv: 'fp8' },
      '--tp': { tp: 2 },
      '--context': { context: 64 },
      '--logits': { logits: 'last' },
    },
  ],
  [
    'compare',
    COMPARE,
    ['table', 'json'],
    {
      ...COMMON,
      '--units': { units: 'raw' },
      '--depth': { depth: 2 },
      '--training': { training: true },
      '--input-b': { inputB: ['1x3x64x64'] },
    },
  ],
  [
    'reconcile',
    RECONCILE,
    ['table', 'json', 'md'],
    { ...COMMON, '--as': { as: ['thop'] }, '--inplace': { inplace: true } },
  ],
  [
    'check',
    CHECK,
    ['table', 'json', 'md', 'junit'],
    {
      '--python-path': { pythonPath: [scratch] },
      '--formulas': { formulas: unused },
      '--tolerance': { tolerance: 5 },
      '--max-params': { maxParams: 10n },
    },
  ],
];

describe.each(VERBS)('%s: no option is silently without effect', (_, verb, formats, options) => {
  for (const format of formats)
    test.each(Object.entries(options))(`--format ${format} %s`, async (flag, flags) => {
      const plain = await said(verb, { format });
      expect(plain).not.toBe(null);
      const own = await said(verb, { format, ...flags });
      // Colours are there only on a screen.
      if (flag === '--color always' && ['tree', 'table'].includes(format)) expect(own).toContain('\u001b[');
      else expect(own).not.toBe(plain);
    });
});

test('what is about a graph is refused where there is none', async () => {
  const weights = join(ROOT, 'test/fixtures/safetensors/tinycnn.safetensors');
  const graphless: Verb = (flags) => runProfile(weights, flags);
  expect(await said(graphless, {})).toContain('0\n');
  for (const flags of [{ input: ['1x3x8x8'] }, { inplace: true }]) expect(await said(graphless, flags)).toBe(null);
});

test('a formula where nothing is free says so', async () => {
  const verb: Verb = (flags) => runProfile('resnet18', flags);
  expect(await said(verb, { formula: true })).toContain('note --formula changes nothing');
  expect(await said(verb, { formula: true, input: ['nx3x64x64'] })).not.toContain('changes nothing');
});

test('the name of the file says the format, for every command that writes one', async () => {
  const at = (name: string): string => join(scratch, name);
  const begins = (name: string): string => readFileSync(at(name), 'utf8').slice(0, 1);
  const writes: readonly (readonly [Verb, string, string])[] = [
    [COMPARE, 'compare.json', '{'],
    [RECONCILE, 'reconcile.json', '{'],
    [RECONCILE, 'reconcile.md', '#'],
    [(flags) => runReconcile('resnet18', '1.8G', flags), 'who.json', '{'],
    [CHECK, 'check.json', '{'],
    [CHECK, 'check.xml', '<'],
    [(flags) => runModels(flags), 'models.json', '['],
    [(flags) => runDevices(flags), 'devices.json', '['],
    [(flags) => runExplain('conv', flags), 'explain.json', '{'],
  ];
  for (const [verb, name, first] of writes) {
    await said(verb, { output: at(name) });
    expect([name, begins(name)]).toEqual([name, first]);
  }
  for (const [verb, name] of [
    [COMPARE, 'x.csv'],
    [RECONCILE, 'x.html'],
    [(flags) => runExplain('conv', flags), 'x.md'],
    [(flags) => runBench(join(ROOT, 'test/fixtures/onnx/resnet18.legacy17.onnx'), flags), 'x.tex'],
  ] as readonly [Verb, string][])
    expect([name, await said(verb, { output: at(name) })]).toEqual([name, null]);
  expect(formatFor('compare', { output: 'x.txt' }, ['table', 'json'])).toBe('table');
});

test('a merge of a scan takes nothing that is of models', async () => {
  const merge: Verb = (flags) => runScan([], { ...(flags as object), output: scratch, merge: true });
  for (const flags of [{ jobs: 2 }, { shard: '1/2' }, { input: ['1x3'] }, { queue: 'redis://localhost' }])
    expect(await said(merge, { color: undefined, ...flags })).toBe(null);
});
