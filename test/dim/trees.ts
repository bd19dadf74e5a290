import fc from 'fast-check';
import {
  add,
  ceildiv,
  type Dim,
  floordiv,
  max,
  min,
  mod,
  mul,
  neg,
  pow,
  type Range,
  sub,
  sym,
} from '../../src/dim/index.js';
import { isModelError } from '../../src/source/errors.js';

/** An expression as written, before any rule of dim/ has seen it. */
export type Tree =
  | { readonly op: 'constant'; readonly value: bigint }
  | { readonly op: 'symbol'; readonly name: string }
  | { readonly op: 'neg'; readonly a: Tree }
  | { readonly op: 'pow'; readonly a: Tree; readonly n: number }
  | { readonly op: (typeof BINARY)[number]; readonly a: Tree; readonly b: Tree };

const BINARY = ['add', 'sub', 'mul', 'floordiv', 'ceildiv', 'mod', 'min', 'max'] as const;
const OPERATIONS = { add, sub, mul, floordiv, ceildiv, mod, min, max };

/** Ranges of every kind: the usual one, with 0, bounded on both sides, unbounded. */
export const RANGES: ReadonlyMap<string, Range> = new Map<string, Range>([
  ['a', {}],
  ['b', {}],
  ['c', { min: -5, max: 9 }],
  ['d', { min: 0, max: null }],
  ['e', { min: null }],
  ['w', { min: 0, max: 3 }],
]);

export const bindings: fc.Arbitrary<ReadonlyMap<string, bigint>> = fc
  .record({
    a: fc.bigInt(1n, 40n),
    b: fc.oneof(fc.bigInt(1n, 7n), fc.bigInt(1n, 1n << 60n)),
    c: fc.bigInt(-5n, 9n),
    d: fc.bigInt(0n, 25n),
    e: fc.bigInt(-30n, 30n),
    w: fc.bigInt(0n, 3n),
  })
  .map((values) => new Map(Object.entries(values)));

const leaf: fc.Arbitrary<Tree> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...RANGES.keys()).map((name): Tree => ({ op: 'symbol', name })) },
  {
    weight: 2,
    arbitrary: fc
      .oneof(fc.bigInt(-9n, 16n), fc.bigInt(-9n, 16n), fc.bigInt(-(1n << 54n), 1n << 54n))
      .map((value): Tree => ({ op: 'constant', value })),
  },
);

export const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leaf,
    { weight: 8, arbitrary: fc.record({ op: fc.constantFrom(...BINARY), a: tie('tree'), b: tie('tree') }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('neg' as const), a: tie('tree') }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('pow' as const), a: tie('tree'), n: fc.nat(3) }) },
    // Quotients by constants are what shapes are made of.
    {
      weight: 4,
      arbitrary: fc.record({
        op: fc.constantFrom('floordiv', 'ceildiv', 'mod'),
        a: tie('tree'),
        b: fc.bigInt(2n, 8n).map((value): Tree => ({ op: 'constant', value })),
      }),
    },
  ),
})).tree;

function symbolOf(name: string): Dim {
  return sym(name, RANGES.get(name));
}

/** The tree by the rules of dim/; undefined where it divides by a constant zero or outgrows a limit. */
export function built(t: Tree): Dim | undefined {
  try {
    return build(t);
  } catch (error) {
    if (isModelError(error) && (error.code === 'limit' || error.message.includes('divided by zero'))) return undefined;
    throw error;
  }
}

function build(t: Tree): Dim {
  switch (t.op) {
    case 'constant':
      return add(t.value);
    case 'symbol':
      return symbolOf(t.name);
    case 'neg':
      return neg(build(t.a));
    case 'pow':
      return pow(build(t.a), t.n);
    default:
      return OPERATIONS[t.op](build(t.a), build(t.b));
  }
}

/** The tree in plain bigint arithmetic; undefined where it divides by zero. */
export function evaluated(t: Tree, values: ReadonlyMap<string, bigint>): bigint | undefined {
  switch (t.op) {
    case 'constant':
      return t.value;
    case 'symbol':
      return values.get(t.name)!;
    case 'neg': {
      const a = evaluated(t.a, values);
      return a === undefined ? undefined : -a;
    }
    case 'pow': {
      const a = evaluated(t.a, values);
      return a === undefined ? undefined : a ** BigInt(t.n);
    }
    default: {
      const a = evaluated(t.a, values);
      const b = evaluated(t.b, values);
      return a === undefined || b === undefined ? undefined : binary(t.op, a, b);
    }
  }
}

function binary(op: (typeof BINARY)[number], a: bigint, b: bigint): bigint | undefined {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'min':
      return a < b ? a : b;
    case 'max':
      return a > b ? a : b;
    default: {
      if (b === 0n) return undefined;
      // Divide magnitudes, then round down by the sign: another way than the one under test.
      const sign = a < 0n !== b < 0n;
      const x = a < 0n ? -a : a;
      const y = b < 0n ? -b : b;
      const down = sign ? -((x + y - 1n) / y) : x / y;
      if (op === 'floordiv') return down;
      return op === 'mod' ? a - b * down : sign ? -(x / y) : (x + y - 1n) / y;
    }
  }
}
