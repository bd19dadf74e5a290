import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Dim, format, isStatic, mul, substitute } from '../../src/dim/index.js';
import { readModel } from '../../src/formats/onnx/model.js';
import type { Ledger } from '../../src/ledger/index.js';
import { totalsOf, treeOf } from '../../src/ledger/index.js';
import { openSource } from '../../src/source/node/index.js';

const FIXTURES = new URL('../fixtures/onnx/', import.meta.url);
const json = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')) as T;

interface Known {
  readonly model: string;
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  readonly params: number;
  readonly output_shapes: readonly (readonly number[])[];
}
const manifest = json<Readonly<Record<string, Known>>>('manifest.json');
/** Multiply-accumulates of the model itself, one sample, as PyTorch's own operators were counted. */
const exact =
  json<Readonly<Record<string, { readonly macs: number; readonly input: readonly number[] }>>>('exact.json');

/** Every intermediate shape: as ONNX Runtime made it, where it was run, else as ONNX's own inference says. */
function truthOf(file: string): Map<string, readonly number[]> {
  const truth = new Map<string, readonly number[]>();
  for (const kind of ['shapes', 'ort-shapes']) {
    const name = file.replace(/\.onnx$/, `.${kind}.json`);
    if (!existsSync(new URL(name, FIXTURES))) continue;
    for (const [value, shape] of Object.entries(json<Record<string, (number | string)[] | null>>(name)))
      if (shape?.every((d) => typeof d === 'number')) truth.set(value, shape as number[]);
  }
  return truth;
}

const text = (shape: readonly Dim[] | undefined): string =>
  shape === undefined ? 'unknown' : shape.map((d) => (isStatic(d) ? String(d) : format(d))).join('x');

/** Values whose shape is not what was measured, free dimensions given their numbers. */
function wrongOf(ledger: Ledger, truth: ReadonlyMap<string, readonly number[]>, numbers: ReadonlyMap<string, Dim>) {
  let compared = 0;
  const wrong: string[] = [];
  for (const value of ledger.entries.flatMap((e) => e.outputs)) {
    const expected = truth.get(value.name ?? '');
    if (expected === undefined) continue;
    compared++;
    const found = text(value.type?.shape.map((d) => substitute(d, numbers)));
    if (found !== text(expected)) wrong.push(`${value.name}: ${found}, measured ${text(expected)}`);
  }
  return { compared, wrong };
}

describe.each(readdirSync(FIXTURES).filter((f) => f.endsWith('.onnx')))('%s', (file) => {
  const known = manifest[file] as Known;
  const truth = truthOf(file);
  const read = (...inputs: readonly (readonly Dim[])[]): Ledger =>
    readModel(openSource(new URL(file, FIXTURES).href), { inputs: inputs.map((shape) => ({ shape })) });
  const [run] = Object.values(known.inputs);
  const measured = run?.shape as readonly number[];
  const { macs, input } = exact[known.model] as { macs: number; input: readonly number[] };
  let ledger: Ledger;
  /** What the free dimensions were when the shapes were measured. */
  const numbers = new Map<string, Dim>();

  beforeAll(() => {
    ledger = read();
    for (const [axis, d] of (ledger.inputs[0]?.value.type?.shape ?? []).entries())
      if (!isStatic(d)) numbers.set(format(d), measured[axis] as number);
  });

  test('every shape is the one that was measured', () => {
    const { compared, wrong } = wrongOf(ledger, truth, numbers);
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(0.9 * ledger.entries.length);
  });

  test('nothing is left uncounted', () => {
    expect(ledger.entries.filter((e) => e.result.kind === 'gap').map((e) => e.type)).toEqual([]);
  });

  test('the outputs are what running the model gave', () => {
    expect(ledger.outputs.map((o) => text(o.value.type?.shape.map((d) => substitute(d, numbers))))).toEqual(
      known.output_shapes.map(text),
    );
  });

  test('MACs are those of the model, for any batch', () => {
    const total = substitute(totalsOf(ledger).macs, numbers);
    // The other axes were measured at the sizes that the numbers of the model are for.
    const samples = (measured[0] as number) / (input[0] as number);
    expect(measured.slice(1)).toEqual(input.slice(1));
    expect(total).toBe(mul(macs, samples));
  });

  test('a shape that is given binds the file as its symbols would be', () => {
    const bound = read(measured);
    expect(wrongOf(bound, truth, new Map()).wrong).toEqual([]);
    const totals = totalsOf(ledger);
    const same = totalsOf(bound);
    expect(same.macs).toBe(substitute(totals.macs, numbers));
    expect(same.flops).toBe(substitute(totals.flops, numbers));
    expect(same.params).toBe(totals.params);
    expect(same.activationBytes).toBe(substitute(totals.activationBytes, numbers));
  });

  test('no weight is read', () => {
    expect(ledger.file?.bytesRead).toBeLessThanOrEqual(ledger.file?.bytes ?? 0);
  });
});

test('what comes out of a module is what it makes last, not a mask that others read too', () => {
  const ledger = readModel(openSource(new URL('swin_t.legacy17.dyn.onnx', FIXTURES).href));
  const [features] = treeOf(ledger).children;
  const shapes = [features, ...(features?.children ?? [])].map((node) => [node?.path, text(node?.output ?? undefined)]);
  expect(Object.fromEntries(shapes)).toMatchObject({
    features: 'batchx7x7x768',
    'features.1': 'batchx56x56x96',
    'features.3': 'batchx28x28x192',
    'features.7': 'batchx7x7x768',
  });
});
