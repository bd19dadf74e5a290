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

/**
 * The forms of work from which every cost is derived. Counts are per execution of the operator, in elements or bytes.
 * A format spells its operators as lists of these; a convention reads them. Nothing else carries arithmetic.
 */
export type Work =
  | {
      readonly kind: 'contraction';
      /** Multiply-accumulates, positions on zero padding included. */
      readonly products: Dim;
      /** The same without the products that meet zero padding; null if a free extent keeps them from being counted. */
      readonly unpadded: Dim | null;
      readonly outputs: Dim;
      /** Whether a bias is added to each output. */
      readonly bias: boolean;
    }
  | { readonly kind: 'map'; readonly elements: Dim; readonly each: CostPerElement }
  | {
      readonly kind: 'reduction';
      readonly elements: Dim;
      readonly outputs: Dim;
      /** Combining n elements into one takes n − 1 of these. */
      readonly by: Primitive;
    }
  | { readonly kind: 'move'; readonly bytes: Dim; readonly how: 'view' | 'copy' | 'gather' }
  | { readonly kind: 'loop'; readonly times: Dim; readonly body: readonly Work[] };
