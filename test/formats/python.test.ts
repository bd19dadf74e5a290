import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { totalsOf } from '../../src/ledger/index.js';
import { read } from '../../src/node.js';

const fixture = (name: string): string => resolve(import.meta.dirname, '../fixtures/python', name);

test('a class of a file, over a shape', async () => {
  const ledger = await read(`${fixture('cnn.py')}:Net`, { inputs: [[1, 3, 64, 64]] });
  // Stem 3→16, 7×7 on 32²; block 16→16, 3×3 on 16²; block 16→32 on 8², 3×3 and 1×1; 32→10.
  const macs = 147 * 16 * 32 ** 2 + 144 * 16 * 16 ** 2 + (144 + 16) * 32 * 8 ** 2 + 320;
  expect(totalsOf(ledger).macs).toBe(macs);
  expect(totalsOf(ledger).params).toBe(10_250);
  expect(ledger.modules).toBe('exact');
  const conv = ledger.entries.find((e) => e.op === 'conv');
  expect(conv?.call.path).toBe('stem.0');
  expect(conv?.at).toEqual({ file: 'cnn.py', line: 25 });
});
