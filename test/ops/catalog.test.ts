import { expect, test } from 'vitest';
import { OPS } from '../../src/ops/catalog/index.js';
import { MOVES } from '../../src/ops/catalog/others.js';
import { type Effect, formulas, unary } from '../../src/ops/index.js';

/** Operators that compute no floating-point numbers, or whose work is another program's. */
const WITHOUT = ['gradient', 'hash', 'mel_weights', 'multinomial', 'random', 'remove_padding'];

test('every operator that computes can be explained', () => {
  const explained = formulas();
  const missing = Object.keys(OPS).filter((op) => !Object.hasOwn(MOVES, op) && !explained.has(op));
  expect(missing.sort()).toEqual(WITHOUT);
});

test('a formula says its work and its source, and goes by plain names', () => {
  for (const [name, { macs, flops, source }] of formulas()) {
    expect([name, macs, flops, source].every((text) => text.trim() !== '')).toBe(true);
    expect(name).toMatch(/^[a-z0-9_]+$/);
  }
});

test('an attribute that an operator does not have does not compile', () => {
  const x = { dtype: 'float32', shape: [2] } as const;
  // @ts-expect-error: ELU has an `alpha`
  expect(unary('elu', x, { attrs: { alhpa: 1 } }).op).toBe('elu');
  // @ts-expect-error: ReLU has none
  expect(unary('relu', x, { attrs: { alpha: 1 } }).op).toBe('relu');
  // @ts-expect-error: nor has any operator one of this name
  expect({ ...unary('relu', x), attrs: { kernels: 3 } } satisfies Effect).toHaveProperty('attrs');
});
