import { expect, test } from 'vitest';
import { OPS } from '../../src/ops/catalog/index.js';
import { MOVES } from '../../src/ops/catalog/others.js';
import { formulas } from '../../src/ops/index.js';

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
