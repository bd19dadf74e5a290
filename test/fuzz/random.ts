/** Numbers that a seed settles: case 17 of seed 1 is the same file on every machine, whichever cases ran before it. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  pick<T>(items: readonly T[]): T;
  /** True `p` of the time. */
  chance(p: number): boolean;
}

export function random(seed: number, stream: number): Random {
  // splitmix32 over the seed and the stream, then xoshiro128**.
  let z = (seed ^ Math.imul(stream + 1, 0x9e3779b9)) >>> 0;
  const mix = (): number => {
    z = (z + 0x9e3779b9) >>> 0;
    let t = z ^ (z >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [mix(), mix(), mix(), mix() | 1];
  const rotate = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5) >>> 0, 7), 9) >>> 0;
    const t = (b << 9) >>> 0;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d >>> 0, 11);
    return result / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(next() * end);
  return {
    next,
    below,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    chance: (p) => next() < p,
  };
}

/** Names that mean something to JavaScript, to a terminal or to a reader; lengths at the edge of limits. */
export const NAMES: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'length',
  'prototype',
  '',
  ' ',
  '.',
  '..',
  '...',
  'a.b.c',
  '.weight',
  'weight.',
  '0',
  '-1',
  'NaN',
  'undefined',
  'null',
  '\0',
  '\n',
  '\u001b[31m',
  '\u202e',
  '😀',
  '\ud800',
  '=1+1',
  'x'.repeat(300),
  'a.'.repeat(2000),
  'max(a, b)',
  'a*b',
  '2',
  's0 + 1',
];

/** Whole numbers at the edges of their types. */
export const INTEGERS: readonly bigint[] = [
  0n,
  1n,
  -1n,
  2n,
  3n,
  7n,
  -2n,
  127n,
  128n,
  255n,
  256n,
  65535n,
  65536n,
  1000003n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  2n ** 62n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  -(2n ** 31n),
];

/** Numbers as text: edges, and what is none. */
export const NUMBERS: readonly string[] = [
  ...INTEGERS.map(String),
  '0.5',
  '-0',
  '-0.0',
  '1e9',
  '1e400',
  '-1e400',
  '1e-400',
  'NaN',
  'Infinity',
  '-Infinity',
  '.inf',
  '.nan',
  '0x10',
  '1_000',
  '99999999999999999999999999',
  `1${'0'.repeat(400)}`,
];
