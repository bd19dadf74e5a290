import { add, type Dim, floordiv, mul, product } from '../dim/index.js';
import { numel, type TensorType } from '../tensor/index.js';
import type { AttrsOf } from './catalog/attributes.js';
import { UNARY } from './catalog/elementwise.js';
import { perElement, together } from './each.js';
import { matmul } from './matmul.js';
import { softmax } from './norm.js';
import { broadcast, same, shapeError, show } from './shapes.js';
import { contraction, type Effect, map, type OutputType, reduction, type Work } from './work.js';

/**
 * Scaled dot-product attention of q: …×Lq×D, k: …×Lk×D, v: …×Lk×Dv. Two matrix products, QKᵀ (Lq·Lk·D a head) and AV
 * (Lq·Lk·Dv), between them the scale, the mask's addition and a softmax. Masked positions are computed, hence counted.
 * With grouped queries the heads of k and v are shared; the products are those of the query heads.
 */
export function attention(
  q: TensorType,
  k: TensorType,
  v: TensorType,
  options: {
    mask?: TensorType | null;
    causal?: boolean;
    grouped?: boolean;
    /** Where the last query meets the last key, as with a cache of keys that went before. */
    atEnd?: boolean;
    /** A query sees at most this many keys, itself among them. */
    window?: Dim | null;
    /** A score beside those of the keys, as attention sinks are. */
    sinks?: boolean;
    /** In training: the share of weights that is dropped after the softmax. */
    dropout?: number;
  } = {},
): Effect {
  if (q.shape.length < 2 || k.shape.length < 2 || v.shape.length < 2)
    throw shapeError(
      `attention: q ${show(q.shape)}, k ${show(k.shape)}, v ${show(v.shape)} need at least length and depth`,
    );
  const [lq, d] = q.shape.slice(-2) as [Dim, Dim];
  const [lk, dk] = k.shape.slice(-2) as [Dim, Dim];
  same(d, dk, () => `attention: depth of q ${show(q.shape)} and k ${show(k.shape)}`);
  same(lk, v.shape.at(-2) as Dim, () => `attention: length of k ${show(k.shape)} and v ${show(v.shape)}`);
  const batch = options.grouped
    ? q.shape.slice(0, -2)
    : broadcast([q.shape.slice(0, -2), k.shape.slice(0, -2), v.shape.slice(0, -2)], 'attention batch');
  const dv = v.shape.at(-1) as Dim;
  const scores: TensorType = { dtype: q.dtype, shape: [...batch, lq, options.sinks ? add(lk, 1) : lk] };
  const n = product(scores.shape);
  const pair = (a: readonly Dim[], b: readonly Dim[]): readonly Work[] =>
    matmul({ dtype: q.dtype, shape: [...batch, ...a] }, { dtype: q.dtype, shape: [...batch, ...b] }).work;
  return {
    op: 'attention',
    outputs: [{ dtype: q.dtype, shape: [...batch, lq, dv] }],
    work: [
      ...pair([lq, d], [d, lk]),
      ...map(q.dtype, n, options.mask || options.causal ? { mul: 1, add: 1 } : { mul: 1 }),
      ...softmax(scores, -1).work,
      ...pair([lq, lk], [lk, dv]),
    ],
    attrs: {
      batch: [...batch],
      lq,
      lk,
      d,
      dv,
      grouped: options.grouped ?? false,
      masked: Boolean(options.mask || options.causal),
      causal: options.causal ?? false,
      ...(options.dropout ? { dropout_p: options.dropout } : {}),
      ...(options.atEnd ? { atEnd: true } : {}),
      ...(options.window ? { window: options.window } : {}),
    } satisfies AttrsOf<'attention'>,
  };
}

/** Extents of attention in which not every query meets every key. */
export interface PairedAttentionExtents {
  readonly dtype: TensorType['dtype'];
  /** Pairs of a query and a key that are computed, over all heads and sequences. */
  readonly pairs: Dim;
  /** Queries that have a row of scores, over all heads and sequences. */
  readonly rows: Dim;
  readonly depth: Dim;
  readonly valueDepth: Dim;
  readonly masked: boolean;
}

/**
 * Scaled dot-product attention over chosen pairs: windows, blocks, pages. Each pair takes `depth` products for its score and
 * `valueDepth` for its share of the result; scale, mask and softmax go over the pairs.
 */
export function pairedAttention(
  outputs: readonly OutputType[],
  { dtype, pairs, rows, depth, valueDepth, masked }: PairedAttentionExtents,
): Effect {
  return {
    op: 'attention',
    outputs,
    work: [
      contraction(mul(pairs, depth), pairs),
      ...map(dtype, pairs, masked ? { mul: 1, add: 1 } : { mul: 1 }),
      ...reduction(dtype, pairs, rows, 'cmp'),
      ...map(dtype, pairs, { add: 1, exp: 1, div: 1 }),
      ...reduction(dtype, pairs, rows, 'add'),
      contraction(mul(pairs, valueDepth), mul(rows, valueDepth)),
    ],
  };
}

/**
 * A bias of scores by the distance of two positions, gated by the query (WavLM): u, r = sigmoid of two sums of the projected
 * query, then bias·(u·(r·a − 1) + 2). x is N×heads×L×depth, the weight depth×2·k.
 */
export function gatedPositionBias(x: TensorType, bias: TensorType, weight: TensorType): Effect {
  const rows = floordiv(numel(x.shape), weight.shape[0] as Dim);
  const gates = mul(rows, 2);
  const out = { dtype: x.dtype, shape: [x.shape[0] as Dim, ...bias.shape.slice(1)] };
  const projected = mul(rows, weight.shape[1] as Dim);
  return {
    op: 'gated_relative_position_bias',
    outputs: [out],
    work: [
      ...map(x.dtype, numel(x.shape), { add: 1 }),
      contraction(mul(rows, ...weight.shape), projected, true),
      ...reduction(x.dtype, projected, gates, 'add'),
      ...map(x.dtype, gates, UNARY.sigmoid.each),
      ...map(x.dtype, rows, { mul: 2, add: 2 }),
      ...map(x.dtype, numel(out.shape), { mul: 1 }),
    ],
  };
}

/** Gates of linear attention: decay = scale·softplus(a + bias), and rate = sigmoid(b) if there is one. */
export function linearAttentionGate(a: TensorType, rate: TensorType | null): Effect {
  const decay = [perElement('add', a), perElement('softplus', a), perElement('mul', a)];
  const outputs = rate === null ? [a] : [a, rate];
  return together('linear_attention_gate', outputs, [
    ...decay,
    ...(rate === null ? [] : [perElement('sigmoid', { dtype: a.dtype, shape: a.shape })]),
  ]);
}

export interface LinearAttentionExtents {
  readonly dtype: TensorType['dtype'];
  readonly batch: Dim;
  readonly steps: Dim;
  readonly queryHeads: Dim;
  /** Heads of keys and values, each with a state of keyDepth × valueDepth. */
  readonly heads: Dim;
  readonly keyDepth: Dim;
  readonly valueDepth: Dim;
  /** Numbers of a step's decay, over all heads; null without decay. */
  readonly gate: Dim | null;
  /** Whether what the state already predicts is subtracted before the update. */
  readonly delta: boolean;
}

/**
 * Attention as a recurrence over a state S of d_k × d_v a head: S ← decay·S + k ⊗ v, o = scale·qᵀS; with the delta rule
 * v − Sᵀk in place of v, times a rate. Products a step: d_k·d_v for the update, as many for Sᵀk, and for each query
 * head as many for qᵀS. A decay takes an exp each and a multiply for every element of the state.
 * Outputs: N×T×query heads×d_v, and the state N×heads×d_k×d_v. Source: the operator's definition, step by step.
 */
export function linearAttention(of: LinearAttentionExtents): Effect {
  const { dtype, batch, steps, heads, keyDepth, valueDepth, gate, delta } = of;
  const rows = mul(batch, steps);
  const state = mul(rows, heads, keyDepth, valueDepth);
  const values = mul(rows, heads, valueDepth);
  // Where there are fewer query heads than heads of values, each of those has an output.
  const outHeads =
    typeof of.queryHeads === 'number' && typeof heads === 'number' ? Math.max(of.queryHeads, heads) : of.queryHeads;
  const outputs = mul(rows, outHeads, valueDepth);
  return {
    op: 'linear_attention',
    outputs: [
      { dtype, shape: [batch, steps, outHeads, valueDepth] },
      { dtype, shape: [batch, heads, keyDepth, valueDepth] },
    ],
    work: [
      ...(gate === null ? [] : [...map(dtype, mul(rows, gate), { exp: 1 }), ...map(dtype, state, { mul: 1 })]),
      ...(delta ? [contraction(state, values), ...map(dtype, values, { add: 1, mul: 1 })] : []),
      contraction(state, state, false),
      contraction(mul(outputs, keyDepth), outputs),
      ...map(dtype, outputs, { mul: 1 }),
    ],
    attrs: {
      batch,
      steps,
      heads,
      query_heads: of.queryHeads,
      d: keyDepth,
      dv: valueDepth,
      delta,
    } satisfies AttrsOf<'linear_attention'>,
  };
}
