import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleverFormat } from '../../src/conventions/thop/clever-format.js';

/** [number, format, what thop's clever_format gives for it in Python]. */
const goldens: readonly (readonly [number | string, string, string])[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/oracle/clever-format.json'), 'utf8'),
);

test('prints what clever_format prints, ties, signs, widths and exponents too', () => {
  const wrong = goldens.flatMap(([value, format, should]) => {
    const n = typeof value === 'string' ? BigInt(value) : value;
    const is = cleverFormat(n, format);
    return is === should ? [] : [{ value, format, is, should }];
  });
  expect(wrong).toEqual([]);
  console.log(`# clever_format: ${goldens.length} cells`);
});

test('a list gives a list, a list of one its text, a formula itself', () => {
  expect(cleverFormat([4133742592, 25557032], '%.3f')).toEqual(['4.134G', '25.557M']);
  expect(cleverFormat([4133742592n], '%.3f')).toBe('4.134G');
  expect(cleverFormat(1e9)).toBe('1000.00M');
  expect(cleverFormat(['4089184256*batch', 25557032n])).toEqual(['4089184256*batch', '25.56M']);
  expect(cleverFormat([])).toEqual([]);
});

test('a format that is none is an error', () => {
  expect(() => cleverFormat(1, '{:.2f}')).toThrow(/not a number format/);
  expect(() => cleverFormat(1, '%.999999999f')).toThrow(/not a number format/);
  expect(() => cleverFormat(1, '%999999999d')).toThrow(/not a number format/);
  expect(cleverFormat(1, '%.5f')).toBe('1.00000B');
});

test('what is no number is an error, and not nanB', () => {
  expect(() => cleverFormat([undefined, 25557032] as never)).toThrow(/takes numbers, and undefined was given/);
  expect(() => cleverFormat(undefined as never)).toThrow(/takes numbers/);
  expect(cleverFormat(Number.NaN)).toBe('nanB');
});
