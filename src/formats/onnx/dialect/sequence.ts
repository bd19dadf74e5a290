import { add, type Dim, floordiv, isStatic, mul, product, sum } from '../../../dim/index.js';
import { Unsupported } from '../../../graph/errors.js';
import {
  attention,
  axisOf,
  classLoss,
  fft,
  foldReduce,
  groupNorm,
  type LossReduction,
  layerNorm,
  lpNormalize,
  nothing,
  type Reduction,
  type RnnKind,
  reduce,
  rmsNorm,
  rnn,
  rotated,
  softmax,
  stft,
  topk,
  type WindowFunction,
  windowFunction,
  withValue,
} from '../../../ops/index.js';
import { byName } from '../../../source/by-name.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import type { Dialect, Entry, OnnxNode, Operator } from '../node.js';

/** Axes by attribute before opset 18 (ReduceSum 13), by input since; none given means all, or with `noop` none. */
const reduced =
  (op: Reduction): Entry =>
  (n) => {
    const x = n.in(0);
    const axes = n.intsOr('axes', 1, 'axes');
    const none = axes === null || axes.length === 0;
    if (none && n.int('noop_with_empty_axes', 0) === 1) return nothing('identity', [{ ...x, view: 0 }]);
    const effect = reduce(op, x, none ? null : axes, { keepdim: n.int('keepdims', 1) === 1 });
    const fold = op === 'sum' || op === 'prod' || op === 'max' || op === 'min' ? op : null;
    const all = none || axes.length === x.shape.length;
    return fold !== null && all && x.shape.length <= 1 ? withValue(effect, foldReduce(fold, x)) : effect;
  };

/** Position of the largest or smallest; known where the numbers are, as those of a shape. */
const extreme =
  (op: 'argmax' | 'argmin'): Entry =>
  (n) => {
    const x = n.in(0);
    const effect = reduce(op, x, [n.int('axis', 0)], { keepdim: n.int('keepdims', 1) === 1 });
    const value = x.shape.length === 1 ? n.value(0) : undefined;
    if (value === undefined || value.length === 0 || !value.every(isStatic)) return effect;
    const numbers = value.map(Number);
    const best = op === 'argmax' ? Math.max(...numbers) : Math.min(...numbers);
    const at = n.int('select_last_index', 0) === 1 ? numbers.lastIndexOf(best) : numbers.indexOf(best);
    return withValue(effect, [at]);
  };

/** Before opset 13 everything from `axis` on is one row. */
const soft =
  (log: boolean): Entry =>
  (n) => {
    const x = n.in(0);
    const axis = n.int('axis', n.opset < 13 ? 1 : -1);
    if (n.opset >= 13) return softmax(x, axis, log);
    const at = axis < 0 ? axis + x.shape.length : axis;
    const flat = softmax(
      { dtype: x.dtype, shape: [product(x.shape.slice(0, at)), product(x.shape.slice(at))] },
      1,
      log,
    );
    return { ...flat, outputs: [{ dtype: x.dtype, shape: x.shape }] };
  };

const layer: Entry = (n) => {
  const x = n.in(0);
  const axis = axisOf(n.int('axis', -1), x.shape.length, 'LayerNormalization');
  const effect = layerNorm(x, x.shape.slice(axis), { weight: n.opt(1), bias: n.opt(2) });
  const kept: TensorType = { dtype: 'float32', shape: x.shape.map((d, i) => (i < axis ? d : 1)) };
  return { ...effect, outputs: [...effect.outputs, kept, kept] };
};

const rms: Entry = (n) => {
  const x = n.in(0);
  const axis = axisOf(n.int('axis', -1), x.shape.length, 'RMSNormalization');
  const effect = rmsNorm(x, x.shape.slice(axis), n.opt(1));
  return {
    ...effect,
    outputs: [...effect.outputs, { dtype: 'float32', shape: x.shape.map((d, i) => (i < axis ? d : 1)) }],
  };
};

const ACTIVATIONS: Readonly<Record<string, RnnKind>> = byName({ Tanh: 'rnn_tanh', Relu: 'rnn_relu' });

/** W is directions × gates·H × X (`turned`: × X × gates·H), R directions × gates·H × P. Y is L×directions×N×H; `layout` 1 puts the batch first. */
export const recurrent =
  (kind: RnnKind, gates: number, turned = false): Entry =>
  (n) => {
    const [x, w] = [n.in(0), n.in(1)];
    const first = n.attribute('activations')?.strings?.[0];
    const own = kind === 'rnn_tanh' && typeof first === 'string' ? (ACTIVATIONS[first] ?? kind) : kind;
    const stated = n.int('hidden_size');
    const rows = w.shape[turned ? 2 : 1];
    const hidden = stated ?? (typeof rows === 'number' ? rows / gates : null);
    if (hidden === null) throw new Unsupported('its hidden size is symbolic');
    const directions = n.text('direction', 'forward') === 'bidirectional' ? 2 : 1;
    const batchFirst = n.int('layout', 0) === 1;
    const [steps, batch] = batchFirst ? [x.shape[1] as Dim, x.shape[0] as Dim] : [x.shape[0] as Dim, x.shape[1] as Dim];
    // Sequences of a batch that end early are not computed further.
    const lengths = n.has(4) ? n.value(4) : null;
    const taken = lengths === null || lengths === undefined ? mul(steps, batch) : sum(lengths);
    const bias = n.has(3);
    const effect = rnn(x, {
      kind: own,
      hidden,
      bidirectional: directions === 2,
      bias,
      batchFirst,
      rows: taken,
      peepholes: kind === 'lstm' && n.has(7),
    });
    const of = (shape: readonly Dim[]): TensorType => ({ dtype: x.dtype, shape });
    const last = of(batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]);
    const all = of(batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]);
    return { ...effect, outputs: kind === 'lstm' ? [all, last, last] : [all, last] };
  };

/**
 * Attention (opset 23): q, k, v are N×heads×L×D or N×L×heads·D; past keys and values are put in front. Heads of k and v may
 * be fewer than those of q.
 */
const attend: Entry = (n) => {
  const [q, k, v] = [
    heads(n, n.in(0), 'q_num_heads'),
    heads(n, n.in(1), 'kv_num_heads'),
    heads(n, n.in(2), 'kv_num_heads'),
  ];
  const [pastK, pastV] = [n.opt(4), n.opt(5)];
  const grown = (now: TensorType, past: TensorType | null): TensorType =>
    past === null
      ? now
      : { dtype: now.dtype, shape: now.shape.map((d, i) => (i === 2 ? add(d, past.shape[2] as Dim) : d)) };
  const [allK, allV] = [grown(k, pastK), grown(v, pastV)];
  const effect = attention(q, allK, allV, { mask: n.opt(3), causal: n.int('is_causal', 0) === 1, grouped: true });
  const out = effect.outputs[0] as TensorType;
  const flat = n.in(0).shape.length === 3;
  const [b, h, l, d] = out.shape as readonly [Dim, Dim, Dim, Dim];
  const first = flat ? { dtype: out.dtype, shape: [b, l, mul(h, d)] } : out;
  return { ...effect, outputs: [first, allK, allV, { dtype: out.dtype, shape: [b, h, l, allK.shape[2] as Dim] }] };
};

function heads(n: OnnxNode, x: TensorType, attribute: string): TensorType {
  if (x.shape.length === 4) return x;
  const count = n.int(attribute);
  if (count === null || x.shape.length !== 3) throw new Unsupported(`${attribute} is not given`);
  const [b, l, width] = x.shape as readonly [Dim, Dim, Dim];
  return { dtype: x.dtype, shape: [b, count, l, floordiv(width, count)] };
}

/** Rotates pairs: two products and one sum or difference for each of the two. */
const rotary: Entry = (n) => {
  const x = n.in(0);
  const part = n.int('rotary_embedding_dim', 0);
  const depth =
    x.shape.length === 4 ? (x.shape[3] as Dim) : floordiv(x.shape.at(-1) as Dim, Math.max(1, n.int('num_heads', 1)));
  const share = part === 0 ? numel(x.shape) : mul(floordiv(numel(x.shape), depth), part);
  return rotated([x], x.dtype, share);
};

const fourier: Entry = (n) => {
  const x = n.in(0);
  const rank = x.shape.length;
  const axis = n.opset < 20 ? n.int('axis', 1) : n.has(2) ? n.value(2)?.[0] : -2;
  const inverse = n.int('inverse', 0) === 1;
  const oneSided = n.int('onesided', 0) === 1;
  if (typeof axis !== 'number') throw new Unsupported('its axis is not known');
  const at = axis < 0 ? axis + rank : axis;
  const extent = x.shape[at] as Dim;
  const natural = oneSided && inverse ? mul(2, add(extent, -1)) : extent;
  const length = n.has(1) ? (n.value(1)?.[0] ?? (n.fresh(1)[0] as Dim)) : natural;
  const bins = oneSided && !inverse ? add(floordiv(length, 2), 1) : length;
  const shape = x.shape.map((d, i) => (i === at ? bins : i === rank - 1 ? (inverse && oneSided ? 1 : 2) : d));
  const rows = product(x.shape.filter((_, i) => i !== at && i !== rank - 1));
  return fft(x.dtype, { dtype: x.dtype, shape }, [{ rows, length }]);
};

export const sequence: Dialect = byName({
  ReduceSum: reduced('sum'),
  ReduceMean: reduced('mean'),
  ReduceMax: reduced('max'),
  ReduceMin: reduced('min'),
  ReduceProd: reduced('prod'),
  ReduceL1: reduced('l1'),
  ReduceL2: reduced('l2'),
  ReduceLogSum: reduced('log_sum'),
  ReduceLogSumExp: reduced('logsumexp'),
  ReduceSumSquare: reduced('sum_square'),
  ArgMax: extreme('argmax'),
  ArgMin: extreme('argmin'),
  TopK: (n) => {
    const k = n.opset < 10 ? n.int('k', 1) : (n.value(1)?.[0] ?? (n.fresh(1)[0] as Dim));
    return topk(n.in(0), k, n.int('axis', -1));
  },
  Softmax: soft(false),
  LogSoftmax: soft(true),
  LayerNormalization: { weights: [1, 2], run: layer },
  RMSNormalization: { weights: [1], run: rms },
  GroupNormalization: {
    weights: [1, 2],
    run: (n) => groupNorm(n.in(0), n.int('num_groups', 1), { weight: n.in(1), bias: n.in(2) }),
  },
  LpNormalization: (n) => lpNormalize(n.in(0), n.int('axis', -1), n.int('p', 2)),
  RNN: { weights: [1, 2, 3], states: [5], run: recurrent('rnn_tanh', 1) },
  GRU: { weights: [1, 2, 3], states: [5], run: recurrent('gru', 3) },
  LSTM: { weights: [1, 2, 3, 7], states: [5, 6], run: recurrent('lstm', 4) },
  Attention: attend,
  RotaryEmbedding: { scales: [1, 2, 3], run: rotary },
  DFT: fourier,
  STFT: (n) => {
    const x = n.in(0);
    const step = n.value(1)?.[0];
    const frame = n.value(3)?.[0] ?? (n.has(2) ? n.in(2).shape[0] : undefined);
    if (typeof step !== 'number' || typeof frame !== 'number')
      throw new Unsupported('its frame step or length is not known');
    const frames = add(floordiv(add(x.shape[1] as Dim, -frame), step), 1);
    const bins = n.int('onesided', 1) === 1 ? Math.floor(frame / 2) + 1 : frame;
    const rows = mul(x.shape[0] as Dim, frames);
    const out: TensorType = { dtype: x.dtype, shape: [x.shape[0] as Dim, frames, bins, 2] };
    return stft(x, out, rows, frame, n.has(2));
  },
  ...windowFunctions(),
  SoftmaxCrossEntropyLoss: (n) => {
    const scores = n.in(0);
    const effect = classLoss(scores, 1, n.in(1).shape, reductionOf(n), true);
    return { ...effect, outputs: [...effect.outputs, { dtype: scores.dtype, shape: scores.shape }] };
  },
  NegativeLogLikelihoodLoss: (n) => classLoss(n.in(0), 1, n.in(1).shape, reductionOf(n), false),
});

function reductionOf(n: OnnxNode): LossReduction {
  const how = n.text('reduction', 'mean');
  return how === 'none' || how === 'sum' ? how : 'mean';
}

function windowFunctions(): Dialect {
  const made = (kind: WindowFunction): Operator => ({
    settings: [0],
    run: (n) => windowFunction(kind, n.dtype('output_datatype', 'float32'), n.value(0)?.[0] ?? (n.fresh(1)[0] as Dim)),
  });
  return {
    HannWindow: made('hann'),
    HammingWindow: made('hamming'),
    BlackmanWindow: made('blackman'),
    MelWeightMatrix: (n) => {
      const [bins, length] = [n.value(0)?.[0] ?? (n.fresh(1)[0] as Dim), n.value(1)?.[0]];
      const rows = length === undefined ? (n.fresh(1)[0] as Dim) : add(floordiv(length, 2), 1);
      return nothing('mel_weights', [{ dtype: n.dtype('output_datatype', 'float32'), shape: [rows, bins] }]);
    },
  };
}
