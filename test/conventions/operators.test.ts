import { afterAll, describe, expect, test } from 'vitest';
import { dispatched } from '../../src/conventions/dispatched-operators.js';
import { conventionOf } from '../../src/conventions/index.js';
import { type Dim, substitute, sym } from '../../src/dim/index.js';
import { BUILTIN } from '../../src/models/registry.js';
import { type AnyModule, readModule } from '../../src/torch/nn/index.js';
import { fromName, MICRO } from '../models/micro.js';
import { ledgerOf, oracle, type Row } from './oracle.js';

/** What a tool that sees operators or functions printed of one layer, function, structure or model. */
type Printed = Row &
  Readonly<Record<string, unknown>> & {
    readonly params: number;
    /** By count, then by module path. */
    readonly per_module?: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly error?: string;
    /** What torch's counter gives with gradients enabled and on the meta device, where that is another number. */
    readonly grad?: number;
    readonly meta?: number;
    /** Counts by ATen operator. */
    readonly by_operator?: Readonly<Record<string, number>>;
  };

const TOOLS = [
  ['calflops', ['flops', 'macs']],
  ['deepspeed', ['flops', 'macs']],
  ['fvcore', ['flops']],
  ['torchprofile', ['macs']],
  ['ptflops-aten', ['macs']],
  ['torch-flop-counter', ['flops']],
] as const;
const kinds = ['micro', 'nn', 'torchvision'] as const;

async function modelOf(name: string): Promise<{ model: AnyModule; dtype?: 'int64' } | null> {
  const [group, short] = name.split('/') as [string, string];
  if (group === 'torchvision') return { model: (await BUILTIN.get(short)!.load())() };
  const is = group === 'micro' ? MICRO[short] : fromName(short);
  return is ? { model: is.model(), ...(is.dtype === undefined ? {} : { dtype: is.dtype }) } : null;
}

describe.each(TOOLS)('%s', (id, counts) => {
  const cells = Object.fromEntries(kinds.map((k) => [k, 0])) as Record<(typeof kinds)[number], number>;
  const unsaid: string[] = [];

  test.each(Object.entries(oracle(`${id}.json`) as unknown as Record<string, Printed>))('%s', async (name, row) => {
    const is = await modelOf(name);
    if (is === null) {
      unsaid.push(name);
      return;
    }
    const result = conventionOf(id).run(ledgerOf(is.model, row, is.dtype));
    const kind = name.split('/')[0] as (typeof kinds)[number];
    if (row.error !== undefined) {
      expect(result.counts).toEqual({});
      expect(result.notes.map((n) => n.code)).toContain('tool-fails');
      cells[kind] += counts.length;
      return;
    }
    const printed = Object.fromEntries(counts.map((c) => [c, row[c]]));
    expect({ ...result.counts, params: result.params }).toEqual({ ...printed, params: row.params });
    cells[kind] += counts.length + 1;
    for (const [count, modules] of Object.entries(row.per_module ?? {}))
      for (const [path, amount] of Object.entries(modules)) {
        expect([path, result.layers?.get(path)?.[count] ?? 0]).toEqual([path, amount]);
        cells[kind]++;
      }
  });

  afterAll(() => {
    expect(unsaid).toEqual(['micro/fn_fft']);
    console.log(`# ${id}: cells equal to what the tool printed: ${JSON.stringify(cells)}`);
  });
});

test.each(['resnet18', 'swin_t', 'vit_b_32'])('%s with a free batch: formulas that hold', async (name) => {
  const model = (await BUILTIN.get(name)!.load())();
  const free = readModule(model, [{ shape: [sym('batch'), 3, 224, 224] }]);
  const three = readModule(model, [{ shape: [3, 3, 224, 224] }]);
  for (const [id] of TOOLS) {
    const [formula, number] = [free, three].map((ledger) => conventionOf(id).run(ledger).counts);
    const bound = Object.entries(formula ?? {}).map(([k, d]) => [k, substitute(d, new Map([['batch', 3]]))]);
    expect([id, Object.fromEntries(bound)]).toEqual([id, number]);
  }
});

test('einsum in free dimensions is not rounded, and a note says so', async () => {
  const model = (await BUILTIN.get('maxvit_t')!.load())();
  const codes = (batch: Dim, id: string) => {
    const ledger = readModule(model, [{ shape: [batch, 3, 224, 224] }]);
    return conventionOf(id)
      .run(ledger)
      .notes.map((n) => n.code);
  };
  for (const id of ['calflops', 'deepspeed', 'fvcore']) {
    expect(codes(sym('batch'), id)).toContain('einsum-not-rounded');
    expect(codes(1, id)).toContain('einsum-digits');
  }
});

/** By operator, as the dispatcher shows them: which products are fused with their bias depends on strides. */
describe('operators that are dispatched', () => {
  const rows = Object.entries(oracle('ptflops-aten.json') as unknown as Record<string, Printed>);
  test.each(rows.filter(([, row]) => row.by_operator !== undefined))('%s', async (name, row) => {
    const is = await modelOf(name);
    if (is === null) return;
    const found: Record<string, number> = {};
    for (const { op, products, biased } of dispatched(ledgerOf(is.model, row, is.dtype), { grad: true }))
      if (op !== 'baddbmm') found[op] = (found[op] ?? 0) + Number(products) + Number(biased);
    expect(found).toEqual(row.by_operator);
  });
});

test('with gradients and on the meta device: what the notes say', async () => {
  let cells = 0;
  for (const [name, row] of Object.entries(oracle('torch-flop-counter.json') as unknown as Record<string, Printed>)) {
    const is = await modelOf(name);
    if (is === null) continue;
    const { notes } = conventionOf('torch-flop-counter').run(ledgerOf(is.model, row, is.dtype));
    const said = (code: string) => notes.find((n) => n.code === code)?.message.match(/\d+$/)?.[0];
    if (row.grad !== undefined) expect([name, said('grad-enabled')]).toEqual([name, String(row.grad)]);
    expect([name, said('meta-device')]).toEqual([name, row.meta === undefined ? undefined : String(row.meta)]);
    cells += row.grad === undefined ? 1 : 2;
  }
  console.log(`# torch-flop-counter with gradients and on meta: ${cells} cells equal`);
});
