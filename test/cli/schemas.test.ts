import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { runCheck } from '../../src/cli/check.js';
import { runCompare } from '../../src/cli/compare.js';
import { runExplain } from '../../src/cli/explain.js';
import { runDevices, runModels } from '../../src/cli/models.js';
import { STREAMS } from '../../src/cli/output.js';
import { runProfile } from '../../src/cli/profile.js';
import { runReconcile } from '../../src/cli/reconcile.js';
import { runSeveral } from '../../src/cli/several.js';
import { read } from '../../src/node.js';
import { buildReport, toJson } from '../../src/report/index.js';
import { isModelError, isSourceError } from '../../src/source/index.js';
import { ROOT, settle } from '../docs.js';
import { makeSchemas, SCHEMAS, type SchemaName } from './schemas.js';

const FIXTURES = join(ROOT, 'test/fixtures');
const scratch = mkdtempSync(join(tmpdir(), 'opcount-schemas-'));
afterAll(() => rmSync(scratch, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const names = Object.keys(SCHEMAS) as SchemaName[];
const ajv = new Ajv({ allErrors: true });
const published = Object.fromEntries(
  names.map((name) => [name, ajv.compile(JSON.parse(readFileSync(join(ROOT, `schemas/${name}.json`), 'utf8')))]),
) as Record<SchemaName, ValidateFunction>;

/** What in a text of JSON is not as the schema says. */
function wrong(name: SchemaName, text: string): readonly string[] {
  const validate = published[name];
  return validate(JSON.parse(text)) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath}: ${e.message}`);
}

async function printed(run: () => number | Promise<number>): Promise<string> {
  const parts: string[] = [];
  vi.spyOn(STREAMS, 'out').mockImplementation((text) => void parts.push(text));
  vi.spyOn(STREAMS, 'err').mockImplementation(() => {});
  await run();
  vi.restoreAllMocks();
  return parts.join('');
}

test('the published schemas are those of the types', { timeout: 180_000 }, () => {
  for (const [name, schema] of Object.entries(makeSchemas())) {
    const settled = settle(`schemas/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`);
    expect(JSON.parse(settled.is), name).toEqual(JSON.parse(settled.should));
  }
});

const JSON_FLAGS = { color: 'never', format: 'json' } as const;
const LLM = 'llama-3.2-1b';
const onnx = join(FIXTURES, 'onnx/resnet18.legacy17.onnx');
const saved = (name: string, text: string): string => {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
};

describe('what the commands print', () => {
  test.each([
    ['a model', 'resnet18', {}],
    ['every convention', 'mobilenet_v2', { as: ['all'] }],
    ['a device', 'resnet18', { device: ['t4', 'h100-sxm:fp8', 'mine: 10T fp32, 100GB/s, 8GB'] }],
    ['free dimensions', 'resnet18', { input: ['nx3xhxh'], as: ['all'], device: ['t4'] }],
    ['a file', onnx, { as: ['all'], by: 'node' }],
    ['lines of YOLOv5', 'yolov5s', {}],
    ['a language model', LLM, { as: ['all'] }],
    ['serving', LLM, { context: 4096, weights: 'int4', kv: 'fp8', tp: 2, device: ['h100-sxm'] }],
    ['latent attention', 'deepseek-v2-lite', { context: 128, device: ['h100-sxm'] }],
    ['training', 'resnet18', { training: true, device: ['t4'], precision: 'amp', optimizer: 'adamw' }],
    ['adapters', LLM, { training: 'only', context: 64, lora: { rank: 8, targets: null }, device: ['t4'] }],
    ['free training', 'alexnet', { training: 'only', input: ['nx3x224x224'] }],
    ['checkpoints', 'resnet18', { training: 'only', checkpointing: ['layer*'] }],
    ['weights alone', join(FIXTURES, 'safetensors/tinycnn.safetensors'), { training: 'only' }],
  ])('profile, train: %s', async (_, model, flags) => {
    const text = await printed(() => runProfile(model, { ...JSON_FLAGS, ...flags } as never));
    expect(wrong('report', text)).toEqual([]);
  });

  test.each([
    ['models of three kinds', ['resnet18', onnx, LLM], { as: ['all'], device: ['t4'] }],
    ['free dimensions', ['resnet18', 'alexnet'], { input: ['nx3xhxh'] }],
    ['weights alone, and what cannot be read', [join(FIXTURES, 'safetensors/tinycnn.safetensors'), 'no/such.onnx'], {}],
  ])('several models: %s', async (_, models, flags) => {
    const text = await printed(() => runSeveral(models, { ...JSON_FLAGS, ...flags }));
    expect(wrong('several', text)).toEqual([]);
  });

  test('compare', async () => {
    const report = saved('r18.json', await printed(() => runProfile('resnet18', JSON_FLAGS)));
    for (const [a, b, flags] of [
      ['resnet18', 'resnet34', {}],
      [report, 'vgg11', { depth: 3 }],
      ['resnet18', 'resnet18', { input: ['nx3x64x64'] }],
      ['resnet18', 'resnet34', { training: true }],
    ] as const)
      expect(wrong('compare', await printed(() => runCompare(a, b, { ...JSON_FLAGS, ...flags })))).toEqual([]);
  });

  test('reconcile', async () => {
    for (const [model, flags] of [
      ['resnet18', {}],
      ['yolov5n', {}],
      [LLM, { bind: { batch: '1', sequence: '8', past: '0' } }],
      ['resnet18', { input: ['nx3x64x64'] }],
    ] as const)
      expect(
        wrong('reconcile', await printed(() => runReconcile(model, undefined, { ...JSON_FLAGS, ...flags }))),
      ).toEqual([]);
    for (const number of ['1.8G', '11.7M', '1814073344', '17T'])
      expect(wrong('who-prints', await printed(() => runReconcile('resnet18', number, JSON_FLAGS)))).toEqual([]);
  });

  test('check', async () => {
    const flags = JSON_FLAGS;
    const baseline = join(scratch, 'baseline.json');
    await printed(() => runCheck(['alexnet'], { ...flags, baseline, update: true, quiet: true }));
    for (const [models, own] of [
      [['alexnet'], { maxMacs: 10n, baseline }],
      [['alexnet', 'resnet18'], { baseline }],
      [['alexnet', 'no/such.onnx'], {}],
    ] as const)
      expect(wrong('check', await printed(() => runCheck([...models], { ...flags, ...own })))).toEqual([]);
  });

  test('models, devices, formulas', async () => {
    expect(wrong('models', await printed(() => runModels(JSON_FLAGS)))).toEqual([]);
    expect(wrong('devices', await printed(() => runDevices(JSON_FLAGS)))).toEqual([]);
    for (const name of ['conv', 'softmax', 'thop'])
      expect(wrong('explain', await printed(() => runExplain(name, JSON_FLAGS)))).toEqual([]);
  });
});

test('reports of files of every format, with the schedule', { timeout: 180_000 }, async () => {
  const formats = new Set<string>();
  for (const file of someOfEach(readdirSync(FIXTURES, { recursive: true }) as string[])) {
    try {
      const ledger = await read(join(FIXTURES, file));
      expect([file, ...wrong('report', toJson(buildReport(ledger, { schedule: true })))]).toEqual([file]);
      formats.add(ledger.format);
    } catch (error) {
      if (!isModelError(error) && !isSourceError(error)) throw error;
    }
  }
  expect(formats.size).toBeGreaterThan(8);
});

/** Small files, a few from each folder with each ending. */
function someOfEach(paths: readonly string[]): string[] {
  const taken = new Map<string, string[]>();
  for (const path of [...paths].sort()) {
    const stat = statSync(join(FIXTURES, path));
    if (!stat.isFile() || stat.size > 1 << 16 || /\.(?:py|md|txt)$/.test(path)) continue;
    const kind = `${path.split(/[\\/]/)[0]} ${extname(path)}`;
    const list = taken.get(kind) ?? [];
    taken.set(kind, list);
    if (list.length < 4) list.push(path);
  }
  return [...taken.values()].flat();
}

test('a schema refuses what is missing, of another type, or not known', async () => {
  const text = await printed(() => runProfile('resnet18', JSON_FLAGS));
  const changed = (change: (report: Record<string, Record<string, unknown>>) => void): string => {
    const report = JSON.parse(text);
    change(report);
    return JSON.stringify(report);
  };
  expect(
    wrong(
      'report',
      changed((r) => delete r['totals']?.['macs']),
    ),
  ).toEqual(["/totals: must have required property 'macs'"]);
  expect(
    wrong(
      'report',
      changed((r) => Object.assign(r['totals'] ?? {}, { params: 1.5 })),
    ),
  ).toContain('/totals/params: must be integer');
  expect(
    wrong(
      'report',
      changed((r) => Object.assign(r, { more: 1 })),
    ),
  ).toEqual([': must NOT have additional properties']);
});
