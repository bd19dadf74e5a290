import { afterAll, describe, expect, test } from 'vitest';
import { conventionOf } from '../../src/conventions/index.js';
import { BUILTIN } from '../../src/models/registry.js';
import type { AnyModule } from '../../src/nn/index.js';
import { fromName, MICRO } from '../models/micro.js';
import { ledgerOf, oracle, type Row } from './oracle.js';

/** What a tool that sees operators or functions printed of one layer, function, structure or model. */
type Printed = Row &
  Readonly<Record<string, unknown>> & {
    readonly params: number;
    /** By count, then by module path. */
    readonly per_module?: Readonly<Record<string, Readonly<Record<string, number>>>>;
    readonly error?: string;
  };

const TOOLS = [
  ['calflops', ['flops', 'macs']],
  ['deepspeed', ['flops', 'macs']],
  ['fvcore', ['flops']],
  ['torchprofile', ['macs']],
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
