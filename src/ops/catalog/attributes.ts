import type { Dim } from '../../dim/index.js';
import type { Attr } from '../primitives.js';

/** Windows of a convolution or pooling, one number an axis. */
interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  /** In front and behind. */
  readonly padding: readonly (readonly number[])[];
  readonly dilation: readonly number[];
}

interface ConvAttrs extends Windows {
  readonly groups: number;
  readonly transposed: boolean;
  /** Whether there is a batch axis. */
  readonly batched: boolean;
  readonly bias: boolean;
  /** A padding that was given by its name (`same`). */
  readonly padding_name?: string;
}

interface LinearAttrs {
  readonly in_features: Dim;
  readonly out_features: Dim;
  readonly bias: boolean;
}

interface AttentionAttrs {
  /** Extents in front of length and depth: batch, and heads where they are an axis. */
  readonly batch: readonly Dim[];
  /** Lengths of queries and keys, depth of keys and of values. */
  readonly lq: Dim;
  readonly lk: Dim;
  readonly d: Dim;
  readonly dv: Dim;
  readonly grouped: boolean;
  readonly masked: boolean;
  readonly causal: boolean;
  /** Whether the last query stands at the last key: keys of earlier passes come first. */
  readonly atEnd?: boolean;
  /** Keys that a query sees at most, its own among them. */
  readonly window?: Dim;
}

interface OpAttrs {
  conv: ConvAttrs;
  conv_transpose: ConvAttrs;
  linear: LinearAttrs;
  attention: AttentionAttrs;
  multi_head_attention: AttentionAttrs;
}

/** Arguments of an operator in PyTorch's words; those that the catalogue types, and any others where it does not. */
export type AttrsOf<N extends string> = N extends keyof OpAttrs ? OpAttrs[N] : Readonly<Record<string, Attr>>;

/** The attributes of an operator where it is the one that is asked for, else null. */
export function attrsIf<N extends string>(
  name: N,
  of: { readonly op: string; readonly attrs: Readonly<Record<string, Attr>> },
): AttrsOf<N> | null {
  // Operators are only made by the functions of this module, which give these attributes.
  return of.op === name ? (of.attrs as unknown as AttrsOf<N>) : null;
}
