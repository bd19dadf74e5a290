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
