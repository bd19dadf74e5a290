import { describe, expect, test } from 'vitest';
import {
  add,
  approx,
  bounds,
  ceildiv,
  type Dim,
  Expr,
  equal,
  exactdiv,
  floordiv,
  format,
  isStatic,
  lessEqual,
  max,
  metered,
  min,
  mod,
  mul,
  neg,
  parse,
  pow,
  product,
  sub,
  substitute,
  sum,
  sym,
  symbols,
  toBigInt,
  toNumber,
} from '../../src/dim/index.js';

const [b, h, s, t] = ['batch', 'h', 's', 't'].map((name) => sym(name)) as [Dim, Dim, Dim, Dim];

/** The extent after a convolution or pooling. */
const conv = (x: Dim, kernel: number, stride: number, padding: number): Dim =>
  add(floordiv(add(x, 2 * padding - kernel), stride), 1);

function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
}

describe('normal form', () => {
  test('sums and products collect, and vanish to numbers', () => {
    expect(format(add(mul(s, b, 3), mul(b, s), 4, -5))).toBe('4*batch*s - 1');
    expect(sub(mul(add(s, 1), add(s, -1)), sub(mul(s, s), 1))).toBe(0);
    expect(format(pow(add(s, 1), 3))).toBe('s**3 + 3*s**2 + 3*s + 1');
    expect(sub(s, s)).toBe(0);
    expect(mul(s, 0)).toBe(0);
    expect(add()).toBe(0);
    expect(mul()).toBe(1);
    expect(sum([])).toBe(0);
    expect(product([])).toBe(1);
    expect((s as Expr).key).toBe((sym('s') as Expr).key);
    expect(equal(add(s, t), add(t, s))).toBe(true);
    expect(equal(3, 3n)).toBe(true);
    expect(equal(3, s)).toBe(false);
  });

  test('one symbol by name and range; a range of one value is the value', () => {
    expect(equal(sym('s'), sym('s', { min: 1n }))).toBe(true);
    expect(equal(sym('s'), sym('s', { min: 0 }))).toBe(false);
    expect(sym('s', { min: 4, max: 4 })).toBe(4);
    expect(code(() => sym('s', { min: 4, max: 3 }))).toBe('argument');
    expect(code(() => sym(''))).toBe('argument');
    expect(code(() => sym('s', { min: 0.5 }))).toBe('argument');
  });

  test('what a chain of strided layers gives is one floor', () => {
    expect(format(conv(h, 7, 2, 3))).toBe('floor((h + 1)/2)');
    expect(format(conv(conv(h, 7, 2, 3), 3, 2, 1))).toBe('floor((h - 1)/4) + 1');
    let x = h;
    for (let i = 0; i < 5; i++) x = conv(x, 3, 2, 1);
    expect(format(x)).toBe('floor((h - 1)/32) + 1');
    expect(substitute(x, new Map([['h', 224]]))).toBe(7);
  });

  test('quotients: whole parts split off, factors cancel, bounded ones fold', () => {
    expect(format(floordiv(add(mul(8, s), 5), 4))).toBe('2*s + 1');
    expect(format(floordiv(mul(6, h), 4))).toBe(format(add(h, floordiv(h, 2))));
    expect(format(floordiv(mul(3, h), 4))).toBe('floor(3*h/4)');
    expect(format(floordiv(add(mul(2, s), 1), 4))).toBe('floor(s/2)');
    expect(format(floordiv(floordiv(h, 3), 5))).toBe('floor(h/15)');
    const w = sym('w', { min: 0, max: 3 });
    expect(floordiv(w, 4)).toBe(0);
    expect(format(floordiv(add(mul(4, h), w), 8))).toBe('floor(h/2)');
    expect(mod(add(mul(4, h), w), 4)).toEqual(w);
    expect(format(neg(floordiv(neg(s), 4)))).toBe(format(ceildiv(s, 4)));
    expect(format(ceildiv(s, 4))).toBe('floor((s - 1)/4) + 1');
  });

  test('symbolic divisors', () => {
    expect(format(floordiv(mul(b, s, 768), mul(b, 64)))).toBe('12*s');
    expect(format(floordiv(add(mul(s, t), t), add(s, 1)))).toBe('t');
    expect(format(floordiv(mul(s, b), mul(t, b, 2)))).toBe('floor(s/(2*t))');
    expect(format(floordiv(add(mul(s, t), 1), sym('s', { min: 1 })))).toBe('t + floor(1/s)');
    expect(floordiv(sub(s, 1), s)).toBe(0);
    expect(equal(mod(sub(s, 1), s), sub(s, 1))).toBe(true);
    expect(floordiv(neg(s), s)).toBe(-1);
    expect(equal(add(mul(4, floordiv(s, 4)), mod(s, 4)), s)).toBe(true);
  });

  test('padding to a multiple, as Swin does', () => {
    const padded = add(h, mod(sub(7, mod(h, 7)), 7));
    expect(format(padded)).toBe('7*floor((h - 1)/7) + 7');
    expect(format(exactdiv(padded, 7)!)).toBe('floor((h - 1)/7) + 1');
  });

  test('exact division, or none', () => {
    expect(format(exactdiv(mul(b, s, 768), mul(b, 64))!)).toBe('12*s');
    expect(format(exactdiv(mul(b, floordiv(h, 4), 6), mul(floordiv(h, 4), 3))!)).toBe('2*batch');
    expect(format(exactdiv(sub(mul(s, s), mul(t, t)), add(s, t))!)).toBe('s - t');
    expect(exactdiv(s, 2)).toBeUndefined();
    expect(exactdiv(s, t)).toBeUndefined();
    expect(exactdiv(add(s, 1), s)).toBeUndefined();
    expect(exactdiv(7, 2)).toBeUndefined();
    expect(exactdiv(6, 0)).toBeUndefined();
    expect(exactdiv(s, 0)).toBeUndefined();
    expect(exactdiv(0, s)).toBe(0);
  });

  test('min and max', () => {
    expect(max(1, s)).toBe(s);
    expect(min(1, s)).toBe(1);
    expect(max(s, add(s, 1), sub(s, 2))).toEqual(add(s, 1));
    expect(format(max(t, max(s, 5), s))).toBe('max(5, s, t)');
    expect(format(max(sub(s, 5), 0))).toBe('max(5, s) - 5');
    expect(format(min(neg(s), neg(t)))).toBe('-max(s, t)');
    expect(format(max(mul(b, s), mul(b, t)))).toBe('batch*max(s, t)');
    expect(equal(max(mul(s, t), s), mul(s, t))).toBe(true);
    expect(max(floordiv(h, 2), h)).toBe(h);
    expect(max(min(s, t), s)).toBe(s);
    expect(max(2, 7n, 3)).toBe(7);
    expect(code(() => max())).toBe('argument');
  });

  test('bounds see through floors, remainders and products', () => {
    expect(bounds(mod(h, 8))).toEqual({ min: 0n, max: 7n });
    expect(bounds(mod(s, t)).min).toBe(0n);
    expect(lessEqual(mul(2, floordiv(h, 2)), h)).toBe(true);
    expect(lessEqual(add(h, 1), mul(2, floordiv(h, 2)))).toBe(false);
    expect(lessEqual(s, mul(s, t))).toBe(true);
    expect(lessEqual(s, t)).toBeUndefined();
    expect(lessEqual(max(s, t), add(s, t))).toBe(true);
    expect(lessEqual(mul(b, max(s, t)), mul(b, s))).toBeUndefined();
    expect(bounds(min(s, 512))).toEqual({ min: 1n, max: 512n });
    expect(bounds(sub(3, s))).toEqual({ min: null, max: 2n });
    expect(bounds(5)).toEqual({ min: 5n, max: 5n });
  });
});

describe('numbers', () => {
  test('a static model never leaves plain numbers', () => {
    for (const d of [
      add(2, 3),
      sub(2, 3),
      mul(2, 3),
      neg(2),
      floordiv(7, 2),
      mod(7, 2),
      ceildiv(7, 2),
      max(2, 3),
      sum([1, 2]),
      product([2, 3]),
      pow(2, 10),
    ]) {
      expect(typeof d).toBe('number');
    }
    expect(mul(Number.MAX_SAFE_INTEGER, 2)).toBe(18014398509481982n);
    expect(sub(mul(Number.MAX_SAFE_INTEGER, 2), Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect(floordiv(-7, 2)).toBe(-4);
    expect(mod(-7, 2)).toBe(1);
    expect(mod(7, -2)).toBe(-1);
    expect(Object.is(mul(-1, 0), 0)).toBe(true);
    expect(Object.is(floordiv(0, -3), 0)).toBe(true);
    expect(isStatic(mul(2, 3))).toBe(true);
    expect(isStatic(s)).toBe(false);
    expect(approx(12n)).toBe(12);
  });

  test('a fraction or a rounded number is refused', () => {
    expect(code(() => add(0.5, s))).toBe('argument');
    expect(code(() => mul(1e20, 1))).toBe('argument');
    expect(code(() => floordiv(Number.NaN, 2))).toBe('argument');
  });

  test('division by zero', () => {
    for (const divide of [floordiv, ceildiv, mod]) {
      expect(code(() => divide(3, 0))).toBe('argument');
      expect(code(() => divide(s, 0))).toBe('argument');
      expect(code(() => divide(s, 0n))).toBe('argument');
    }
    expect(code(() => substitute(floordiv(s, t), new Map([['t', 0]])))).toBe('argument');
  });

  test('a number where none is known yet', () => {
    expect(code(() => toBigInt(mul(s, b), 'the batch'))).toBe('free-symbol');
    expect(() => toNumber(mul(s, b), 'the number of rows')).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/the number of rows.*batch, s/),
        hint: expect.stringContaining('--bind batch=… --bind s=…'),
      }),
    );
    expect(toBigInt(5)).toBe(5n);
    expect(toNumber(5n)).toBe(5);
    expect(code(() => toNumber(1n << 60n))).toBe('limit');
  });
});

describe('substitution', () => {
  test('is simultaneous, symbolic or not, and checks ranges', () => {
    const d = add(mul(2, s), t);
    expect(
      format(
        substitute(
          d,
          new Map([
            ['s', t],
            ['t', s],
          ]),
        ),
      ),
    ).toBe('s + 2*t');
    expect(
      substitute(
        d,
        new Map([
          ['s', 2],
          ['t', 3n],
        ] as [string, Dim][]),
      ),
    ).toBe(7);
    expect(substitute(d, new Map([['other', 2]]))).toBe(d);
    expect(code(() => substitute(d, new Map([['s', 0]])))).toBe('argument');
    expect(code(() => substitute(sym('c', { min: 0, max: 3 }), new Map([['c', 4]])))).toBe('argument');
    expect(substitute(sym('past', { min: 0 }), new Map([['past', 0]]))).toBe(0);
    expect(symbols(add(max(s, t), floordiv(h, b)))).toEqual(['batch', 'h', 's', 't']);
  });
});

describe('limits', () => {
  test('growth ends in an error, not in a wait', () => {
    let wide: Dim = 0;
    for (let i = 0; i < 100; i++) wide = add(wide, sym(`x${i}`));
    expect(code(() => pow(wide, 3))).toBe('limit');
    expect(code(() => pow(10, 1_000_000_000))).toBe('limit');
    expect(code(() => pow(s, 1_000_000_000))).toBe('limit');
    expect(pow(1, 1_000_000_000)).toBe(1);
    expect(pow(-1, 999_999_999)).toBe(-1);
    expect(code(() => pow(s, -1))).toBe('argument');
    let deep: Dim = s;
    expect(
      code(() => {
        for (let i = 0; i < 10_000; i++) deep = max(mul(t, deep), sym(`y${i}`));
      }),
    ).toBe('limit');
    expect(equal(parse(format(deep)), deep)).toBe(true);
    let doubling: Dim = s;
    expect(
      code(() => {
        for (let i = 0; i < 100; i++) doubling = floordiv(mul(doubling, add(doubling, 1)), 3);
      }),
    ).toBe('limit');
    expect(code(() => sum(Array.from({ length: 5000 }, (_, i) => sym(`z${i}`))))).toBe('limit');
    expect(code(() => max(...Array.from({ length: 50 }, (_, i) => sym(`z${i}`))))).toBe('limit');
    for (const start of [s, 1]) {
      let twice: Dim = start;
      expect(
        code(() => {
          for (let i = 0; i < 100_000; i++) twice = add(twice, twice);
        }),
      ).toBe('limit');
    }
  });

  test('formulas are made in proportion to a file, and proofs about them', () => {
    const factors = Array.from({ length: 60 }, (_, i) => sym(`factor${i}${'x'.repeat(200)}`));
    const long = (n: number) => () => {
      for (let i = 0; i < n; i++) product([i, ...factors]);
    };
    expect(code(() => metered(0, long(1000)))).toBe('limit');
    expect(() => metered(0, long(100))).not.toThrow();
    expect(() => metered(10 ** 7, long(1000))).not.toThrow();
    const short = (n: number) => () => Array.from({ length: n }, (_, i) => mul(i, s, t));
    expect(() => metered(0, short(50_000))).not.toThrow();
    const proofs = (n: number) => () => Array.from({ length: n }, (_, i) => lessEqual(max(s, t), add(mul(i, t), s)));
    expect(() => metered(0, proofs(1000))).not.toThrow();
    expect(code(() => metered(0, proofs(100_000)))).toBe('limit');
  });

  test('an expression is frozen and goes into JSON as its formula', () => {
    const d = add(s, 1) as Expr;
    expect(d).toBeInstanceOf(Expr);
    expect(Object.isFrozen(d)).toBe(true);
    expect(Object.isFrozen(d.terms)).toBe(true);
    expect(JSON.stringify({ d })).toBe('{"d":"s + 1"}');
    expect(`${d}`).toBe('s + 1');
  });
});
