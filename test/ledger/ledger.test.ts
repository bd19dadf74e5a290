import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, type Dim, substitute, sum, sym, toNumber } from '../../src/dim/index.js';
import type { Ledger } from '../../src/ledger/index.js';
import { coverageOf, rowsOf, Trace, type TreeNode, totalsOf, treeOf } from '../../src/ledger/index.js';
import { builtin } from '../../src/models/by-name.js';
import { BUILTIN } from '../../src/models/registry.js';
import { type Effect, localResponseNorm, type Work } from '../../src/ops/index.js';
import * as nn from '../../src/torch/nn/index.js';
import { bindLedger, freeSymbols } from '../../src/transforms/index.js';

const MODELS = [
  'resnet18',
  'vit_b_32',
  'swin_t',
  'googlenet',
  'shufflenet_v2_x0_5',
  'lstm',
  'transformer',
  'yolov5n',
  'maxvit_t',
];

async function traced(name: string, shapes?: readonly (readonly Dim[])[]): Promise<Ledger> {
  const model = builtin(name);
  return nn.readModule(
    (await model.load())(),
    (shapes ?? model.inputs).map((shape) => ({ shape })),
  );
}

const numbers = (t: ReturnType<typeof totalsOf>) => ({
  params: t.params,
  macs: t.macs,
  macsUnpadded: t.macsUnpadded,
  flops: t.flops,
  activationBytes: t.activationBytes,
  readBytes: t.readBytes,
  writeBytes: t.writeBytes,
});

test('rows by type: a class of layers each, with the calls of all its layers; other operators by their own kind', async () => {
  const rows = rowsOf(await traced('resnet18'), 'type');
  expect(rows.map(({ path, type, op, calls }) => [path, type, op, calls])).toEqual([
    ['', 'torch.nn.Conv2d', 'conv', 20],
    ['', 'torch.nn.BatchNorm2d', 'batch_norm', 20],
    ['', 'torch.nn.ReLU', 'relu', 17],
    ['', 'torch.nn.MaxPool2d', 'max_pool', 1],
    ['', 'torch.add', 'add', 8],
    ['', 'torch.nn.AdaptiveAvgPool2d', 'adaptive_avg_pool', 1],
    ['', 'torch.flatten', 'flatten', 1],
    ['', 'torch.nn.Linear', 'linear', 1],
  ]);
});

describe.each(MODELS)('%s', (name) => {
  test('totals equal sums of rows, however they are grouped, and the tree’s root', async () => {
    const ledger = await traced(name);
    const totals = totalsOf(ledger);
    for (const by of ['layer', 'type', 'op', 'node', 'line'] as const) {
      const rows = rowsOf(ledger, by);
      const of = (pick: (row: (typeof rows)[number]) => Dim) => sum(rows.map(pick));
      expect({
        by,
        params: of((r) => r.params),
        macs: of((r) => r.tally.macs),
        flops: of((r) => r.tally.flops),
        read: of((r) => r.readBytes),
        write: of((r) => r.writeBytes),
      }).toEqual({
        by,
        params: totals.params,
        macs: totals.macs,
        flops: totals.flops,
        read: totals.readBytes,
        write: totals.writeBytes,
      });
    }
    const root = treeOf(ledger);
    expect([root.params, root.tally.macs, root.tally.flops, root.readBytes]).toEqual([
      totals.params,
      totals.macs,
      totals.flops,
      totals.readBytes,
    ]);
    expect(flops(totals.primitives, totals.macs)).toBe(totals.flops);
    expect(sum([...totals.macsByOperands.values()])).toBe(totals.macs);
    // A module's number is the sum of what is in it, at every level.
    const check = (node: TreeNode): void => {
      if (node.children.length === 0) return;
      expect([node.path, sum(node.children.map((c) => c.tally.flops))]).toEqual([node.path, node.tally.flops]);
      for (const child of node.children) check(child);
    };
    check(root);
  });

  test('a symbolic count bound to numbers equals the static count', async () => {
    const shapes = builtin(name).inputs;
    // Batch is the first axis of images, the second of sequences.
    const axis = shapes[0]?.length === 4 ? 0 : 1;
    const batch = sym('batch');
    const free = await traced(
      name,
      shapes.map((s) => s.map((d, i): Dim => (i === axis ? batch : d))),
    );
    expect(freeSymbols(free)).toEqual(['batch']);
    for (const n of [1, 2, 7]) {
      const fixed = await traced(
        name,
        shapes.map((s) => s.map((d, i) => (i === axis ? n : d))),
      );
      const bound = bindLedger(free, new Map([['batch', n]]));
      const [a, b] = [numbers(totalsOf(bound)), numbers(totalsOf(fixed))];
      expect({ ...a, macsUnpadded: b.macsUnpadded }).toEqual(b);
      expect(totalsOf(bound).peak.bytes).toEqual(totalsOf(fixed).peak.bytes);
    }
  });

  test('counts are linear in the batch', async () => {
    const shapes = builtin(name).inputs;
    const axis = shapes[0]?.length === 4 ? 0 : 1;
    const at = async (n: number) =>
      totalsOf(
        await traced(
          name,
          shapes.map((s) => s.map((d, i) => (i === axis ? n : d))),
        ),
      );
    const [one, two, five] = [await at(1), await at(2), await at(5)];
    for (const key of ['macs', 'flops', 'activationBytes'] as const) {
      const step = toNumber(two[key]) - toNumber(one[key]);
      expect([key, toNumber(five[key])]).toEqual([key, toNumber(one[key]) + 4 * step]);
    }
    expect(toNumber(two.macs)).toBe(2 * toNumber(one.macs));
  });
});

function flops(primitives: Readonly<Partial<Record<string, Dim>>>, macs: Dim): Dim {
  return add(macs, macs, ...Object.values(primitives).filter((n) => n !== undefined));
}

test('every built-in model is counted whole', async () => {
  for (const name of BUILTIN.keys()) {
    const coverage = coverageOf(await traced(name));
    expect([name, coverage.unknown]).toEqual([name, []]);
    expect(coverage.counted + coverage.free).toBe(coverage.nodes);
  }
});

describe('parameters', () => {
  test('once, however often and under however many names they are used', () => {
    class Tied extends nn.Module {
      embed = new nn.Embedding(10, 4);
      head = new nn.Linear(4, 10, { bias: false });
      constructor() {
        super();
        this.head.weight = this.embed.weight;
      }
      override forward(x: nn.Tensor): nn.Tensor {
        return this.head(this.head(this.embed(x)).matmul(nn.functional.zeros([10, 4])));
      }
    }
    const ledger = nn.readModule(new Tied(), [{ shape: [3], dtype: 'int64' }]);
    expect(totalsOf(ledger).params).toBe(40);
    expect(ledger.weights[0]?.aliases).toEqual(['head.weight']);
  });

  test('that nothing uses are in the total, in the rows and in the tree', () => {
    class Spare extends nn.Module {
      used = new nn.Linear(4, 4);
      spare = new nn.Linear(4, 8);
      override forward(x: nn.Tensor): nn.Tensor {
        return this.used(x);
      }
    }
    const ledger = nn.readModule(new Spare(), [{ shape: [1, 4] }]);
    expect(totalsOf(ledger).params).toBe(60);
    expect(rowsOf(ledger, 'layer').find((r) => r.op === 'unused parameters')?.params).toBe(40);
    expect(treeOf(ledger).params).toBe(60);
  });
});

describe('peak memory', () => {
  const F = nn.functional;
  class Plain extends nn.Module {
    override forward(x: nn.Tensor): nn.Tensor {
      const a = F.relu(x); // x, a alive: 8
      const b = F.cat([a, a], 0); // a, b: 4 + 8
      const c = F.cat([b, b], 0); // b, c: 8 + 16 = 24 bytes of floats
      return c.sum();
    }
  }

  test('is the worst moment, and names what is alive in it', () => {
    const { peak } = totalsOf(nn.readModule(new Plain(), [{ shape: [1] }]));
    expect(peak.bytes).toBe(24);
    expect(peak.entry?.op).toBe('concat');
    expect(peak.alive.map((a) => a.bytes)).toEqual([8, 16]);
  });

  test('as a formula where one moment is always the worst', () => {
    const n = sym('n');
    const { peak } = totalsOf(nn.readModule(new Plain(), [{ shape: [n] }]));
    expect(String(peak.bytes)).toBe('24*n');
  });

  test('views and in-place results take none', () => {
    class Views extends nn.Module {
      override forward(x: nn.Tensor): nn.Tensor {
        return F.relu(x.reshape([2, 2]).transpose(0, 1), true);
      }
    }
    const totals = totalsOf(nn.readModule(new Views(), [{ shape: [4] }]));
    expect([totals.peak.bytes, totals.activationBytes]).toEqual([16, 0]);
  });

  test('with reuse in place, elementwise results are written over inputs that end with them', () => {
    class Chain extends nn.Module {
      override forward(x: nn.Tensor): nn.Tensor {
        const a = F.cat([x, x], 0); // x and a: 4 + 8
        return F.tanh(F.sigmoid(a).reshape([2, 1])).sum(); // each over the one before, through a view too
      }
    }
    const chain = nn.readModule(new Chain(), [{ shape: [1] }]);
    expect([totalsOf(chain).peak.bytes, totalsOf(chain, { inplace: true }).peak.bytes]).toEqual([16, 12]);
    class Kept extends nn.Module {
      override forward(x: nn.Tensor): nn.Tensor {
        const a = F.cat([x, x], 0);
        return F.relu(a).add(a).sum(); // a is still read: only the sum is written over an input
      }
    }
    const kept = nn.readModule(new Kept(), [{ shape: [1] }]);
    expect([totalsOf(kept).peak.bytes, totalsOf(kept, { inplace: true }).peak.bytes]).toEqual([24, 16]);
  });

  test('equals a count one by one over random chains and branches', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 12 }),
        (plan) => {
          class Random extends nn.Module {
            override forward(x: nn.Tensor): nn.Tensor {
              const made = [x];
              for (const [i, j, times] of plan) {
                const [a, b] = [made[i % made.length] as nn.Tensor, made[j % made.length] as nn.Tensor];
                made.push(F.cat([a, ...Array.from({ length: times }, () => b)], 0));
              }
              return made.at(-1) as nn.Tensor;
            }
          }
          const ledger = nn.readModule(new Random(), [{ shape: [1] }]);
          expect(totalsOf(ledger).peak.bytes).toBe(byHand(ledger));
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** For every moment, adds what was made before it (or in it) and is read in it or after it. */
function byHand(ledger: Ledger): number {
  const last = new Map<number, number>();
  for (const [i, e] of ledger.entries.entries()) for (const v of e.inputs) if (v !== null) last.set(v.id, i);
  for (const { value } of ledger.outputs) last.set(value.id, ledger.entries.length);
  const bytes = new Map<number, number>();
  const born = new Map<number, number>();
  for (const { value } of ledger.inputs) {
    bytes.set(value.id, Number(value.storage.bytes));
    born.set(value.id, -1);
  }
  for (const [i, e] of ledger.entries.entries())
    for (const v of e.outputs) {
      bytes.set(v.id, Number(v.storage.bytes));
      born.set(v.id, i);
    }
  let worst = 0;
  for (let i = -1; i < ledger.entries.length; i++) {
    let now = 0;
    for (const [id, at] of born) if (at <= i && (last.get(id) ?? at) >= i) now += bytes.get(id) as number;
    worst = Math.max(worst, now);
  }
  return worst;
}

test('binding keeps one object one', () => {
  const n = sym('n');
  const shared = new nn.Linear(4, 4);
  class Twice extends nn.Module {
    a = shared;
    b = shared;
    override forward(x: nn.Tensor): nn.Tensor {
      return this.b(this.a(x));
    }
  }
  const bound = bindLedger(nn.readModule(new Twice(), [{ shape: [n, 4] }]), new Map([['n', 3]]));
  expect(bound.weights).toHaveLength(2);
  const [first, second] = bound.root.module.children;
  expect(first?.module).toBe(second?.module);
  expect(first?.module.calls).toHaveLength(2);
  expect(substitute(totalsOf(bound).macs, new Map())).toBe(96);
});

describe('no work is less than nothing, whatever attribute of a file it comes from', () => {
  const input = { dtype: 'float32', shape: [1, 8, 4, 4] } as const;
  const applied = (effect: Effect): unknown =>
    new Trace().apply(effect, [], { type: 'LRN', name: 'norm', outputs: ['y'] });

  const wrong: Record<string, Work> = {
    'operations an element': { kind: 'map', elements: 128, each: { mul: 2, add: -5 } },
    elements: { kind: 'map', elements: -128, each: { mul: 2 } },
    products: { kind: 'contraction', products: -1, unpadded: null, outputs: 1, bias: false },
    outputs: { kind: 'reduction', elements: 4, outputs: -1, by: 'add' },
    times: { kind: 'loop', times: -2, body: [{ kind: 'map', elements: 1, each: { add: 1 } }] },
    'inside a loop': { kind: 'loop', times: 2, body: [{ kind: 'map', elements: 1, each: { add: Number.NaN } }] },
  };
  test.each(Object.entries(wrong))('%s', (_, work) => {
    expect(() => applied({ op: 'local_response_norm', outputs: [input], work: [work] })).toThrow(/less than no work/);
  });

  test.each([0, -5, Number.NaN])('a local response norm over %s channels', (size) => {
    expect(() => localResponseNorm(input, size)).toThrow(/window of/);
  });
});
