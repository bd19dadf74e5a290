import { add, type Dim, floordiv, isStatic, mul, sum } from '../../../../dim/index.js';
import { Unsupported } from '../../../../graph/errors.js';
import {
  type Effect,
  followedBy,
  pairedAttention,
  perElement,
  precededBy,
  projection,
  rotated,
  together,
} from '../../../../ops/index.js';
import { byName } from '../../../../source/by-name.js';
import type { TensorType } from '../../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode } from '../../node.js';
import { headsOf } from './heads.js';

/**
 * Attention in which not every query meets every key: in windows, in blocks, over pages of a cache. Where a file holds what
 * decides the pairs they are counted, else their number is a free dimension. Definitions:
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */

/** Contents of an input, where all of them are numbers. */
function numbers(n: OnnxNode, i: number): readonly number[] | undefined {
  const value = n.has(i) ? n.value(i) : undefined;
  return value?.every(isStatic) ? value.map(Number) : undefined;
}

/** Where the inputs are: the quantised spelling has scales between them. */
interface LongformerSlots {
  readonly weight: number;
  readonly bias: number;
  readonly globalWeight: number;
  readonly globalBias: number;
  readonly global: number;
}

/**
 * Each token meets `window` tokens on either side, itself and the global ones; a global token meets all. Everything is
 * projected twice, the second time for what global tokens ask and are asked.
 */
const longformer =
  (slots: LongformerSlots): Entry =>
  (n): Effect => {
    const x = n.in(0);
    const [batch, length, width] = x.shape as readonly [Dim, Dim, Dim];
    const heads = headsOf(n);
    const depth = floordiv(width, heads);
    const mask = numbers(n, slots.global);
    const global = mask === undefined ? n.free('global') : mask.filter((v) => v !== 0).length / Number(batch);
    const side = n.int('window', 1);
    // Windows are computed whole, also where they hang over the ends.
    const local = mul(length, add(2 * side + 1, global));
    const pairs = mul(batch, heads, add(local, mul(global, length)));
    const rows = mul(batch, heads, add(length, global));
    const tokens = mul(batch, length);
    const projected = (weight: TensorType, bias: boolean): Effect =>
      projection(x.dtype, tokens, weight.shape[0] as Dim, weight.shape[1] as Dim, bias);
    return together(
      'multi_head_attention',
      [{ dtype: x.dtype, shape: x.shape }],
      [
        projected(n.in(slots.weight), n.has(slots.bias)),
        projected(n.in(slots.globalWeight), n.has(slots.globalBias)),
        pairedAttention([], { dtype: x.dtype, pairs, rows, depth, valueDepth: depth, masked: true }),
      ],
      { attrs: { num_heads: heads, embed_dim: width } },
    );
  };

/**
 * Blocks of keys for blocks of queries, by row in compressed form, for one layout or several that heads take in turn.
 * Inputs: q, k, v, caches of keys and values, starts of rows, columns, total length, lengths of each text, cos, sin.
 */
const blockSparse: Entry = (n): Effect => {
  const query = n.in(0);
  const [heads, kvHeads] = [headsOf(n), headsOf(n, 'kv_num_heads')];
  const [batch, length, width] = query.shape as readonly [Dim, Dim, Dim];
  const packed = !n.has(1);
  const depth = floordiv(width, packed ? heads + 2 * kvHeads : heads);
  const now = packed ? length : (n.in(1).shape[1] as Dim);
  const { dtype } = query;
  const perText = blockPairs(n, heads, length) ?? mul(n.free('blocks'), n.int('sparse_block_size', 1) ** 2);
  const inner = pairedAttention([{ dtype, shape: [batch, length, mul(heads, depth)] }, n.in(3), n.in(4)], {
    dtype,
    pairs: mul(batch, perText),
    rows: mul(batch, heads, length),
    depth,
    valueDepth: depth,
    masked: true,
  });
  return n.int('do_rotary', 0) === 1
    ? precededBy(inner, rotated([], dtype, mul(add(mul(length, heads), mul(now, kvHeads)), batch, depth)))
    : inner;
};

/** Pairs of one text over all heads, where layout and lengths are known: each query meets whole blocks of its row. */
function blockPairs(n: OnnxNode, heads: number, length: Dim): number | undefined {
  const starts = numbers(n, 5);
  const total = numbers(n, 7)?.[0];
  const [layouts, columns] = n.in(5).shape;
  if (starts === undefined || total === undefined || typeof length !== 'number') return undefined;
  if (typeof layouts !== 'number' || typeof columns !== 'number' || layouts < 1) return undefined;
  const size = n.int('sparse_block_size', 1);
  let pairs = 0;
  for (let head = 0; head < heads; head++)
    for (let position = total - length; position < total; position++) {
      const row = (head % layouts) * columns + Math.floor(position / size);
      pairs += ((starts[row + 1] ?? 0) - (starts[row] ?? 0)) * size;
    }
  return pairs;
}

/**
 * Tokens of several texts, with what went before in pages. Inputs: q, k, v, caches of keys and values, where each text
 * begins, how much each has in the cache, tables of pages, cos, sin.
 */
const paged: Entry = (n): Effect => {
  const query = n.in(0);
  const [heads, kvHeads] = [headsOf(n), headsOf(n, 'kv_num_heads')];
  const [tokens, width] = query.shape as readonly [Dim, Dim];
  const packed = !n.has(1);
  const depth = floordiv(width, packed ? heads + 2 * kvHeads : heads);
  const { dtype } = query;
  const before = n.int('do_rotary', 0) === 1 ? [rotated([], dtype, mul(tokens, heads + kvHeads, depth))] : [];
  const pairs = mul(heads, pagedPairs(n, tokens));
  const capped = n.float('softcap', 0) > 0 ? [perElement('softcap', { dtype, shape: [pairs] })] : [];
  const outputs = [{ dtype, shape: [tokens, mul(heads, depth)] }, n.in(3), ...(n.has(4) ? [n.in(4)] : [])];
  const of = { dtype, pairs, rows: mul(tokens, heads), depth, valueDepth: depth, masked: true };
  return followedBy(precededBy(pairedAttention(outputs, of), ...before), ...capped);
};

/** Pairs of one head: of each text its tokens × (what is in the cache + its tokens). */
function pagedPairs(n: OnnxNode, tokens: Dim): Dim {
  const [starts, past] = [numbers(n, 5), numbers(n, 6)];
  if (starts !== undefined && past !== undefined)
    return sum(
      past.map(
        (kept, i) => ((starts[i + 1] ?? 0) - (starts[i] ?? 0)) * (kept + (starts[i + 1] ?? 0) - (starts[i] ?? 0)),
      ),
    );
  // One text has all the tokens.
  if (n.in(6).shape[0] === 1) return mul(tokens, add(n.value(6)?.[0] ?? n.free('past'), tokens));
  return n.free('pairs');
}

/**
 * Attention of a decoder over itself or over an encoder, L×N×width: keys and values are projected, unless they are static
 * and in the cache. Inputs: query, key, its weight, that of keys and values, bias, padding, two caches, then four switches.
 */
const decoder: Entry = (n): Effect => {
  const [query, key] = [n.in(0), n.in(1)];
  const heads = headsOf(n);
  const [length, batch, width] = query.shape as readonly [Dim, Dim, Dim];
  const [fixed, cached] = [n.value(8)?.[0], n.value(9)?.[0]];
  if (fixed === undefined || cached === undefined || !isStatic(fixed) || !isStatic(cached))
    throw new Unsupported(
      'whether it projects or takes the cache is an input: give it a value',
      fixed === undefined ? 8 : 9,
    );
  const [isFixed, usesCache] = [Number(fixed) !== 0, Number(cached) !== 0];
  const cache = usesCache && n.has(6) ? (n.in(6).shape[2] as Dim) : 0;
  const made = isFixed ? (usesCache ? 0 : (key.shape[0] as Dim)) : length;
  const keys = isFixed && usesCache ? cache : add(made, isFixed ? 0 : cache);
  const depth = floordiv(width, heads);
  const { dtype } = query;
  const state = { dtype, shape: [batch, heads, keys, depth] };
  const projected = (rows: Dim, weight: TensorType): Effect =>
    projection(dtype, mul(rows, batch), weight.shape[0] as Dim, weight.shape[1] as Dim, true);
  return together(
    'multi_head_attention',
    [query, state, state],
    [
      projected(length, n.in(2)),
      ...(made === 0 ? [] : [projected(made, n.in(3))]),
      pairedAttention([], {
        dtype,
        pairs: mul(batch, heads, length, keys),
        rows: mul(batch, heads, length),
        depth,
        valueDepth: depth,
        masked: n.has(5),
      }),
    ],
    { attrs: { num_heads: heads, embed_dim: width } },
  );
};

export const sparse: Dialect = byName({
  LongformerAttention: longformer({ weight: 1, bias: 2, globalWeight: 4, globalBias: 5, global: 6 }),
  QOrderedLongformerAttention: longformer({ weight: 2, bias: 4, globalWeight: 8, globalBias: 10, global: 12 }),
  SparseAttention: { scales: [9, 10], run: blockSparse },
  PagedAttention: { scales: [8, 9], run: paged },
  DecoderAttention: decoder,
});
