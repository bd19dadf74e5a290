import { afterAll, describe, expect, test } from 'vitest';
import { conventionOf } from '../../src/conventions/index.js';
import { BUILTIN } from '../../src/models/registry.js';
import type { AnyModule } from '../../src/torch/nn/index.js';
import { fromName, MICRO } from '../models/micro.js';
import { ledgerOf, oracle, type Row } from './oracle.js';

/** What a tool printed of one layer, function, structure or model. */
interface Printed {
  readonly params: number;
  readonly per_module?: Readonly<Record<string, number>>;
  readonly error?: string;
}

/** Tools with one count, and its name. */
const TOOLS = [
  ['ultralytics-thop', 'macs'],
  ['ptflops', 'macs'],
  ['torchinfo', 'mult_adds'],
] as const;
// A module under two parents is listed under both by the tools, and summed once.
const LISTED_TWICE = new Set(['micro/struct_Linear_owned_by_two_parents']);

async function modelOf(name: string): Promise<{ model: AnyModule; dtype?: 'int64' } | null> {
  const [group, short] = name.split('/') as [string, string];
  if (group === 'torchvision') return { model: (await BUILTIN.get(short)!.load())() };
  const is = group === 'micro' ? MICRO[short] : fromName(short);
  return is ? { model: is.model(), ...(is.dtype === undefined ? {} : { dtype: is.dtype }) } : null;
}

describe.each(TOOLS)('%s', (id, count) => {
  const cells = { micro: 0, nn: 0, torchvision: 0 };
  const unsaid: string[] = [];

  test.each(Object.entries(oracle(`${id}.json`) as unknown as Record<string, Row & Printed & Record<string, number>>))(
    '%s',
    async (name, row) => {
      const is = await modelOf(name);
      if (is === null) {
        unsaid.push(name);
        return;
      }
      const { counts, params, layers, notes } = conventionOf(id).run(ledgerOf(is.model, row, is.dtype));
      const group = name.split('/')[0] as keyof typeof cells;
      if (row.error !== undefined) {
        expect(counts).toEqual({});
        expect(notes.map((n) => n.code)).toContain('tool-fails');
        cells[group]++;
        return;
      }
      expect({ [count]: counts[count], params }).toEqual({ [count]: row[count], params: row.params });
      cells[group] += 2;
      if (LISTED_TWICE.has(name)) return;
      for (const [path, amount] of Object.entries(row.per_module ?? {})) {
        expect([path, layers?.get(path)?.[count] ?? 0]).toEqual([path, amount]);
        cells[group]++;
      }
    },
  );

  afterAll(() => {
    expect(unsaid).toEqual(['micro/fn_fft']);
    console.log(`# ${id}: cells equal to what the tool printed: ${JSON.stringify(cells)}`);
  });
});
