import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { STREAMS } from '../../src/cli/output.js';
import { openPool } from '../../src/cli/scan/pool.js';
import { runScan } from '../../src/cli/scan/scan.js';
import { isIn, shardOf } from '../../src/cli/scan/shard.js';
import { openStore, rowsIn } from '../../src/cli/scan/store.js';
import { profile } from '../../src/node.js';
import { hasId, packIds } from '../../src/scan/known-ids.js';
import { linesOf } from '../../src/scan/lines.js';
import type { Rows } from '../../src/scan/rows.js';
import type { ScanTask } from '../../src/scan/worker.js';
import { ROOT } from '../docs.js';
import { MARKUP, NASTY, RAW } from '../report/hostile.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-scan-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const FIXTURES = join(ROOT, 'test/fixtures');
const NAMES = ['onnx/resnet18.legacy17.onnx', 'onnx/mobilenet_v3_large.dynamo.onnx'];

/** A folder with models of several formats, one broken, one of weights, and files that are none. */
function folderOfModels(name: string): string {
  const folder = join(scratch, name);
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  for (const [i, file] of NAMES.entries())
    cpSync(join(FIXTURES, file), join(folder, 'deep', `${i}-${file.replace(/^.*\//, '')}`));
  const header = '{"w":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]}}';
  const bytes = new Uint8Array(8 + header.length + 48);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  writeFileSync(join(folder, 'deep/er/weights.safetensors'), bytes);
  writeFileSync(join(folder, 'broken.onnx'), new Uint8Array([8, 8, 58, 255, 255, 3, 1]));
  writeFileSync(join(folder, 'notes.txt'), 'nothing to count');
  writeFileSync(join(folder, 'names.list'), '# built in\nresnet18\n\nalexnet\n');
  return folder;
}

/** What a scan gives, and what it says on stderr. */
async function said(scan: () => Promise<number>): Promise<{ code: number; text: string }> {
  const write = vi.spyOn(STREAMS, 'err').mockImplementation(() => {});
  try {
    return { code: await scan(), text: write.mock.calls.map(([text]) => text).join('') };
  } finally {
    write.mockRestore();
  }
}

const rowsOf = (out: string, table: string, part = 'all') => [...rowsIn(join(out, `${table}-${part}.ndjson`))];
const parquet = async (file: string) => {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer });
};

describe('a scan', () => {
  test('has a row for each model, with the numbers of its report, and goes on where it stopped', async () => {
    const folder = folderOfModels('models');
    const out = join(scratch, 'out');
    const given = [folder, `@${join(folder, 'names.list')}`];
    expect(await runScan(given, { output: out, jobs: 2, quiet: true })).toBe(0);
    const rows = new Map(rowsOf(out, 'models').map((row) => [row['model'], row]));
    expect(rows.get('resnet18')).toMatchObject({
      status: 'whole',
      macs: 1814073344,
      params: 11689512,
      format: 'built-in',
    });
    expect(rows.get('deep/er/weights.safetensors')).toMatchObject({ status: 'weights', params: 12, macs: null });
    expect(rows.get('broken.onnx')).toMatchObject({ status: 'error', macs: null, error: expect.stringMatching(/\w/) });
    expect([...rows.keys()].sort()).toEqual(
      [
        'alexnet',
        'broken.onnx',
        'deep/er/weights.safetensors',
        'resnet18',
        ...NAMES.map((n, i) => `deep/${i}-${n.replace(/^.*\//, '')}`),
      ].sort(),
    );
    const layers = rowsOf(out, 'layers').filter((row) => row['model'] === 'resnet18');
    expect(layers.reduce((n, row) => n + Number(row['macs']), 0)).toBe(1814073344);
    expect(layers.find((row) => row['type'] === 'torch.nn.Conv2d')).toMatchObject({
      operator: 'conv',
      layers: 20,
      params: 11166912,
    });

    const before = readFileSync(join(out, 'models-all.ndjson'), 'utf8');
    await runScan(given, { output: out, jobs: 1, quiet: true });
    expect(readFileSync(join(out, 'models-all.ndjson'), 'utf8')).toBe(before);

    // A file that has changed is looked at again; a line that was half written is dropped and done again.
    writeFileSync(join(folder, 'broken.onnx'), new Uint8Array([8, 9, 58, 255, 255, 3, 1]));
    writeFileSync(join(out, 'models-all.ndjson'), before.slice(0, before.trimEnd().lastIndexOf('\n') + 20));
    await runScan(given, { output: out, jobs: 1, quiet: true });
    const again = rowsOf(out, 'models').map((row) => row['model']);
    expect(again.filter((name) => name === 'broken.onnx').length).toBeGreaterThanOrEqual(1);
    expect(new Set(again)).toEqual(new Set(rows.keys()));
  });

  test('in parts gives together what it gives whole, as Parquet', async () => {
    const folder = folderOfModels('parts');
    const whole = join(scratch, 'whole');
    const parts = join(scratch, 'in-parts');
    const given = [folder, 'resnet18', 'alexnet', 'squeezenet1_0'];
    await runScan(given, { output: whole, jobs: 1, quiet: true });
    for (const i of [1, 2, 3]) await runScan(given, { output: parts, jobs: 1, quiet: true, shard: `${i}/3` });
    await runScan([], { output: parts, merge: true, quiet: true });
    for (const table of ['models', 'layers']) {
      const without = (rows: readonly Record<string, unknown>[]) =>
        rows
          .map(({ milliseconds: _, ...row }) => row)
          .map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)))
          .sort();
      const [a, b] = [await parquet(join(whole, `${table}.parquet`)), await parquet(join(parts, `${table}.parquet`))];
      expect(without(b)).toEqual(without(a));
    }
    const [row] = (await parquet(join(whole, 'models.parquet'))).filter((r) => r['model'] === 'resnet18');
    expect(row).toMatchObject({ macs: 1814073344n, status: 'whole' });
  });

  test('counts with free dimensions are taken at sizes that it states, beside the formula', async () => {
    const out = join(scratch, 'free');
    await runScan(['resnet18'], { output: out, jobs: 1, quiet: true, input: ['batchx3x224x224'] });
    const report = await profile('resnet18', { inputs: [['batch', 3, 224, 224]] });
    const [row] = rowsOf(out, 'models');
    expect(row).toMatchObject({ sizes: 'batch=1', macs: 1814073344, macs_formula: report.totals.macs });
  });

  test('of nothing that can be read says so, each time that it is run', async () => {
    const folder = join(scratch, 'unread');
    const out = join(scratch, 'unread-out');
    mkdirSync(folder);
    const scan = () => said(() => runScan([folder], { output: out, jobs: 1, quiet: true }));
    await expect(scan()).rejects.toThrow(`no models in ${folder}`);
    writeFileSync(join(folder, 'broken.onnx'), new Uint8Array([8, 8, 58, 255, 255, 3, 1]));
    for (const _ of ['first', 'again']) {
      const { code, text } = await scan();
      expect([code, text.split('\n')]).toEqual([
        3,
        [
          expect.stringMatching(/^error: cannot read the model: broken\.onnx: \w/),
          expect.stringMatching(/^ {2}try /),
          '',
        ],
      ]);
    }
    expect((await said(() => runScan(['alexnet'], { output: out, jobs: 1, quiet: true }))).code).toBe(0);
  });

  test('ends a model that takes too long, and no other is lost with it', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const address = `http://127.0.0.1:${(silent.address() as { port: number }).port}/x.onnx`;
    const pool = openPool({ threads: 1, seconds: 2, memory: 512 });
    const found: unknown[] = [];
    let tasks: readonly ScanTask[] = ['resnet18', address, 'alexnet'].map((name) => ({ model: name, open: name }));
    while (tasks.length > 0) {
      const { done, rest } = await pool.run(tasks, {}, packIds([]));
      found.push(...done.map((lines) => JSON.parse(lines?.model ?? '')));
      tasks = rest;
    }
    await pool.close();
    silent.closeAllConnections();
    silent.close();
    expect(found.map((row) => (row as { model: string }).model).sort()).toEqual(['alexnet', address, 'resnet18']);
    expect(found).toContainEqual(expect.objectContaining({ model: address, status: 'error', error_code: 'time' }));
    expect(found).toContainEqual(expect.objectContaining({ model: 'alexnet', status: 'whole' }));
  });

  test.each([
    [['resnet18'], {}, /say where/],
    [[], { output: 'x' }, /nothing to scan/],
    [['resnet18'], { output: 'x', merge: true }, /--merge looks at no models/],
    [['resnet18'], { output: 'x', lease: 3 }, /--lease is of --queue/],
    [['resnet18'], { output: 'x', queue: 'redis://127.0.0.1:1', shard: '1/2' }, /--queue shares the work/],
    [['no/such/folder'], { output: join(scratch, 'x') }, /no such file/],
  ])('refuses %j %j', async (models, flags, says) => {
    await expect(runScan(models, { ...flags, jobs: 1, quiet: true })).rejects.toThrow(says);
  });
});

test('rows of a model are added once, its own row last', () => {
  const folder = join(scratch, 'store');
  const rows: Rows = { model: { id: 'x', macs: 2n ** 62n }, layers: [{ id: 'x', type: 'a "b" 1234567890123456789' }] };
  openStore(folder, 'p').add([linesOf(rows)]);
  openStore(folder, 'p').add([linesOf(rows)]);
  expect(rowsOf(folder, 'models', 'p')).toEqual([{ id: 'x', macs: String(2n ** 62n) }]);
  expect(rowsOf(folder, 'layers', 'p')).toEqual(rows.layers);
});

test('names keep their text in a row, and what a screen must not get in them is written as escapes', () => {
  const row = { id: 'x', name: `${NASTY}${MARKUP}` };
  const { model, layers } = linesOf({ model: row, layers: [row] });
  for (const text of [model, layers]) {
    expect(text).not.toMatch(RAW);
    expect(JSON.parse(text)).toEqual(row);
  }
});

test('ids that all threads share are found, and no others', () => {
  const ids = Array.from({ length: 300 }, (_, i) => createHash('sha256').update(`${i}`).digest('hex').slice(0, 32));
  const shared = packIds(ids.slice(0, 200));
  expect(ids.map((id) => hasId(shared, id))).toEqual(ids.map((_, i) => i < 200));
  expect(hasId(packIds([]), ids[0] as string)).toBe(false);
});

describe('parts', () => {
  test.each([
    [undefined, {}, [1, 1]],
    ['3/100', {}, [3, 100]],
    ['auto', { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_MIN: '5', SLURM_ARRAY_TASK_COUNT: '4' }, [3, 4]],
    [
      'auto',
      { SLURM_ARRAY_TASK_ID: '9', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_STEP: '4', SLURM_ARRAY_TASK_COUNT: '3' },
      [3, 3],
    ],
    ['auto', { SLURM_PROCID: '0', SLURM_NTASKS: '8' }, [1, 8]],
    ['auto/20', { JOB_COMPLETION_INDEX: '19' }, [20, 20]],
  ])('%s with %j', (text, env, [index, count]) => {
    expect(shardOf(text, env as Record<string, string>)).toEqual({ index, count });
  });

  test.each([
    ['0/3', {}],
    ['4/3', {}],
    ['x', {}],
    ['2', {}],
    ['auto', {}],
    ['auto', { JOB_COMPLETION_INDEX: '1' }],
  ])('%s with %j is refused', (text, env) => {
    expect(() => shardOf(text, env as Record<string, string>)).toThrow();
  });

  test('each model is in exactly one', () => {
    for (let i = 0; i < 500; i++) {
      const owners = [1, 2, 3, 4, 5, 6, 7].filter((index) => isIn({ index, count: 7 }, `model-${i}.onnx`));
      expect(owners).toHaveLength(1);
    }
  });
});
