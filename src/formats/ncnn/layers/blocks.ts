import { add, type Dim } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  attention,
  batchNorm,
  binary,
  type Effect,
  followedBy,
  groupNorm,
  instanceNorm,
  layerNorm,
  linear,
  meanVarianceNorm,
  nonMaxSuppression,
  type RnnKind,
  rmsNorm,
  rnn,
  rotary,
  typedAs,
} from '../../../ops/index.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import { batched, type NcnnLayer, type Table, unbatched } from './table.js';

/** Normalisation, recurrent layers, attention, and what comes out of detectors. */

const batchNormRule: Table[string] = (n) => {
  const channels = n.attrs.number(0);
  const weight = n.weight('slope', [channels]);
  n.weight('mean', [channels], { kind: 'buffer' });
  n.weight('variance', [channels], { kind: 'buffer' });
  const bias = n.weight('bias', [channels]);
  return unbatched(batchNorm(batched(n.in(0)), { weight, bias }, { batchStatistics: false }));
};

/** A factor a channel, and what is added; of the second input where the file has none. */
const scaleRule: Table[string] = (n) => {
  const size = n.attrs.number(0);
  const x = n.in(0);
  const one: TensorType = { dtype: x.dtype, shape: [] };
  if (size !== -233) n.weight('scale', [size]);
  const scaled = binary('mul', x, one);
  if (n.attrs.number(1) === 0) return scaled;
  n.weight('bias', [size === -233 ? n.extent(x.shape[0]) : size]);
  return followedBy(scaled, binary('add', x, one));
};

/** The innermost axes, so many that they hold as many elements as the weight. */
function normalised(n: NcnnLayer, size: number): readonly Dim[] {
  const { shape } = n.in(0);
  for (let axes = 1; axes <= shape.length; axes++) {
    const inner = shape.slice(-axes);
    if (numel(inner) === size) return inner;
  }
  throw n.error(`${size} elements are not innermost axes of ${shape.map(String).join('×')}`);
}

const affine = (n: NcnnLayer, size: number): { weight: TensorType | null; bias: TensorType | null } =>
  n.attrs.number(2, 1) === 0
    ? { weight: null, bias: null }
    : { weight: n.weight('gamma', [size]), bias: n.weight('beta', [size]) };

const KINDS: Readonly<Record<string, RnnKind>> = { RNN: 'rnn_tanh', LSTM: 'lstm', GRU: 'gru' };
const GATES: Readonly<Record<RnnKind, number>> = { rnn_tanh: 1, rnn_relu: 1, lstm: 4, gru: 3 };

/** Steps × features; setting 1 counts the weights of the input, of all directions. */
const recurrentRule: Table[string] = (n) => {
  const { attrs, node } = n;
  const kind = KINDS[node.opType] as RnnKind;
  const outputs = attrs.number(0);
  const hidden = kind === 'lstm' ? attrs.number(3, outputs) || outputs : outputs;
  const directions = attrs.number(2) === 2 ? 2 : 1;
  const gates = GATES[kind];
  const inputs = attrs.number(1) / (directions * gates * hidden);
  n.weight('weight_xc', [directions, gates * hidden, inputs]);
  n.weight('bias_c', [directions, kind === 'gru' ? 4 : gates, hidden]);
  n.weight('weight_hc', [directions, gates * hidden, outputs]);
  const projection = outputs === hidden ? 0 : outputs;
  if (projection > 0) n.weight('weight_hr', [directions, projection, hidden]);
  const resetsProduct = kind === 'gru';
  return rnn(n.in(0), { kind, hidden, biases: 1, resetsProduct, bidirectional: directions === 2, projection });
};

/** Queries, keys and values by a matrix each, attention, and a matrix after it. */
const multiHeadRule: Table[string] = (n) => {
  const { attrs } = n;
  const width = attrs.number(0);
  const heads = attrs.number(1, 1);
  const depth = width / heads;
  if (!Number.isInteger(depth)) throw n.error(`a width of ${width} does not divide into ${heads} heads`);
  const plain = attrs.number(7) === 0;
  if (!plain) throw new Unsupported('it keeps keys and values of earlier steps');
  // Keys are the queries where they are not given, and values the keys.
  const masked = attrs.number(5) !== 0;
  const given = n.count - (masked ? 1 : 0);
  const q = n.value(0);
  const k = given > 1 ? n.value(1) : q;
  const v = given > 2 ? n.value(2) : k;
  const mask = masked ? n.value(n.count - 1) : null;
  const features = [attrs.number(2) / width, attrs.number(3, width), attrs.number(4, width)];
  const projected = [q, k, v].map((value, i) => {
    const name = ['q', 'k', 'v'][i] as string;
    const weight = n.stored(`${name}_weight`, [width, features[i] as number]);
    const bias = n.stored(`${name}_bias`, [width]);
    if (value.type === null) throw new Unsupported(`the shape of its input ${value.name ?? ''} is not known`, i);
    return n.apply(linear(value.type, weight.type as TensorType, bias.type), [value, weight, bias]);
  });
  const parted = projected.map(({ type }): TensorType => {
    const { dtype, shape } = type as TensorType;
    return { dtype, shape: [heads, ...shape.slice(0, -1), depth] };
  }) as [TensorType, TensorType, TensorType];
  const seen = attention(...parted, { mask: mask?.type ?? null });
  const joined: TensorType = { dtype: parted[0].dtype, shape: [parted[0].shape[1] as Dim, width] };
  const mixed = n.apply({ ...seen, outputs: [joined] }, [...projected, mask]);
  const weight = n.stored('out_weight', [features[0] as number, width]);
  const bias = n.stored('out_bias', [features[0] as number]);
  return [n.apply(linear(joined, weight.type as TensorType, bias.type), [mixed, weight, bias])];
};

/** Heads × positions × depth; fewer heads of keys are shared. With a cache those of earlier steps are in front. */
const attentionRule: Table[string] = (n) => {
  const { attrs } = n;
  const [q, key, value] = [n.in(0), n.in(1), n.in(2)];
  const masked = attrs.number(5) !== 0;
  const mask = masked ? q : null; // its own sizes do not matter
  if (attrs.number(7) === 0) return attention(q, key, value, { mask, grouped: q.shape[0] !== key.shape[0] });
  const at = masked ? 4 : 3;
  const cached = n.has(at) ? n.value(at).type : null;
  const past = cached === null ? n.symbol('past') : (cached.shape.at(-2) as Dim);
  const longer = (t: TensorType): TensorType => ({
    dtype: t.dtype,
    shape: [...t.shape.slice(0, -2), add(past, t.shape.at(-2) as Dim), t.shape.at(-1) as Dim],
  });
  const [k, v] = [longer(key), longer(value)];
  const seen: Effect = attention(q, k, v, { mask, grouped: true, atEnd: true });
  return { ...seen, outputs: [...seen.outputs, k, v] };
};

/** As many boxes as are found, each a class, a score and four edges. */
const detectionRule: Table[string] = (n) => {
  n.in(0);
  return typedAs(nonMaxSuppression([n.fresh('boxes'), 6]), 'float32');
};

export const blocks: Table = {
  BatchNorm: batchNormRule,
  Scale: scaleRule,
  LayerNorm: (n) => layerNorm(n.in(0), normalised(n, n.attrs.number(0)), affine(n, n.attrs.number(0))),
  RMSNorm: (n) => {
    const size = n.attrs.number(0);
    return rmsNorm(n.in(0), normalised(n, size), n.attrs.number(2, 1) === 0 ? null : n.weight('gamma', [size]));
  },
  GroupNorm: (n) =>
    unbatched(
      groupNorm(batched(n.in(0)), n.attrs.number(0, 1), affineOfChannels(n, n.attrs.number(1), n.attrs.number(3, 1))),
    ),
  InstanceNorm: (n) =>
    instanceNorm(n.in(0), affineOfChannels(n, n.attrs.number(0), n.attrs.number(2, 1)), { spatialAxes: 2 }),
  MVN: (n) => {
    const { shape } = n.in(0);
    const inner = shape.map((_, i) => i).slice(n.attrs.number(1) === 0 ? 1 : 0);
    return meanVarianceNorm(n.in(0), inner, n.attrs.number(0) !== 0);
  },
  RNN: recurrentRule,
  LSTM: recurrentRule,
  GRU: recurrentRule,
  MultiHeadAttention: multiHeadRule,
  SDPA: attentionRule,
  RotaryEmbed: (n) => rotary(n.in(0), n.in(0).shape.at(-1) as Dim),
  DetectionOutput: detectionRule,
  YoloDetectionOutput: detectionRule,
  Yolov3DetectionOutput: detectionRule,
  Proposal: detectionRule,
};

function affineOfChannels(
  n: NcnnLayer,
  channels: number,
  learned: number,
): { weight: TensorType | null; bias: TensorType | null } {
  if (learned === 0) return { weight: null, bias: null };
  return { weight: n.weight('gamma', [channels]), bias: n.weight('beta', [channels]) };
}
