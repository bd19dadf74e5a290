import { type Dim, product } from '../../../dim/index.js';
import type { Value } from '../../../ledger/index.js';
import * as ops from '../../../ops/index.js';
import type { TensorType } from '../../../tensor/index.js';
import type { Layer, LayerRule, LayerTable } from '../layer.js';

/** A projection to heads of a depth; its kernel keeps the axis of heads. */
function project(layer: Layer, name: string, x: Value, heads: number, depth: number): Value {
  const features = layer.extent(x, -1);
  const kernel = layer.kernel(`${name}.kernel`, [features, heads, depth], [heads, depth]);
  const bias = layer.config.flag('use_bias', true) ? layer.weight(`${name}.bias`, [heads, depth]) : null;
  const weight: TensorType = { dtype: layer.computeDtype, shape: [heads * depth, features] };
  return layer.apply(ops.linear(layer.typeOf(x), weight, bias?.type ?? null), [x, kernel, bias]);
}

/** Heads put together, and a product over all of them. */
function together(layer: Layer, x: Value, heads: number, depth: number, outputs: readonly number[]): Value {
  const width = outputs.reduce((a, b) => a * b, 1);
  const kernel = layer.kernel('attention_output.kernel', [heads, depth, ...outputs], outputs);
  const bias = layer.config.flag('use_bias', true) ? layer.weight('attention_output.bias', outputs) : null;
  const weight: TensorType = { dtype: layer.computeDtype, shape: [width, heads * depth] };
  const made = layer.apply(ops.linear(layer.typeOf(x), weight, bias?.type ?? null), [x, kernel, bias]);
  const type = layer.typeOf(made);
  if (outputs.length <= 1) return made;
  return layer.apply(ops.view('reshape', type, [...type.shape.slice(0, -1), ...outputs]), [made]);
}

interface Sides {
  readonly query: Value;
  readonly value: Value;
  readonly key: Value;
}

function sidesOf(layer: Layer): Sides {
  const [first, second, third] = layer.tensors;
  const query = layer.tensor(0, 'query') ?? first;
  const value = layer.tensor(1, 'value') ?? second;
  if (query === undefined || value === undefined) throw layer.error('needs a query and a value');
  const key = layer.tensor(2, 'key') ?? (layer.given.args.length > 2 ? third : undefined) ?? value;
  return { query: layer.cast(query), value: layer.cast(value), key: layer.cast(key) };
}

const isCausal = (layer: Layer): boolean => layer.given.kwargs['use_causal_mask'] === true;
const isMasked = (layer: Layer): boolean => layer.tensor(3, 'attention_mask') !== null;

/** Some axes are attended over, the others are a batch of their own. */
function scores(
  layer: Layer,
  { query, key, value }: Sides,
  heads: { readonly queries: number; readonly keys: number; readonly depth: number; readonly valueDepth: number },
  axes: readonly number[] | null,
): Value {
  const parts = (x: Value): { batch: Dim[]; length: Dim } => {
    const shape = layer.shape(x).slice(0, -1);
    const over = axes === null ? [...shape.keys()].slice(1) : axes.map((a) => (a < 0 ? a + shape.length + 1 : a));
    return {
      batch: shape.filter((_, i) => !over.includes(i)),
      length: product(shape.filter((_, i) => over.includes(i))),
    };
  };
  const dtype = layer.computeDtype;
  const [q, k] = [parts(query), parts(key)];
  const type = (side: { batch: Dim[]; length: Dim }, depth: number): TensorType => ({
    dtype,
    shape: [...side.batch, heads.queries, side.length, depth],
  });
  const effect = ops.attention(type(q, heads.depth), type(k, heads.depth), type(k, heads.valueDepth), {
    causal: isCausal(layer),
    mask: isMasked(layer) ? { dtype: 'bool', shape: [] } : null,
    grouped: heads.keys !== heads.queries,
  });
  const shape = [...layer.shape(query).slice(0, -1), heads.queries * heads.valueDepth];
  const out: TensorType = { dtype, shape };
  return layer.apply({ ...effect, outputs: [out] }, [query, key, value]);
}

/** The weights of attention, which a call may ask for beside its result. */
function withScores(layer: Layer, out: Value, { query, key }: Sides, heads: number): readonly Value[] {
  if (layer.given.kwargs['return_attention_scores'] !== true) return [out];
  const lengths = (x: Value): readonly Dim[] => layer.shape(x).slice(1, -1);
  const [batch = 1] = layer.shape(query);
  const type: TensorType = { dtype: layer.computeDtype, shape: [batch, heads, ...lengths(query), ...lengths(key)] };
  return [out, layer.apply(ops.nothing('attention_weights', [type]), [out])];
}

const multiHead: LayerRule = (layer) => {
  const { config } = layer;
  const sides = sidesOf(layer);
  const heads = config.size('num_heads');
  const depth = config.size('key_dim', config.has('head_size') ? config.size('head_size') : undefined);
  const valueDepth = config.size('value_dim', depth);
  const axes = config.has('attention_axes') ? config.integers('attention_axes') : null;
  const query = project(layer, 'query', sides.query, heads, depth);
  const key = project(layer, 'key', sides.key, heads, depth);
  const value = project(layer, 'value', sides.value, heads, valueDepth);
  const gate = config.flag('use_gate', false) ? project(layer, 'gate', sides.query, heads, valueDepth) : null;
  const all = { queries: heads, keys: heads, depth, valueDepth };
  let mixed = scores(layer, { query, key, value }, all, axes);
  if (gate !== null) mixed = gated(layer, mixed, gate);
  const own = config.has('output_shape') ? config.integers('output_shape') : [layer.extent(sides.query, -1)];
  return withScores(layer, together(layer, mixed, heads, valueDepth, own), sides, heads);
};

function gated(layer: Layer, x: Value, gate: Value): Value {
  const open = layer.apply(ops.unary('sigmoid', layer.typeOf(gate)), [gate]);
  return layer.apply(ops.binary('mul', layer.typeOf(x), layer.typeOf(open)), [x, open]);
}

const grouped: LayerRule = (layer) => {
  const { config } = layer;
  const sides = sidesOf(layer);
  const [queries, keys] = [config.size('num_query_heads'), config.size('num_key_value_heads')];
  const depth = config.size('head_dim');
  const query = project(layer, 'query', sides.query, queries, depth);
  const key = project(layer, 'key', sides.key, keys, depth);
  const gate = config.flag('use_gate', false) ? project(layer, 'gate', sides.query, queries, depth) : null;
  const value = project(layer, 'value', sides.value, keys, depth);
  let mixed = scores(layer, { query, key, value }, { queries, keys, depth, valueDepth: depth }, null);
  if (gate !== null) mixed = gated(layer, mixed, gate);
  const out = together(layer, mixed, queries, depth, [layer.extent(sides.query, -1)]);
  return withScores(layer, out, sides, queries);
};

/** Attention without projections: `[query, value]`, or with keys behind. */
function plainSides(layer: Layer): Sides {
  const [query, value, key = value] = layer.tensors.map((t) => layer.cast(t));
  if (query === undefined || value === undefined || key === undefined) throw layer.error('needs a query and a value');
  return { query, value, key };
}

function mixed(layer: Layer, sides: Sides, weights: Value): readonly Value[] {
  const soft = layer.apply(ops.softmax(layer.typeOf(weights), -1), [weights]);
  const out = layer.apply(ops.matmul(layer.typeOf(soft), layer.typeOf(sides.value)), [soft, sides.value]);
  return layer.given.kwargs['return_attention_scores'] === true ? [out, soft] : [out];
}

/** tanh(q + k) of every pair, summed over features: with a weight for each if there is one. */
function additive(layer: Layer, sides: Sides, weight: Value | null): Value {
  const [q, k] = [layer.typeOf(sides.query), layer.typeOf(sides.key)];
  const [batch = 1, lq = 1, depth = 1] = q.shape;
  const pairs: TensorType = { dtype: q.dtype, shape: [batch, lq, k.shape[1] ?? 1, depth] };
  const parts = [
    ops.binary('add', pairs, pairs),
    ops.unary('tanh', pairs),
    ...(weight === null ? [] : [ops.binary('mul', pairs, pairs)]),
    ops.reduce('sum', pairs, [-1]),
  ];
  const out: TensorType = { dtype: q.dtype, shape: pairs.shape.slice(0, -1) };
  return layer.apply(ops.together('sum', [out], parts), [sides.query, sides.key, weight]);
}

const attention: LayerRule = (layer) => {
  const { config } = layer;
  const sides = plainSides(layer);
  const scale = config.flag('use_scale', false) ? layer.weight('scale', []) : null;
  if (config.text('score_mode', 'dot') === 'concat') {
    const weight = layer.weight('concat_score_weight', []);
    return mixed(layer, sides, additive(layer, sides, weight));
  }
  const turned = layer.apply(ops.transpose(layer.typeOf(sides.key), -1, -2), [sides.key]);
  const products = layer.apply(ops.matmul(layer.typeOf(sides.query), layer.typeOf(turned)), [sides.query, turned]);
  if (scale === null) return mixed(layer, sides, products);
  const type = layer.typeOf(products);
  return mixed(layer, sides, layer.apply(ops.binary('mul', type, layer.typeOf(scale)), [products, scale]));
};

const additiveAttention: LayerRule = (layer) => {
  const sides = plainSides(layer);
  const weight = layer.config.flag('use_scale', true) ? layer.weight('scale', [layer.extent(sides.value, -1)]) : null;
  return mixed(layer, sides, additive(layer, sides, weight));
};

export const attentionLayers: LayerTable = {
  MultiHeadAttention: multiHead,
  GroupQueryAttention: grouped,
  GroupedQueryAttention: grouped,
  Attention: attention,
  AdditiveAttention: additiveAttention,
};
