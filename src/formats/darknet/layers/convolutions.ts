import type { Dim } from '../../../dim/index.js';
import type { Value } from '../../../ledger/index.js';
import { binary, conv, convTranspose, type Effect, linear, reshape, rnn, unary } from '../../../ops/index.js';
import { numel, type TensorType } from '../../../tensor/index.js';
import { activate, type DarknetLayer, normalise, type Table } from './table.js';

/** Layers with products: convolutions, matrices, and recurrent layers that are made of them. */

interface Shape {
  readonly filters: number;
  readonly size: number;
  readonly stride: readonly [number, number];
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

function shapeOf(n: DarknetLayer): Shape {
  const { attrs } = n;
  const size = attrs.integer('size', 1);
  const stride = attrs.integer('stride', 1);
  const dilation = size === 1 ? 1 : attrs.integer('dilation', 1);
  return {
    filters: attrs.integer('filters', 1),
    size,
    stride: [
      attrs.integer('stride_y', -1) < 1 ? stride : attrs.integer('stride_y', 1),
      attrs.integer('stride_x', -1) < 1 ? stride : attrs.integer('stride_x', 1),
    ],
    padding: attrs.integer('pad', 0) === 0 ? attrs.integer('padding', 0) : Math.floor(size / 2),
    dilation,
    groups: attrs.integer('groups', 1),
  };
}

/** A convolution with its normalisation and activation; layers that name a `share_index` have the weights of that one. */
function convolved(n: DarknetLayer, given: Value, shape: Shape, prefix = '', otherwise = 'logistic'): Value {
  const { attrs } = n;
  const x = imageOf(n, given);
  const { filters, size, stride, padding, dilation, groups } = shape;
  const channels = n.extent((x.type as TensorType).shape[1]);
  const shared = attrs.integer('share_index', -1);
  const options = shared >= 0 ? { shared: `${shared}.${prefix}weights` } : {};
  const weights = n.stored(`${prefix}weights`, [filters, Math.floor(channels / groups), size, size], options);
  const normalised = attrs.integer('batch_normalize', 0) !== 0;
  const biases = n.stored(`${prefix}biases`, [filters], shared >= 0 ? { shared: `${shared}.${prefix}biases` } : {});
  const effect = conv(x.type as TensorType, weights.type as TensorType, normalised ? null : biases.type, {
    stride: [...stride],
    padding: padding * dilation,
    dilation,
    groups,
  });
  // Weights and inputs of one bit each.
  const binaryWeights = attrs.integer('xnor', 0) !== 0;
  const made = n.apply(binaryWeights ? { ...effect, attrs: { ...effect.attrs, xnor: true } } : effect, [
    x,
    weights,
    ...(normalised ? [] : [biases]),
  ]);
  return activate(n, normalised ? normalise(n, made, filters, biases, prefix) : made, otherwise);
}

/** With `antialiasing` the stride is taken by a blur after it: 3 by 3, or 2 by 2. */
const convolutional: Table[string] = (n) => {
  const shape = shapeOf(n);
  const blur = n.attrs.integer('antialiasing', 0);
  const strided = shape.stride[0] > 1 || shape.stride[1] > 1;
  if (blur === 0 || !strided) return [convolved(n, n.known(0), shape)];
  const made = convolved(n, n.known(0), { ...shape, stride: [1, 1] });
  return [blurred(n, made, blur === 2 ? 2 : 3, shape.stride)];
};

export function blurred(n: DarknetLayer, x: Value, size: number, stride: readonly [number, number]): Value {
  const type = x.type as TensorType;
  const channels = n.extent(type.shape[1]);
  const kernel = n.stored('blur', [channels, 1, size, size], { kind: 'buffer' });
  const effect = conv(type, kernel.type as TensorType, null, {
    stride: [...stride],
    padding: size === 3 ? 1 : 0,
    groups: channels,
  });
  return n.apply(effect, [x, kernel]);
}

/** Every position has weights of its own. */
const local: Table[string] = (n) => {
  const { attrs } = n;
  const x = n.in(0);
  const [filters, size, stride] = [attrs.integer('filters', 1), attrs.integer('size', 1), attrs.integer('stride', 1)];
  const channels = n.extent(x.shape[1]);
  const shared: TensorType = { dtype: x.dtype, shape: [filters, channels, size, size] };
  const padding = attrs.integer('pad', 0) === 0 ? 0 : Math.floor(size / 2);
  const effect = conv(x, shared, null, { stride, padding });
  const positions = (effect.outputs[0]?.shape ?? []).slice(2).map((d) => n.extent(d));
  const places = positions.reduce((a, b) => a * b, 1);
  const weights = n.stored('weights', [places, filters, channels, size, size]);
  const biases = n.stored('biases', [places * filters]);
  const made = n.apply(effect, [n.known(0), weights]);
  const type = made.type as TensorType;
  const added = n.apply(binary('add', type, { dtype: x.dtype, shape: [filters, ...positions] }), [made, biases]);
  return [activate(n, added, 'logistic')];
};

const deconvolutional: Table[string] = (n) => {
  const { attrs } = n;
  const x = n.in(0);
  const [filters, size, stride] = [attrs.integer('filters', 1), attrs.integer('size', 1), attrs.integer('stride', 1)];
  const padding = attrs.integer('pad', 0) === 0 ? attrs.integer('padding', 0) : Math.floor(size / 2);
  const channels = n.extent(x.shape[1]);
  const weights = n.stored('weights', [channels, filters, size, size]);
  const biases = n.stored('biases', [filters]);
  const normalised = attrs.integer('batch_normalize', 0) !== 0;
  const effect = convTranspose(x, weights.type as TensorType, normalised ? null : biases.type, { stride, padding });
  const made = n.apply(effect, [n.known(0), weights, ...(normalised ? [] : [biases])]);
  return [activate(n, normalised ? normalise(n, made, filters, biases) : made, 'logistic')];
};

/** The result of a matrix is an image of one position. */
function imageOf(n: DarknetLayer, value: Value): Value {
  const type = value.type as TensorType;
  return type.shape.length === 2 ? n.apply(reshape(type, [...type.shape, 1, 1]), [value]) : value;
}

/** Everything of one row; the input's axes are laid out in a row first. */
function rowsOf(n: DarknetLayer, value: Value): Value {
  const type = value.type as TensorType;
  if (type.shape.length === 2) return value;
  return n.apply(reshape(type, [type.shape[0] as Dim, numel(type.shape.slice(1))]), [value]);
}

function matrix(
  n: DarknetLayer,
  given: Value,
  outputs: number,
  prefix = '',
  activation: string | null = 'logistic',
): Value {
  const x = rowsOf(n, given);
  const type = x.type as TensorType;
  const weights = n.stored(`${prefix}weights`, [outputs, n.extent(type.shape[1])]);
  const biases = n.stored(`${prefix}biases`, [outputs]);
  const normalised = n.attrs.integer('batch_normalize', 0) !== 0;
  const effect = linear(type, weights.type as TensorType, normalised ? null : biases.type);
  const made = n.apply(effect, [x, weights, ...(normalised ? [] : [biases])]);
  const scaled = normalised ? normalise(n, made, outputs, biases, prefix) : made;
  return activation === null ? scaled : activate(n, scaled, activation);
}

/** From the input to the state, from the state to itself, and from the state to the output. */
const plainRecurrent: Table[string] = (n) => {
  const [hidden, outputs] = [n.attrs.integer('hidden', 1), n.attrs.integer('output', 1)];
  const from = matrix(n, n.known(0), hidden, 'input_');
  const type = from.type as TensorType;
  const kept = matrix(n, from, hidden, 'self_');
  const state = n.apply(binary('add', type, type), [from, kept]);
  return [matrix(n, state, outputs, 'output_')];
};

/** Gates of a recurrent layer, each with a matrix for the input and one for the state. */
const gatedRule =
  (kind: 'gru' | 'lstm'): Table[string] =>
  (n) => {
    const x = rowsOf(n, n.known(0));
    const { dtype, shape } = x.type as TensorType;
    const hidden = n.attrs.integer('output', 1);
    const inputs = n.extent(shape[1]);
    const gates = kind === 'gru' ? 3 : 4;
    const weights = n.stored('input_weights', [gates * hidden, inputs]);
    const states = n.stored('state_weights', [gates * hidden, hidden]);
    const biases = n.stored('biases', [2, gates * hidden]);
    const scales = n.attrs.integer('batch_normalize', 0) === 0 ? [] : scalesOf(n, gates * hidden);
    const steps: TensorType = { dtype, shape: [shape[0] as Dim, 1, inputs] };
    const effect: Effect = rnn(steps, { kind, hidden });
    const out: TensorType = { dtype, shape: [shape[0] as Dim, hidden] };
    return [n.apply({ ...effect, outputs: [out] }, [x, weights, states, biases, ...scales])];
  };

function scalesOf(n: DarknetLayer, width: number): Value[] {
  return [
    n.stored('scales', [2, width]),
    n.stored('rolling_mean', [2, width], { kind: 'buffer' }),
    n.stored('rolling_variance', [2, width], { kind: 'buffer' }),
  ];
}

/** The same with convolutions in place of matrices. */
const convRecurrent: Table[string] = (n) => {
  const { attrs } = n;
  const size = attrs.integer('size', 3);
  const stride = attrs.integer('stride', 1);
  const shape: Shape = {
    filters: attrs.integer('hidden', 1),
    size,
    stride: [stride, stride],
    padding: attrs.integer('pad', 0) === 0 ? attrs.integer('padding', 0) : Math.floor(size / 2),
    dilation: attrs.integer('dilation', 1),
    groups: attrs.integer('groups', 1),
  };
  const from = convolved(n, n.known(0), shape, 'input_');
  const still: Shape = { ...shape, stride: [1, 1] };
  const kept = convolved(n, from, still, 'self_');
  const type = from.type as TensorType;
  const state = n.apply(binary('add', type, type), [from, kept]);
  return [convolved(n, state, { ...still, filters: attrs.integer('output', 1) }, 'output_')];
};

/** Four gates, each a convolution of the input and one of the state; `peephole` adds three of the cell. */
const convLstm: Table[string] = (n) => {
  const { attrs } = n;
  const size = attrs.integer('size', 3);
  const stride = attrs.integer('stride', 1);
  const outputs = attrs.integer('output', 1);
  const shape: Shape = {
    filters: outputs,
    size,
    stride: [stride, stride],
    padding: attrs.integer('pad', 0) === 0 ? attrs.integer('padding', 0) : Math.floor(size / 2),
    dilation: 1,
    groups: attrs.integer('groups', 1),
  };
  const still: Shape = { ...shape, stride: [1, 1] };
  const gates = ['f', 'i', 'g', 'o'].map((gate) => convolved(n, n.known(0), shape, `u${gate}_`, 'linear'));
  const [first] = gates as [Value];
  for (const gate of ['f', 'i', 'g', 'o']) convolved(n, first, still, `w${gate}_`, 'linear');
  if (attrs.integer('peephole', 0) !== 0)
    for (const gate of ['f', 'i', 'o']) convolved(n, first, still, `v${gate}_`, 'linear');
  const type = first.type as TensorType;
  const [forget, enter, candidate, leave] = gates.map((gate, i) =>
    n.apply(unary(i === 2 ? 'tanh' : 'sigmoid', type), [gate]),
  ) as [Value, Value, Value, Value];
  const kept = n.apply(binary('mul', type, type), [forget, first]);
  const entered = n.apply(binary('mul', type, type), [enter, candidate]);
  const cell = n.apply(binary('add', type, type), [kept, entered]);
  const shown = n.apply(unary('tanh', type), [cell]);
  return [n.apply(binary('mul', type, type), [leave, shown])];
};

export const convolutions: Table = {
  convolutional,
  local,
  deconvolutional,
  connected: (n) => [matrix(n, n.known(0), n.attrs.integer('output', 1))],
  rnn: plainRecurrent,
  gru: gatedRule('gru'),
  lstm: gatedRule('lstm'),
  crnn: convRecurrent,
  conv_lstm: convLstm,
};
