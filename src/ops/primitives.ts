import type { Dim } from '../dim/index.js';

/** Floating-point operations other than the multiply-accumulates of a contraction; each counts as one FLOP. */
export const PRIMITIVES = [
  'add', // also subtract and negate
  'mul',
  'div',
  'cmp', // compare, min, max, clamp's bound, select's test
  'abs',
  'round', // floor, ceil, round, trunc, sign
  'sqrt',
  'exp',
  'log',
  'erf',
  'tanh',
  'sin', // and cos, tan
  'pow',
] as const;
export type Primitive = (typeof PRIMITIVES)[number];

/** How many of each primitive one element takes. */
export type CostPerElement = Readonly<Partial<Record<Primitive, number>>>;

/** An argument of an operator. */
export type Attr = number | bigint | string | boolean | null | Dim | readonly Attr[];
