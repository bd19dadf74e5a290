import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Dim, format, isStatic } from '../../src/dim/index.js';
import { readKeras } from '../../src/formats/keras/read.js';
import { coverageOf, totalsOf } from '../../src/ledger/index.js';
import { memorySource } from '../../src/source/memory.js';

/**
 * A small model around each layer of Keras 3.15, at batch 2: parameters and shapes as Keras states them, MACs of the
 * convolutions and products in TensorFlow's graph of it (what the output does not need left out).
 */
interface Case {
  readonly name: string;
  readonly model: object;
  readonly macs: number;
  readonly params: number;
  readonly buffers: number;
  readonly outputs: readonly (readonly number[])[];
}

const cases: readonly Case[] = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/keras/layers.json.gz', import.meta.url))).toString(),
);
interface Written {
  readonly config: { readonly layers: readonly { readonly [key: string]: unknown }[] };
}
/** The same model as HDF5 files have it: without the places where classes are kept, and what layers were built for. */
function asInHdf5(model: object): object {
  const { config } = model as Written;
  const layers = config.layers.map(({ class_name, config, name, inbound_nodes }) => ({
    class_name,
    config,
    name,
    inbound_nodes,
  }));
  return { ...model, config: { ...config, layers } };
}
const text = (d: Dim): string => (isStatic(d) ? String(d) : format(d));
/** Keras says of `glu` that it keeps its shape. */
const STATED_WRONG = new Set(['Activation glu']);

describe('every layer', () => {
  test('there are all kinds of them', () => {
    expect(cases.length).toBeGreaterThan(200);
  });

  test.each(cases.map((c) => [c.name, c] as const))('%s', (name, c) => {
    const source = memorySource(new TextEncoder().encode(JSON.stringify(c.model)), { name: 'model.json' });
    const ledger = readKeras(source, { bind: new Map([['batch', 2]]) });
    const totals = totalsOf(ledger);
    expect({
      macs: Number(totals.macs),
      params: Number(text(totals.trainableParams ?? totals.params)),
      buffers:
        Number(text(totals.bufferElements)) +
        Number(text(totals.params)) -
        Number(text(totals.trainableParams ?? totals.params)),
      outputs: ledger.outputs.map((o) => o.value.type?.shape.map(text).map(Number)),
    }).toEqual({ macs: c.macs, params: c.params, buffers: c.buffers, outputs: c.outputs });
    expect(coverageOf(ledger).unknown).toEqual([]);
    // every shape is the one that Keras states for it
    if (!STATED_WRONG.has(name)) expect(ledger.notes).toEqual([]);
  });

  test.each(cases.map((c) => [c.name, c] as const))('%s, as in HDF5', (_, c) => {
    const [plain, bare] = [c.model, asInHdf5(c.model)].map((model) => {
      const source = memorySource(new TextEncoder().encode(JSON.stringify(model)), { name: 'model.json' });
      const ledger = readKeras(source, { bind: new Map([['batch', 2]]) });
      const { macs, flops, params } = totalsOf(ledger);
      return [text(macs), text(flops), text(params), coverageOf(ledger).unknown];
    });
    expect(bare).toEqual(plain);
  });
});

test('factors of matrices have their shapes, and are named as what depends on the method', () => {
  const json = readFileSync(new URL('../fixtures/keras/matrices.model.json', import.meta.url));
  const ledger = readKeras(memorySource(json, { name: 'model.json' }), { bind: new Map([['batch', 2]]) });
  // as Keras states them
  expect(ledger.outputs.map((o) => o.value.type?.shape.map(text).join('x'))).toEqual(
    `2x4x4 2x4 2x6x6 2x4x4 2x4 2x4x6 2x4x4 2x4x6 2x4x4 2x4x6 2x4 2x4x4 2x4x4 2x4x4 2x4 2x4x6 2x4x4 2`.split(' '),
  );
  const why = 'its operations depend on the method that the backend chooses';
  expect(new Set(coverageOf(ledger).unknown.map((u) => u.why))).toEqual(new Set([why]));
  expect(
    coverageOf(ledger)
      .unknown.map((u) => `${u.nodes} ${u.op}`)
      .sort(),
  ).toEqual(['1 Cholesky', '1 Eigh', '1 LuFactor', '1 Solve', '2 Qr', '2 SVD'].sort());
});

test('a function that calls a function of the program is named with that', () => {
  const model = {
    class_name: 'Functional',
    config: {
      name: 'm',
      layers: [
        {
          class_name: 'InputLayer',
          name: 'x',
          config: { batch_shape: [2, 3], dtype: 'float32', name: 'x' },
          inbound_nodes: [],
        },
        {
          module: 'keras.src.ops.core',
          class_name: 'Scan',
          name: 's',
          config: { name: 's' },
          inbound_nodes: [
            {
              args: [
                {
                  class_name: '__keras_tensor__',
                  config: { shape: [2, 3], dtype: 'float32', keras_history: ['x', 0, 0] },
                },
              ],
              kwargs: {},
            },
          ],
        },
      ],
      input_layers: [['x', 0, 0]],
      output_layers: [['s', 0, 0]],
    },
  };
  const source = memorySource(new TextEncoder().encode(JSON.stringify(model)), { name: 'model.json' });
  expect(coverageOf(readKeras(source)).unknown).toEqual([
    { op: 'Scan', nodes: 1, why: 'the function that it calls is a part of the program, and not in the file' },
  ]);
});
