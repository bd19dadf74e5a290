import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { type BenchFlags, runBench } from '../../src/cli/bench.js';
import { STREAMS } from '../../src/cli/output.js';
import { readMeasurement } from '../../src/machine/measured.js';
import { type Bench, type Host, measureModel, pointOf, timingOf } from '../../src/measure/index.js';
import { findRuntime, type JobOptions, runJob } from '../../src/measure/node/process.js';
import { read } from '../../src/node.js';
import { benchMarkdown, benchText } from '../../src/report/bench-text.js';
import { PLAIN, toJson } from '../../src/report/index.js';
import { ROOT, settle } from '../docs.js';
import { graph, model, node, tensor } from '../formats/onnx-build.js';
import { BenchSchema, SAME } from './bench-schema.js';

const scratch = mkdtempSync(join(tmpdir(), 'opcount-measure-'));
const temporary = join(scratch, 'temporary');
const before = process.env['TMPDIR'];
beforeAll(() => {
  mkdirSync(temporary);
  process.env['TMPDIR'] = temporary; // what is left over can be seen
});
afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(scratch, { recursive: true });
});
const leftOver = (): string[] => readdirSync(temporary);

const TINY = join(ROOT, 'test/fixtures/measured/tiny.onnx');

async function bench(file: string, flags: Partial<BenchFlags>): Promise<Bench> {
  const out = join(scratch, 'bench.json');
  expect(await runBench(file, { color: 'never', time: 0.05, format: 'json', output: out, ...flags })).toBe(0);
  const value = JSON.parse(readFileSync(out, 'utf8'));
  BenchSchema.parse(value);
  return value as Bench;
}

/** An unnamed product with a weight that is not there, of a batch that is free. */
function stripped(): string {
  const file = join(scratch, 'stripped.onnx');
  writeFileSync(
    file,
    model(
      graph({
        nodes: [node('MatMul', ['x', 'w'], ['h']), node('Sigmoid', ['h'], ['y'])],
        inputs: { x: ['n', 64] },
        outputs: ['y'],
        initializers: [tensor('w', [64, 96], 1)],
      }),
    ),
  );
  return file;
}

describe('a model is measured', () => {
  test('at several batches, every kernel with its operators or as the runtime’s own', async () => {
    const { points, machine, runtime, missing } = await bench(TINY, { batch: [1, 3], threads: 1 });
    expect(runtime).toMatchObject({ name: 'ONNX Runtime', provider: 'cpu', threads: 1 });
    expect(missing).toEqual({ tensors: 0, bytes: 0 });
    expect(machine?.flopsPerSecond).toBeGreaterThan(0);
    expect(machine?.bytesPerSecond).toBeGreaterThan(0);
    expect(points.map(({ batch, macs, inputs }) => [batch, Number(macs), inputs[0]?.shape])).toEqual([
      [1, 811_088, [1, 3, 32, 32]],
      [3, 3 * 811_088, [3, 3, 32, 32]],
    ]);
    for (const { operators, latency, macs, samplesPerSecond, batch } of points) {
      const rows = operators?.rows ?? [];
      expect(rows.filter(({ path, op }) => path === null && !/^Reorder(Input|Output)$/.test(op))).toEqual([]);
      expect(rows.reduce((n, row) => n + Number(row.macs ?? 0), 0)).toBe(Number(macs));
      expect(latency.least).toBeLessThanOrEqual(latency.median);
      expect(latency.median).toBeLessThanOrEqual(latency.p99);
      expect(samplesPerSecond * latency.median).toBeCloseTo(batch);
    }
    expect(leftOver()).toEqual([]);
  });

  test('without its weights and names, and the file is not written to', async () => {
    const file = stripped();
    const bytes = readFileSync(file);
    const { points, missing, notes } = await bench(file, {});
    expect(missing).toEqual({ tensors: 1, bytes: 4 * 64 * 96 });
    expect(notes.join()).toMatch(/leaves open: n = 1/);
    expect(points[0]?.operators?.rows.map(({ op, macs }) => [op, macs]).sort()).toEqual([
      ['MatMul', 6144],
      ['Sigmoid', 0],
    ]);
    const bound = await bench(file, { bind: { n: '5' } });
    expect(bound.points[0]).toMatchObject({ batch: 5, macs: 5 * 6144 });
    expect(readFileSync(file)).toEqual(bytes);
  });

  test('the kernels of each run take no longer than the run', async () => {
    const options: JobOptions = { runtime: findRuntime(), patience: 60 };
    const feeds = [{ name: 'x', dtype: 'float32' as const, shape: [1, 3, 32, 32] }];
    const { times } = await runJob(
      { kind: 'model', path: TINY, bytes: null, inputs: [['x', [1, 3, 32, 32]]], feeds, threads: 1, seconds: 0.05 },
      options,
    );
    const events = times.profile as { cat: string; name: string; dur: number }[];
    const sum = (wanted: (event: { cat: string; name: string }) => boolean): number =>
      events.filter(wanted).reduce((n, { dur }) => n + dur, 0);
    const kernels = sum(({ name }) => name.endsWith('_kernel_time'));
    const runs = sum(({ name }) => name === 'model_run');
    expect(kernels).toBeGreaterThan(0);
    expect(kernels).toBeLessThanOrEqual(runs);
    expect(readMeasurement(times.profile).runs).toBeGreaterThanOrEqual(3);
    expect(times.runs.every((t) => t > 0)).toBe(true);
  });

  test('one batch that the model does not take leaves the others', async () => {
    const file = join(scratch, 'fixed.onnx');
    const shape = new Uint8Array(BigInt64Array.of(2n, 32n).buffer);
    writeFileSync(
      file,
      model(
        graph({
          nodes: [node('Reshape', ['x', 's'], ['y'])],
          inputs: { x: [2, 4, 8] },
          outputs: ['y'],
          initializers: [tensor('s', [2], 7, new Uint8Array([0x4a, 16, ...shape]))],
        }),
      ),
    );
    const { points, failed } = await bench(file, { batch: [2, 3] });
    expect(points.map(({ batch }) => batch)).toEqual([2]);
    expect(failed.map(({ batch }) => batch)).toEqual([3]);
  });
});

describe('what cannot be measured says why, and what to do', () => {
  test('other formats and options without effect', async () => {
    await expect(bench('resnet18', {})).rejects.toMatchObject({ hint: expect.stringMatching(/torch\.onnx\.export/) });
    await expect(bench(TINY, { top: 3 })).rejects.toThrow(/--top has no effect/);
    await expect(runBench(TINY, { color: 'never', output: 'x.csv' })).rejects.toThrow(/does not write csv/);
    await expect(bench(TINY, { input: ['x=1x5x32x32'] })).rejects.toThrow();
    expect(leftOver()).toEqual([]);
  });

  test('no runtime', () => {
    expect(() => findRuntime(join(scratch, 'nowhere.js'))).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/npm install onnxruntime-node/) }),
    );
  });

  test.each([
    ['crashes', "process.kill(process.pid, 'SIGSEGV')", /ended by SIGSEGV \(loading\)/, 60],
    ['ends', 'process.exit(3)', /ended with code 3/, 60],
    ['hangs', "process.on('message', () => {}); setInterval(() => {}, 1000)", /not answered for 0.5 seconds/, 0.5],
  ])('a runtime that %s', async (_, code, message, patience) => {
    const script = join(scratch, 'child.cjs');
    writeFileSync(script, code);
    const options = { runtime: findRuntime(), patience, script };
    await expect(runJob({ kind: 'machine', threads: 1 }, options)).rejects.toThrow(message);
    expect(leftOver()).toEqual([]);
  });

  test('Ctrl-C ends the process and leaves nothing', async () => {
    const script = join(scratch, 'child.cjs');
    writeFileSync(
      script,
      "process.on('message', () => process.send({ kind: 'stage', stage: 'measuring' })); process.on('SIGINT', () => {});",
    );
    const say = vi.fn(() => process.emit('SIGINT'));
    const options = { runtime: findRuntime(), patience: 60, script, say };
    await expect(runJob({ kind: 'machine', threads: 1 }, options)).rejects.toThrow(/interrupted/);
    expect(say).toHaveBeenCalledOnce();
    expect(leftOver()).toEqual([]);
  });
});

describe('what was measured is shown', () => {
  const timing = { ...timingOf([0.01, 0.011, 0.012]), steady: true, perRound: 1 };
  const point = (batch: number): Bench['points'][number] => ({
    batch,
    inputs: [{ name: 'x', dtype: 'float32', shape: [batch, 3, 32, 32], filled: 'random numbers from 0 to 1' }],
    macs: 4_089_184_256n,
    flops: 8_217_431_528n,
    movedBytes: 426_000_000n,
    load: 0.3,
    first: 0.1,
    latency: timing,
    samplesPerSecond: batch / timing.median,
    flopsPerSecond: 8e9 / timing.median,
    shareOfPeak: 0.4,
    bytesPerSecond: 4e8 / timing.median,
    shareOfBandwidth: 0.6,
    operators: {
      source: 'ONNX Runtime',
      runs: 3,
      seconds: 0.01,
      wholeSeconds: 0.011,
      withoutTime: 2,
      rows: [
        {
          name: '/layer1/layer1.0/conv1/a/name/that/is/longer/than/a/screen/is/wide/Conv',
          path: 'layer1.0.conv1.a.name.that.is.longer.than.a.screen.is.wide',
          op: 'Conv',
          operators: 1,
          seconds: 0.01,
          share: 1,
          macs: 4_089_184_256n,
          flops: 8_217_431_528n,
          flopsPerSecond: 8.2e11,
        },
      ],
    },
  });
  const measured = (...batches: number[]): Bench => ({
    schema: 1,
    opcount: '0',
    model: { name: 'model.onnx', producer: 'pytorch 2.13.0', bytes: 12_345 },
    runtime: { name: 'ONNX Runtime', version: '1', provider: 'cpu', threads: 2, processor: 'A', processors: 2 },
    missing: { tensors: 3, bytes: 1024 },
    machine: { flopsPerSecond: 2e12, matrix: 1024, bytesPerSecond: 2e10, copiedBytes: 2 ** 27 },
    points: batches.map(point),
    failed: [{ batch: 16, why: 'ONNX Runtime cannot run this model' }],
    notes: ['sizes that the file leaves open: n = 1; --bind takes others'],
  });

  test.each([80, 100, 120, 200])('within %i columns', (columns) => {
    for (const batches of [[1], [1, 2, 4]]) {
      const text = benchText(measured(...batches), { ...PLAIN, columns });
      expect(text.split('\n').filter((line) => [...line].length > columns)).toEqual([]);
      expect(text).toMatch(/Conv/);
      expect(text).toMatch(/not measured batch 16/);
    }
  });

  test('the published JSON schema is that of the output, field by field', () => {
    const schema = z.toJSONSchema(BenchSchema, { target: 'draft-7' });
    const settled = settle('schemas/bench.json', `${JSON.stringify(schema, null, 2)}\n`);
    expect(JSON.parse(settled.is)).toEqual(JSON.parse(settled.should));
    const value = JSON.parse(toJson(measured(1, 2)));
    expect(BenchSchema.parse(value)).toEqual(value);
    expect(SAME).toHaveLength(2);
    const { notes: _, ...without } = value;
    expect(BenchSchema.safeParse(without).success).toBe(false);
    expect(BenchSchema.safeParse({ ...value, more: 1 }).success).toBe(false);
  });

  test('bars are as long as samples a second', () => {
    const text = benchText(measured(1, 2, 4), PLAIN);
    const bars = text.split('\n').flatMap((line) => / (█+)$/.exec(line)?.[1]?.length ?? []);
    expect(bars).toEqual([6, 12, 24]);
  });

  test('a coarse clock is told: rounds of several runs', () => {
    const given = measured(1);
    const [own] = given.points as [Bench['points'][number]];
    const text = benchText({ ...given, points: [{ ...own, latency: { ...timing, perRound: 20 } }] }, PLAIN);
    expect(text).toMatch(/median of 3 rounds of 20 runs/);
  });

  test('one run has no spread, and is not called a median', () => {
    const given = measured(1);
    const [own] = given.points as [Bench['points'][number]];
    const latency = { ...timingOf([0.7]), steady: false, perRound: 1 };
    const text = benchText({ ...given, points: [{ ...own, latency }] }, PLAIN);
    expect(text).toMatch(/one run: how far runs differ is not known/);
    expect(text).not.toMatch(/median|± 0/);
  });

  test('as Markdown, names from files as text', () => {
    const given = measured(1);
    const text = benchMarkdown({ ...given, model: { ...given.model, name: '<b>|x' } });
    expect(text).toContain('&lt;b&gt;\\|x');
    expect(text).toMatch(/\| kernel \| op \| time \|/);
  });

  test('on the terminal', async () => {
    const parts: string[] = [];
    const out = vi.spyOn(STREAMS, 'out').mockImplementation((part) => void parts.push(part));
    await runBench(resolve(TINY), { color: 'never', time: 0.05, top: 2 });
    out.mockRestore();
    expect(parts.join('')).toMatch(
      /^tiny\.onnx {2}onnx[\s\S]*latency[\s\S]*FPS[\s\S]*of this machine’s[\s\S]*\n… and \d more kernels\n/,
    );
  });
});

test('where the clock is coarse, runs are timed together, and the mean of a kernel is taken', async () => {
  let ticks = 0;
  const session = {
    outputNames: [],
    run: async () => {
      ticks += 3; // of 10 µs each
      return {};
    },
    endProfiling: () => {},
    release: async () => {},
  };
  const kernel = (dur: number) => ({
    cat: 'Node',
    name: 'y_kernel_time',
    dur,
    args: { op_name: 'Relu', node_index: '0' },
  });
  const run = (dur: number) => ({ cat: 'Session', name: 'model_run', dur });
  const host: Host = {
    ort: { InferenceSession: { create: async () => session }, Tensor: class {} },
    now: () => Math.floor(ticks / 10) / 1e4, // ticks of 100 µs
    resolution: 1e-4,
    options: {},
    profile: { options: {}, take: () => [0, 0, 0, 100].flatMap((dur) => [kernel(dur), run(dur)]) },
    zeros: (bytes) => new Uint8Array(bytes),
  };
  const ledger = await read(
    model(graph({ nodes: [node('Relu', ['x'], ['y'])], inputs: { x: [1, 4] }, outputs: ['y'] })),
  );
  const job = { model: new Uint8Array(0), folder: null, zeros: [], feeds: [], threads: null, seconds: 0.1 };
  const times = await measureModel(host, job, () => {});
  expect(times.perRound).toBeGreaterThan(50);
  const { latency, operators } = pointOf({ ledger, feeds: [], batch: 1, times, machine: null });
  expect(latency.median).toBeCloseTo(3e-5, 6);
  expect(operators?.seconds).toBeCloseTo(2.5e-5, 9);
});

describe('times', () => {
  test('of few runs', () => {
    expect(timingOf([3, 1, 2])).toMatchObject({ runs: 3, median: 2, least: 1, p90: 3, p99: 3, mean: 2 });
    expect(timingOf([1, 2, 3, 4]).median).toBe(2.5);
    expect(() => timingOf([])).toThrow(RangeError);
  });

  test('the spread is that of the median, and shrinks with the root of the runs', () => {
    const uniform = (n: number): number[] => Array.from({ length: n }, (_, i) => 1 + i / n);
    const ratio = timingOf(uniform(100)).spread / timingOf(uniform(10_000)).spread;
    expect(ratio).toBeGreaterThan(8);
    expect(ratio).toBeLessThan(12);
  });
});
