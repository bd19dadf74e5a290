import { expect, test } from 'vitest';
import { profile, read } from '../../src/index.js';
import { coverageOf, lifetimesOf, totalsOf } from '../../src/ledger/index.js';
import { withFormulas } from '../../src/transforms/index.js';
import { model, node, tensorType, valueInfo } from '../formats/onnx-build.js';
import { join, len } from '../wire/encode.js';

const custom = model(
  join(
    len(1, node('Twist', ['x'], ['y'], len(3, 'twist'), len(7, 'com.example'))),
    len(2, 'g'),
    len(11, valueInfo('x', tensorType(1, ['n', 5]))),
    len(12, valueInfo('y', tensorType(1, ['n', 5]))),
  ),
);

test('a formula that is given counts an operator that has none, in its own extents and the free dimensions', async () => {
  const ledger = await read(custom);
  const [gap] = coverageOf(ledger).unknown;
  expect(gap?.nodes).toBe(1);
  const counted = withFormulas(ledger, { [gap?.op ?? '']: { macs: 'in.0*7*n', flops: '3*in' } });
  expect(coverageOf(counted).unknown).toEqual([]);
  expect(String(totalsOf(counted).macs)).toBe('7*n**2');
  expect(String(totalsOf(counted).flops)).toBe('14*n**2 + 15*n');
  expect(() => withFormulas(ledger, { [gap?.op ?? '']: { macs: 'rows', flops: '' } })).toThrow(/uses rows/);
});

test('what was read is profiled without being read again, its free dimensions bound', async () => {
  const ledger = await read('resnet18', { inputs: [['batch', 3, 224, 224]] });
  const { macs } = await profile(ledger, { bind: { batch: 2 } });
  expect(macs).toBe(2n * 1_814_073_344n);
  await expect(profile(ledger, { bind: { rows: 2 } })).rejects.toThrow(/no free dimension/);
});

test('the lifetimes add up to the peak', async () => {
  const ledger = await read('resnet18');
  const alive = lifetimesOf(ledger);
  const most = Math.max(
    ...ledger.entries.map((_, i) =>
      alive.filter(({ from, to }) => from <= i && to >= i).reduce((sum, { storage }) => sum + Number(storage.bytes), 0),
    ),
  );
  expect(most).toBe(Number(totalsOf(ledger).peak.bytes));
});
