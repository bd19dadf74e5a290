import { expect, test } from 'vitest';
import { profile, read } from '../../src/index.js';
import { coverageOf, lifetimesOf, totalsOf } from '../../src/ledger/index.js';
import { isModelError } from '../../src/source/errors.js';
import { applyUserFormulas } from '../../src/transforms/index.js';
import { model, modelOf, node, tensor, tensorType, valueInfo } from '../formats/onnx-build.js';
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
  const counted = applyUserFormulas(ledger, { [gap?.op ?? '']: { macs: 'in.0*7*n', flops: '3*in' } });
  expect(coverageOf(counted).unknown).toEqual([]);
  expect(String(totalsOf(counted).macs)).toBe('7*n**2');
  expect(String(totalsOf(counted).flops)).toBe('14*n**2 + 15*n');
  expect(() => applyUserFormulas(ledger, { [gap?.op ?? '']: { macs: 'rows', flops: '' } })).toThrow(/use rows/);
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

/** A custom operator whose output the file does not state, and a product behind it. */
const hidden = modelOf({
  nodes: [node('Mix', ['x', 'w'], ['h'], len(7, 'my.ops')), node('MatMul', ['h', 'v'], ['y'])],
  inputs: { x: ['n', 5] },
  initializers: [tensor('w', [7, 5], 1), tensor('v', [14, 3], 1)],
  outputs: ['y'],
});

test('outputs that a formula states let what follows be counted', async () => {
  const without = await profile(hidden);
  expect(without.coverage.unknown.map((u) => u.op).sort()).toEqual(['MatMul', 'my.ops.Mix']);
  const formulas = { 'my.ops.Mix': { macs: 'in*in2.0', flops: 'out', outputs: [['in.0', '2*in2.0']] } };
  const { totals, coverage, notes } = await profile(hidden, { formulas, bind: { n: 4 } });
  expect(coverage.unknown).toEqual([]);
  expect(totals.macs).toBe(BigInt(4 * 5 * 7 + 4 * 14 * 3));
  expect(totals.flops).toBe(BigInt(2 * (4 * 5 * 7 + 4 * 14 * 3) + 4 * 14));
  expect(notes.filter((n) => n.code === 'formula-unused')).toEqual([]);
});

test('a formula without effect is named', async () => {
  const { notes } = await profile(hidden, { formulas: { Nope: { macs: 1 }, MatMul: { macs: 7 } } });
  expect(notes.filter((n) => n.code === 'formula-unused').map((n) => n.message)).toEqual([
    expect.stringMatching(/Nope was not used: the model has no such operator/),
  ]);
  const counted = await profile(modelOf({ nodes: [node('Relu', ['x'], ['y'])], inputs: { x: [3] }, outputs: ['y'] }), {
    formulas: { Relu: { flops: 'in' } },
  });
  expect(counted.notes.map((n) => n.message)).toEqual([expect.stringMatching(/Relu was not used: opcount has one/)]);
});

test.each([
  [[], /must be an object of formulas by operator/],
  [{ Op: 'in' }, /Op is not an object/],
  [{ Op: {} }, /gives none of macs, flops and outputs/],
  [{ Op: { mac: 'in' } }, /has "mac", which is not one of macs, flops, outputs/],
  [{ Op: { macs: true } }, /Op\.macs is neither a number nor text/],
  [{ Op: { macs: -1 } }, /Op\.macs is -1/],
  [{ Op: { macs: 'in +* 2' } }, /Op\.macs "in \+\* 2" is not a formula/],
  [{ Op: { outputs: 'in' } }, /Op\.outputs is not a list of shapes/],
  [{ Op: { outputs: [5] } }, /Op\.outputs\[0\] is not a list of extents/],
  [{ Op: { outputs: [{ shape: ['in.0'], dtype: 'float9' }] } }, /unknown dtype "float9"/],
  [{ 'my.ops.Mix': { macs: 'rows' } }, /macs given for my\.ops\.Mix use rows/],
  [{ 'my.ops.Mix': { outputs: [['in.0-9']], macs: 'in' } }, null],
])('formulas that are wrong: %j', async (formulas, message) => {
  const run = profile(hidden, { formulas: formulas as never, bind: { n: 4 } });
  if (message === null) await expect(run).rejects.toThrow(/never negative/);
  else await expect(run).rejects.toThrow(message);
  await expect(run).rejects.toSatisfy((e: unknown) => isModelError(e) && e.code === 'argument' && e.hint !== null);
});
