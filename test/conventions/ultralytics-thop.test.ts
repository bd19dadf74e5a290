import { describe, expect, test } from 'vitest';
import { ultralyticsThop } from '../../src/conventions/ultralytics-thop.js';
import { BUILTIN } from '../../src/models/registry.js';
import { fromName, MICRO } from '../models/micro.js';
import { ledgerOf, oracle, type Row } from './oracle.js';

/** What the tool printed: one layer or function each, and torchvision's classifiers. */
const rows = Object.entries(oracle('ultralytics-thop.json') as unknown as Record<string, Row & Printed>);
interface Printed {
  readonly macs: number;
  readonly params: number;
  readonly per_module?: Readonly<Record<string, number>>;
}
// A module under two parents is listed under both by the tool, and summed once.
const LISTED_TWICE = new Set(['micro/struct_Linear_owned_by_two_parents']);
let cells = 0;

describe('single layers, functions and structures', () => {
  for (const [name, row] of rows.filter(([n]) => !n.startsWith('torchvision/'))) {
    const [group, short] = name.split('/') as [string, string];
    const is = group === 'micro' ? MICRO[short] : (fromName(short) ?? undefined);
    test.runIf(is !== undefined)(name, () => {
      const { counts, params, layers } = ultralyticsThop.run(ledgerOf(is!.model(), row, is!.dtype));
      expect({ macs: counts['macs'], params }).toEqual({ macs: row.macs, params: row.params });
      cells += 2;
      if (LISTED_TWICE.has(name)) return;
      for (const [path, macs] of Object.entries(row.per_module ?? {})) {
        expect([path, layers?.get(path)?.['macs'] ?? 0]).toEqual([path, macs]);
        cells++;
      }
    });
  }
});

test('torchvision', async () => {
  for (const [name, row] of rows.filter(([n]) => n.startsWith('torchvision/'))) {
    const model = (await BUILTIN.get(name.slice('torchvision/'.length))!.load())();
    const { counts, params } = ultralyticsThop.run(ledgerOf(model, row));
    expect([name, counts['macs'], params]).toEqual([name, row.macs, row.params]);
    cells += 2;
  }
  console.log(`# ultralytics-thop: ${cells} cells equal to what the tool printed`);
});
