import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dim } from '../../src/dim/index.js';
import * as dim from '../../src/dim/index.js';
import { bindings, built, evaluated, RANGES, tree } from './trees.js';

const RUNS = { numRuns: Number(process.env['DIM_RUNS'] ?? 600) };

/** Binding may meet a divisor that is 0 there; then the tree has no value and nothing is claimed. */
function law(name: string, check: (d: Dim, value: bigint, values: ReadonlyMap<string, bigint>) => void): void {
  test(name, () => {
    fc.assert(
      fc.property(tree, bindings, (t, values) => {
        const value = evaluated(t, values);
        const d = built(t);
        if (value === undefined || d === undefined) return;
        check(d, value, values);
      }),
      RUNS,
    );
  });
}

describe('laws of symbolic integers', () => {
  law('binding every symbol gives what plain arithmetic gives', (d, value, values) => {
    const bound = dim.substitute(d, values);
    expect(dim.isStatic(bound)).toBe(true);
    expect(dim.toBigInt(bound)).toBe(value);
    expect(typeof bound).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
  });

  law('bounds hold', (d, value) => {
    const { min, max } = dim.bounds(d);
    if (min !== null) expect(min <= value).toBe(true);
    if (max !== null) expect(value <= max).toBe(true);
  });

  law('what is printed reads back as the same normal form', (d) => {
    const back = dim.parse(dim.format(d), RANGES);
    expect(dim.format(back)).toBe(dim.format(d));
    expect(dim.equal(back, d)).toBe(true);
  });

  law('binding one symbol after another is binding all at once', (d, value, values) => {
    let step: Dim = d;
    for (const [name, bound] of values) step = dim.substitute(step, new Map([[name, bound]]));
    expect(dim.toBigInt(step)).toBe(value);
  });

  law('the symbols listed are those that a value depends on, and rebuilding changes nothing', (d, _value, values) => {
    const names = dim.symbols(d);
    expect(names).toEqual([...names].sort());
    const mine = new Map([...values].filter(([name]) => names.includes(name)));
    expect(dim.isStatic(dim.substitute(d, mine))).toBe(true);
    const same = new Map(names.map((name) => [name, dim.sym(name, RANGES.get(name))]));
    expect(dim.equal(dim.substitute(d, same), d)).toBe(true);
  });

  test('two expressions: order of arguments, distribution, comparison and exact division', () => {
    fc.assert(
      fc.property(tree, tree, tree, bindings, (s, t, u, values) => {
        const [x, y, z] = [built(s), built(t), built(u)];
        if (x === undefined || y === undefined || z === undefined) return;
        // Large products would only be slow here; their limits have their own tests.
        if ([x, y, z].some((d) => dim.format(d).length > 120)) return;
        const same = (p: Dim, q: Dim): void => expect(dim.format(p)).toBe(dim.format(q));
        same(dim.add(x, y), dim.add(y, x));
        same(dim.mul(x, y), dim.mul(y, x));
        same(dim.min(x, y), dim.min(y, x));
        same(dim.max(x, y, z), dim.max(z, x, y));
        same(dim.add(dim.add(x, y), z), dim.add(x, dim.add(y, z)));
        same(dim.mul(dim.mul(x, y), z), dim.mul(x, dim.mul(y, z)));
        same(dim.mul(x, dim.add(y, z)), dim.add(dim.mul(x, y), dim.mul(x, z)));
        same(dim.sum([x, y, z]), dim.add(z, x, y));
        same(dim.sub(dim.add(x, y), y), x);
        if (y !== 0) same(dim.exactdiv(dim.mul(x, y), y)!, x);
        const [p, q] = [evaluated(s, values), evaluated(t, values)];
        const verdict = dim.lessEqual(x, y);
        if (p !== undefined && q !== undefined && verdict !== undefined) expect(verdict).toBe(p <= q);
      }),
      { numRuns: Math.ceil(RUNS.numRuns / 2) },
    );
  });

  test('numbers alone: exact across 2^53, a plain number wherever it is safe', () => {
    const near = (1n << 53n) - 1n;
    const integer = fc.oneof(
      fc.bigInt(-20n, 20n),
      fc.bigInt(near - 3n, near + 3n),
      fc.bigInt(-near - 3n, -near + 3n),
      fc.bigInt(-(1n << 80n), 1n << 80n),
      fc.bigInt(-(1n << 27n), 1n << 27n),
    );
    fc.assert(
      fc.property(integer, integer, (p, q) => {
        const [x, y] = [dim.add(p), dim.add(q)];
        const check = (d: Dim, value: bigint): void => {
          const safe = value <= near && value >= -near;
          expect(typeof d).toBe(safe ? 'number' : 'bigint');
          expect(Object.is(d, -0)).toBe(false);
          expect(BigInt(d as number)).toBe(value);
        };
        check(dim.add(x, y), p + q);
        check(dim.sub(x, y), p - q);
        check(dim.mul(x, y), p * q);
        check(dim.neg(x), -p);
        const [least, most] = p < q ? [p, q] : [q, p];
        check(dim.sum([x, y, x]), p + q + p);
        check(dim.product([x, y, 3]), p * q * 3n);
        check(dim.max(x, y), most);
        check(dim.min(x, y, 5), least < 5n ? least : 5n);
        if (q === 0n) return;
        const floor = p / q - (p % q !== 0n && p < 0n !== q < 0n ? 1n : 0n);
        check(dim.floordiv(x, y), floor);
        check(dim.mod(x, y), p - q * floor);
        check(dim.ceildiv(x, y), p % q === 0n ? floor : floor + 1n);
        const exact = dim.exactdiv(x, y);
        if (p % q === 0n) check(exact!, p / q);
        else expect(exact).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});
