import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CONVENTIONS } from '../../src/conventions/index.js';
import { reconcileWith } from '../../src/conventions/reconcile.js';
import { TERMS } from '../../src/conventions/terms.js';
import { type Dim, sub, substitute, sum } from '../../src/dim/index.js';
import type { Ledger } from '../../src/ledger/index.js';
import { BUILTIN } from '../../src/models/registry.js';
import { read } from '../../src/node.js';
import { readModule } from '../../src/torch/nn/index.js';
import { fromName, MICRO } from '../models/micro.js';
import { ledgerOf, oracle } from './oracle.js';

/** Counts that are the sums of their items, and differences that are the whole difference. */
function holds(ledger: Ledger, bindings: ReadonlyMap<string, Dim> = new Map()): void {
  for (const convention of CONVENTIONS) {
    const { result, counts } = reconcileWith(ledger, convention);
    const at = (d: Dim): string => String(substitute(d, bindings));
    for (const { count, value, exact, differences } of counts) {
      const place = [ledger.name, convention.id, count];
      const items = result.items.filter((i) => i.count === count);
      expect([...place, at(sum(items.map((i) => i.amount)))]).toEqual([...place, at(value)]);
      expect([...place, at(sum(differences.map((d) => d.amount)))]).toEqual([...place, at(sub(value, exact))]);
      expect(differences.filter((d) => !(d.term in TERMS) || d.words === '')).toEqual([]);
    }
    for (const { count } of result.items) expect(Object.keys(result.counts)).toContain(count);
  }
}

describe('every built-in model, every convention', () => {
  test.each([...BUILTIN.values()].map((m) => [m.name, m] as const))('%s', async (_, model) => {
    const inputs = model.inputs as readonly (readonly number[])[];
    const module = (await model.load())();
    holds(
      readModule(
        module,
        inputs.map((shape) => ({ shape })),
        { name: model.name },
      ),
    );
  });
});

test('single layers, functions and structures', () => {
  for (const [name, row] of Object.entries({ ...oracle('micro.json'), ...oracle('nn.json') })) {
    const [group, short] = name.split('/') as [string, string];
    const is = group === 'micro' ? MICRO[short] : fromName(short);
    if (is) holds({ ...ledgerOf(is.model(), row, is.dtype), name });
  }
});

test.each([
  'pt2-oracle/timm__coat_lite_mini.pt2', // modules under several parents
  'pt2-oracle/timm__maxvit_tiny_tf_224.pt2',
  'pt2-oracle/yolov5__yolov5s-transformer.pt2',
  'onnx/resnet50.legacy17.onnx', // operators for modules, norms folded
  'onnx/swin_t.dynamo.onnx',
])('files: %s', async (file) => {
  holds(await read(join(import.meta.dirname, '../fixtures', file)));
});

test('free dimensions: the differences are formulas that hold wherever they are bound', async () => {
  const ledger = await read('resnet18', { inputs: [['batch', 3, '32*h', '32*h']] });
  holds(
    ledger,
    new Map([
      ['batch', 3],
      ['h', 7],
    ]),
  );
});
