import { add, type Dim, floordiv, mul, sub } from '../../../../dim/index.js';
import {
  attention,
  type Effect,
  followedBy,
  gatedPositionBias,
  nothing,
  operands,
  perElement,
  precededBy,
  projection,
  renamed,
  rmsNorm,
  rotated,
  together,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import { type DType, numel, type TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { headsOf } from './heads.js';
import { sparse } from './sparse.js';

/**
 * Attention as ONNX Runtime fuses it: QKᵀ, scale, mask, softmax and AV over all positions that keys are kept of, padded and
 * masked ones included, and what is fused in front of it (projections, biases, rotation). Definitions:
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

/** Heads × length × depth of one of q, k, v. */
interface Heads {
  readonly heads: Dim;
  readonly length: Dim;
  readonly depth: Dim;
}

interface Parts {
  readonly dtype: DType;
  readonly batch: Dim;
  readonly q: Heads;
  readonly k: Heads;
  readonly v: Heads;
  readonly masked: boolean;
}

function scores({ dtype, batch, q, k, v, masked }: Parts): Effect {
  const of = (h: Heads): TensorType => ({ dtype, shape: [batch, h.heads, h.length, h.depth] });
  return attention(of(q), of(k), of(v), { grouped: true, causal: masked });
}

/** N×L×heads·depth. */
function flat(dtype: DType, batch: Dim, length: Dim, heads: Dim, depth: Dim): TensorType {
  return { dtype, shape: [batch, length, mul(heads, depth)] };
}

/** Length of a cache and what is new: caches of a fixed size hold both. */
function total(n: OnnxNode, past: TensorType | null, now: Dim, lengthInput: number): Dim {
  if (past === null) return now;
  const kept = past.shape.at(-2) as Dim;
  if (!sharesBuffer(n, past, lengthInput)) return add(kept, now);
  const before = n.has(lengthInput) ? n.value(lengthInput)?.[0] : undefined;
  return before === undefined ? kept : add(before, now);
}

/** Whether past and present are one buffer of the greatest length: it is said, or the length that is used of it is given. */
function sharesBuffer(n: OnnxNode, past: TensorType | null, lengthInput: number): past is TensorType {
  if (past === null) return false;
  return n.int('past_present_share_buffer', 0) === 1 || (n.proto.opType === 'MultiHeadAttention' && n.has(lengthInput));
}

/** Projections to q, k and v in one matrix, then attention. Weights are inputs × (q + k + v). */
function projected(n: OnnxNode, x: TensorType, w: TensorType, slots: Slots): Effect {
  const [batch, length, width] = x.shape as readonly [Dim, Dim, Dim];
  const heads = headsOf(n);
  const all = w.shape[1] as Dim;
  const sizes = n.ints('qkv_hidden_sizes');
  const values = sizes?.[2] ?? floordiv(all, 3);
  const keys = sizes?.[0] ?? floordiv(sub(all, values), 2);
  const past = slots.past === null ? null : n.opt(slots.past);
  const kept = total(n, past, length, slots.pastLength);
  const dtype = slots.dtype;
  const [dk, dv] = [floordiv(keys, heads), floordiv(values, heads)];
  const inner = scores({
    dtype,
    batch,
    q: { heads, length, depth: dk },
    k: { heads, length: kept, depth: dk },
    v: { heads, length: kept, depth: dv },
    masked: slots.masks.some((i) => n.has(i)) || n.int('unidirectional', 0) === 1,
  });
  const rows = mul(batch, length);
  const present: TensorType = {
    dtype,
    shape: [
      2,
      batch,
      heads,
      past !== null && n.int('past_present_share_buffer', 0) === 1 ? (past.shape[3] as Dim) : kept,
      dk,
    ],
  };
  const before = [projection(dtype, rows, width, all, slots.bias)];
  if (n.int('do_rotary', 0) === 1) before.push(rotated([], dtype, mul(rows, 2, keys)));
  return {
    ...renamed(precededBy(inner, ...before), 'multi_head_attention'),
    outputs: [flat(dtype, batch, length, heads, dv), present],
    attrs: { ...inner.attrs, num_heads: heads, embed_dim: width, qkv_bias: slots.bias },
  };
}

interface Slots {
  readonly dtype: DType;
  readonly bias: boolean;
  readonly masks: readonly number[];
  readonly past: number | null;
  readonly pastLength: number;
}

/** q, k and v as they are given: apart, k and v in one, all in one, or k and v as a cache has them. */
function given(n: OnnxNode, heads: number): { batch: Dim; q: Heads; k: Heads; v: Heads } {
  const query = n.in(0);
  const [batch, length] = query.shape as readonly [Dim, Dim];
  if (query.shape.length === 5) {
    const depth = query.shape[4] as Dim;
    const one = { heads, length, depth };
    return { batch, q: one, k: one, v: one };
  }
  const depth = floordiv(query.shape[2] as Dim, heads);
  const q = { heads, length, depth };
  const key = n.opt(1);
  if (key === null) return { batch, q, k: q, v: q };
  if (key.shape.length === 5) {
    const k = { heads, length: key.shape[1] as Dim, depth: key.shape[4] as Dim };
    return { batch, q, k, v: k };
  }
  const side = (x: TensorType): Heads =>
    x.shape.length === 4
      ? { heads, length: x.shape[2] as Dim, depth: x.shape[3] as Dim }
      : { heads, length: x.shape[1] as Dim, depth: floordiv(x.shape[2] as Dim, heads) };
  return { batch, q, k: side(key), v: side(n.in(2)) };
}

/** Inputs: q, k, v, bias, padding mask, bias of the scores, past k, past v, length of the past. */
const multiHead: Entry = (n) => {
  const heads = headsOf(n);
  const { batch, q, k, v } = given(n, heads);
  const { dtype } = n.in(0);
  const slots = n.proto.opType === 'DecoderMaskedMultiHeadAttention' ? DECODER : ENCODER;
  const past = n.opt(slots.past);
  const cached = n.has(1) && n.in(1).shape.length === 4; // k and v are the cache itself
  const length = cached ? k.length : total(n, past, k.length, slots.past + 2);
  const inner = scores({
    dtype,
    batch,
    q,
    k: { ...k, length },
    v: { ...v, length },
    masked: slots.masks.some((i) => n.has(i)) || n.int('unidirectional', 0) === 1,
  });
  const biased = n.has(slots.bias)
    ? [q, ...(cached ? [] : [k, v])].map((h) =>
        perElement('add', { dtype, shape: [batch, h.heads, h.length, h.depth] }),
      )
    : [];
  const held = sharesBuffer(n, past, slots.past + 2) ? (past.shape[2] as Dim) : length;
  return {
    ...precededBy(inner, ...biased),
    outputs: [
      flat(dtype, batch, q.length, heads, v.depth),
      { dtype, shape: [batch, heads, held, k.depth] },
      { dtype, shape: [batch, heads, held, v.depth] },
      { dtype, shape: [batch, heads, q.length, length] },
    ],
  };
};

const ENCODER = { bias: 3, masks: [4, 5], past: 6 } as const;
const DECODER = { bias: 10, masks: [3, 4], past: 5 } as const;

/** Query heads in groups that share keys and values; the cache may be longer than what is used of it. */
const grouped: Entry = (n) => {
  const query = n.in(0);
  const [heads, kvHeads] = [headsOf(n), headsOf(n, 'kv_num_heads')];
  const [batch, length, width] = query.shape as readonly [Dim, Dim, Dim];
  const packed = !n.has(1);
  const depth = packed ? floordiv(width, heads + 2 * kvHeads) : floordiv(width, heads);
  const now = packed ? length : (n.in(1).shape[1] as Dim);
  const past = n.opt(3);
  const stated = n.value(6)?.[0];
  const used = stated ?? (past === null ? now : add(past.shape[2] as Dim, now));
  const { dtype } = query;
  const inner = scores({
    dtype,
    batch,
    q: { heads, length, depth },
    k: { heads: kvHeads, length: used, depth },
    v: { heads: kvHeads, length: used, depth },
    masked: n.int('causal', 1) === 1,
  });
  const rows = mul(batch, length);
  const before: Effect[] = [];
  if (n.has(14)) before.push(rmsNorm({ dtype, shape: [rows, heads + kvHeads, depth] }, [depth], n.opt(14)));
  if (n.int('do_rotary', 0) === 1)
    before.push(rotated([], dtype, mul(add(mul(length, heads), mul(now, kvHeads)), batch, depth)));
  const scoresOf: TensorType = { dtype, shape: [batch, heads, length, used] };
  const capped = n.float('softcap', 0) > 0 ? [perElement('softcap', scoresOf)] : [];
  const cache = past?.shape ?? [batch, kvHeads, used, depth];
  const grown =
    past === null ? cache : [batch, kvHeads, stated === undefined ? used : grownTo(cache, stated, now), depth];
  const kept = { dtype: past?.dtype ?? dtype, shape: grown };
  return {
    ...followedBy(precededBy(inner, ...before), ...capped),
    outputs: [
      flat(dtype, batch, length, heads, depth),
      kept,
      { ...kept, dtype: n.opt(4)?.dtype ?? kept.dtype },
      scoresOf,
    ],
  };
};

/** A cache that is as long as it will ever be stays so; one that grows holds the past and what is new. */
function grownTo(cache: readonly Dim[], stated: Dim, now: Dim): Dim {
  const past = cache[2] as Dim;
  const appended = add(past, now);
  if (typeof past === 'number' && typeof stated === 'number') return past >= stated ? past : stated;
  return appended;
}

/** Tokens of several texts without padding; as many products as with it. */
const packedAttention: Entry = (n) => {
  const projects = n.proto.opType === 'PackedAttention';
  const [batch, length] = n.in(projects ? 3 : 4).shape as readonly [Dim, Dim];
  const heads = headsOf(n);
  const x = n.in(0);
  const tokens = x.shape[0] as Dim;
  const { dtype } = x;
  const all = projects ? (n.in(1).shape[1] as Dim) : null;
  const values = all === null ? null : (n.ints('qkv_hidden_sizes')?.[2] ?? floordiv(all, 3));
  const hidden = all === null ? null : (n.ints('qkv_hidden_sizes')?.[0] ?? floordiv(all, 3));
  const packed = x.shape.length === 4;
  const width = hidden ?? (packed ? mul(heads, x.shape[3] as Dim) : (x.shape[1] as Dim));
  const out = values ?? (packed || !n.has(2) ? width : (n.in(2).shape[1] as Dim));
  const inner = scores({
    dtype,
    batch,
    q: { heads, length, depth: floordiv(width, heads) },
    k: { heads, length, depth: floordiv(width, heads) },
    v: { heads, length, depth: floordiv(out, heads) },
    masked: n.has(projects ? 5 : 6),
  });
  const before =
    all === null
      ? n.has(3)
        ? [perElement('add', { dtype, shape: [tokens, add(mul(2, width), out)] })]
        : []
      : [projection(dtype, tokens, x.shape[1] as Dim, all, true)];
  const effect = precededBy(projects ? renamed(inner, 'multi_head_attention') : inner, ...before);
  return { ...effect, outputs: [{ dtype, shape: [tokens, out] }] };
};

const quantized: Entry = (n) => {
  const dtype = n.in(3).dtype;
  const effect = projected(n, n.in(0), n.in(1), { dtype, bias: true, masks: [5], past: 8, pastLength: -1 });
  return operands(effect, n.in(0).dtype, n.in(1).dtype);
};

const rotary: Entry = (n) => {
  const x = n.in(0);
  const heads = n.int('num_heads', 0);
  const part = n.int('rotary_embedding_dim', 0);
  const depth = x.shape.length === 4 ? (x.shape[3] as Dim) : heads > 0 ? floordiv(x.shape.at(-1) as Dim, heads) : null;
  const share = part === 0 || depth === null ? numel(x.shape) : mul(floordiv(numel(x.shape), depth), part);
  return rotated([x], x.dtype, share);
};

/** sin and cos of the embedding, then q·cos + rotated q·sin, and the same for k. */
const gemmaRotary: Entry = (n) => {
  const [embedding, q, k] = [n.in(0), n.in(1), n.in(3)];
  return together(
    'rotary_embedding',
    [q, k],
    [
      perElement('sin', embedding),
      perElement('cos', embedding),
      rotated([q], q.dtype, numel(q.shape)),
      rotated([k], k.dtype, numel(k.shape)),
    ],
  );
};

export const attentions: Dialect = byName({
  Attention: {
    weights: [1, 2],
    run: (n) =>
      projected(n, n.in(0), n.in(1), { dtype: n.in(0).dtype, bias: n.has(2), masks: [3, 5], past: 4, pastLength: 6 }),
  },
  DecoderMaskedSelfAttention: {
    weights: [1, 2],
    run: (n) =>
      projected(n, n.in(0), n.in(1), { dtype: n.in(0).dtype, bias: n.has(2), masks: [3, 5], past: 4, pastLength: 6 }),
  },
  QAttention: { weights: [1, 2], scales: [3, 4], run: quantized },
  MultiHeadAttention: { weights: [3], run: multiHead },
  DecoderMaskedMultiHeadAttention: multiHead,
  GroupQueryAttention: { weights: [14, 15], scales: [7, 8], run: grouped },
  PackedAttention: { weights: [1, 2], run: packedAttention },
  PackedMultiHeadAttention: { weights: [3], run: packedAttention },
  RotaryEmbedding: { scales: [1, 2, 3], run: rotary },
  MRotaryEmbedding: { scales: [2, 3], run: rotary },
  GemmaRotaryEmbedding: gemmaRotary,
  ...sparse,
  RelativePositionBias: (n) => {
    const table = n.in(0);
    const [q, k] = [n.value(1)?.[0] ?? (n.fresh(1)[0] as Dim), n.value(2)?.[0] ?? (n.fresh(1)[0] as Dim)];
    return nothing('relative_position_bias', [{ dtype: table.dtype, shape: [1, table.shape[1] as Dim, q, k] }]);
  },
  GatedRelativePositionBias: (n) => gatedPositionBias(n.in(0), n.in(2), n.in(3)),
});
